internal import CLinux
internal import Capture
internal import DriverSelection
internal import EventSchema
internal import JSONText
internal import ProcFS
internal import Recordings
internal import RuleCompiler
internal import RuleEngine
public import RuleTesting
internal import SystemState

/// Measuring what each rule costs, on this host or on a capture file.
public struct RuleProfiling {
  private let settings: Settings
  private let rules: CompiledRules

  /// - Parameter rulePaths: As for watching; empty for those of the configuration.
  public init(_ settings: Settings, rulePaths: [String]) throws(Failure) {
    self.settings = settings
    rules = try RuleSet.loadUsable(rulePaths, settings) { _ in }
  }

  /// Profiles over the events of a capture file.
  ///
  /// - Parameter rounds: How often the file is read; more rounds make times steadier.
  public func replay(_ path: String, rounds: Int) throws(Failure) -> RuleProfileReport {
    var evaluator = RuleEvaluator(rules.program)
    evaluator.stopsAtFirstMatch = !settings.matchesAllRules
    var profile = RuleProfile(rules: rules.rules.count)
    var events: UInt64 = 0
    let start = wh_clock_monotonic()
    for _ in 0..<max(1, rounds) {
      let failure = CaptureWalk.walk(path) { event, state in
        events += 1
        _ = evaluator.evaluate(event, state, into: &profile)
        return true
      }
      if let failure { throw Failure(failure) }
    }
    return report(profile, events: events, since: start)
  }

  /// Profiles over what happens on this host, until a signal or for some seconds.
  public func watch(for seconds: Int?) throws(Failure) -> RuleProfileReport {
    wh_catch_stop_signals()
    let log = Log(level: settings.logLevel)
    var reserve: Set<Capability> = []
    var capture = try LiveCapture.start(
      settings, Interest(rules: rules, usesEntryHooks: settings.usesEntryHooks), reserve: &reserve, log: log)
    let state = SystemState.ofThisHost(log: log)
    Privileges.reduce(reserve: reserve, target: settings.target, log: log)
    var evaluator = RuleEvaluator(rules.program)
    evaluator.stopsAtFirstMatch = !settings.matchesAllRules
    var watch = ProfileWatch(evaluator: evaluator, profile: RuleProfile(rules: rules.rules.count), log: log)
    var pump = EventPump(state: state, procfs: ProcFS(), log: log)
    let start = wh_clock_monotonic()
    let end = pump.run(&capture, into: &watch, for: seconds.map { UInt64($0) * 1_000_000_000 })
    if let end { throw end }
    return report(watch.profile, events: watch.events, since: start)
  }

  private func report(_ profile: RuleProfile, events: UInt64, since start: UInt64) -> RuleProfileReport {
    RuleProfileReport(
      rules: rules.rules.indices.map {
        RuleProfileReport.Rule(
          name: rules.rules[$0].name, evaluations: profile.costs[$0].evaluations, matches: profile.costs[$0].matches,
          nanoseconds: profile.costs[$0].nanoseconds)
      }, events: events, evaluatedEvents: profile.events, interrupted: profile.interrupted,
      nanoseconds: wh_clock_monotonic() - start)
  }
}

private struct ProfileWatch: EventConsumer, ~Copyable {
  var evaluator: RuleEvaluator
  var profile: RuleProfile
  var events: UInt64 = 0
  private var malformed: MalformedRecords

  init(evaluator: consuming RuleEvaluator, profile: RuleProfile, log: Log) {
    self.evaluator = evaluator
    self.profile = profile
    malformed = MalformedRecords(log: log)
  }

  mutating func take(_ batch: inout EventBatch, _ state: inout SystemState) -> Bool {
    while true {
      do throws(RecordError) {
        guard let event = try batch.next() else { return true }
        events &+= 1
        state.apply(event)
        _ = evaluator.evaluate(event, state, into: &profile)
      } catch {
        malformed.report(error)
      }
    }
  }
}

/// Costs of rules, the most expensive first.
public struct RuleProfileReport: Sendable {
  public struct Rule: Sendable {
    public var name: String
    public var evaluations: UInt64
    public var matches: UInt64
    public var nanoseconds: UInt64
  }

  public let rules: [Rule]
  /// All that were seen, and those that some rule looked at.
  public let events: UInt64
  public let evaluatedEvents: UInt64
  /// Measurements that were left out because another program ran in between.
  public let interrupted: UInt64
  /// From begin to end, reading and state included.
  public let nanoseconds: UInt64

  init(rules: [Rule], events: UInt64, evaluatedEvents: UInt64, interrupted: UInt64, nanoseconds: UInt64) {
    self.rules = rules.sorted { ($1.nanoseconds, $0.name) < ($0.nanoseconds, $1.name) }
    self.events = events
    self.evaluatedEvents = evaluatedEvents
    self.interrupted = interrupted
    self.nanoseconds = nanoseconds
  }

  private var sum: UInt64 { rules.reduce(0) { $0 + $1.nanoseconds } }

  /// A table for people.
  public var text: String {
    var lines = ["   share      total ns    evaluations  ns each     matches  rule"]
    for rule in rules where rule.evaluations > 0 {
      let share = sum == 0 ? 0 : rule.nanoseconds * 1000 / sum
      let each = rule.evaluations == 0 ? 0 : rule.nanoseconds / rule.evaluations
      lines.append(
        pad("\(share / 10).\(share % 10) %", 8) + pad("\(rule.nanoseconds)", 14) + pad("\(rule.evaluations)", 15)
          + pad("\(each)", 9) + pad("\(rule.matches)", 12) + "  " + rule.name)
    }
    let idle = rules.count { $0.evaluations == 0 }
    if idle > 0 { lines.append("\(idle) rules looked at none of the events") }
    let perEvent = evaluatedEvents == 0 ? 0 : sum / evaluatedEvents
    lines.append(
      "\(events) events, \(evaluatedEvents) of them looked at by rules, \(perEvent) ns each for all rules together")
    if interrupted > 0 { lines.append("\(interrupted) measurements were interrupted by other programs and are left out") }
    return lines.joined(separator: "\n")
  }

  private func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// One object: `events`, `evaluated_events`, `ns` and `rules`.
  public var json: String {
    var json = JSONWriter()
    json.beginObject()
    json.key("events")
    json.number(events)
    json.key("evaluated_events")
    json.number(evaluatedEvents)
    json.key("interrupted")
    json.number(interrupted)
    json.key("ns")
    json.number(nanoseconds)
    json.key("rules")
    json.beginArray()
    for rule in rules {
      json.beginObject()
      json.key("rule")
      json.string(rule.name)
      json.key("evaluations")
      json.number(rule.evaluations)
      json.key("matches")
      json.number(rule.matches)
      json.key("ns")
      json.number(rule.nanoseconds)
      json.endObject()
    }
    json.endArray()
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
