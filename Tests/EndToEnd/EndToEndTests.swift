import FoundationEssentials
import Glibc
import Testing

/// Starts the built program on this host, does things, and reads its alerts.
@Suite(.serialized)
struct EndToEndTests {
  static let groups = Result {
    try caseFiles().map { try Locations.decode(CaseGroup.self, from: $0) }
  }
  static let failures = Result {
    try Locations.decode([FailureCase].self, from: "\(Locations.tests)/cases/failures.json")
  }

  /// Every file of `cases/` but that of the failures is a group.
  private static func caseFiles() throws -> [String] {
    let folder = "\(Locations.tests)/cases"
    return try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".json") && $0 != "failures.json" }
      .sorted()
      .map { "\(folder)/\($0)" }
  }

  @Test(
    .disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")),
    arguments: try groups.get())
  func actionsRaiseTheirAlerts(group: CaseGroup) throws {
    let rules = group.rules.map(Locations.rules)
    try watch(group, rules: rules, cases: group.cases, judge: Judgement(ofOwnRules: true))
  }

  @Test(
    .disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")),
    .enabled(if: environment("WINDHOVER_USER_RULES") != nil, "WINDHOVER_USER_RULES names no rule file"),
    arguments: try groups.get().filter { $0.alsoWithUserRules == true })
  func actionsRaiseTheirAlertsUnderRulesOfTheUser(group: CaseGroup) throws {
    let file = try #require(environment("WINDHOVER_USER_RULES"))
    let cases = group.cases.filter { $0.ownRulesOnly != true }
    try watch(group, rules: [file], cases: cases, judge: Judgement(ofOwnRules: false))
  }

  @Test(arguments: try failures.get())
  func startsThatMustFailSayWhy(failure: FailureCase) throws {
    if failure.needsCapture == true, let obstacle = Host.obstacle {
      if Host.skips { try Test.cancel(Comment(rawValue: obstacle)) }
      Issue.record(Comment(rawValue: obstacle))
      return
    }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let place = try Place(under: root, program: "actions", files: failure.files ?? [:])
    let command = failure.run.map(place.fill)
    var process = try ChildProcess(command, in: place.directory, log: "\(root)/failure")
    let code = process.exitCode(within: .seconds(30))
    let message = process.errors()

    #expect(code == failure.exit, Comment(rawValue: "standard error:\n\(message)"))
    for text in failure.stderr.map(place.fill) {
      let said = text.split(separator: "|").contains { message.contains($0) }
      #expect(said, Comment(rawValue: "\(text) is missing in:\n\(message)"))
    }
    let errors = message.split(separator: "\n").filter { $0.lowercased().hasPrefix("error:") }
    #expect(errors.count == 1, Comment(rawValue: "one line must start with \"Error:\", in:\n\(message)"))
  }

  /// Runs all cases of a group under one Windhover, then judges each by the alerts that mention its marker.
  private func watch(_ group: CaseGroup, rules: [String], cases: [Case], judge: Judgement) throws {
    if let obstacle = Host.obstacle {
      Issue.record(Comment(rawValue: obstacle))
      return
    }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    var watcher = try Watcher(rules: rules, options: group.options ?? [:], root: root)

    var places: [Place] = []
    for item in cases {
      let place = try Place(under: root, program: item.program ?? "actions", files: item.files ?? [:])
      places.append(place)
      let command = item.run.map(place.fill)
      var action = try ChildProcess(command, in: place.directory, log: "\(root)/\(place.marker)")
      let code = action.exitCode(within: .seconds(30))
      #expect(code == item.exit ?? 0, Comment(rawValue: "\(item.name): the action said: \(action.errors())"))
    }

    let drained = try watcher.drain()
    let end = watcher.stop()
    #expect(drained, Comment(rawValue: "the end of the cases was never reported; standard error:\n\(end.errors)"))
    #expect(end.code == 0, Comment(rawValue: "SIGTERM must end it with exit code 0; standard error:\n\(end.errors)"))

    let alerts = Alerts(in: end.output)
    for line in alerts.malformed { Issue.record(Comment(rawValue: "not an alert: \(line)")) }
    for (item, place) in zip(cases, places) {
      for finding in judge.findings(on: item, at: place, alerts: alerts.all) {
        Issue.record(Comment(rawValue: "\(item.name): \(finding)"))
      }
    }
  }
}

/// The alerts in what Windhover wrote to standard output.
///
/// Lines that do not start with a brace belong to the closing summary.
struct Alerts {
  var all: [Alert] = []
  var malformed: [String] = []

  init(in output: String) {
    for line in output.split(separator: "\n") where line.hasPrefix("{") {
      do {
        all.append(try JSONDecoder().decode(Alert.self, from: Data(line.utf8)))
      } catch {
        malformed.append("\(line) (\(error))")
      }
    }
  }
}
