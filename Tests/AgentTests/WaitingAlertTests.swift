import CaptureTesting
import EventSchema
import Fields
import Outputs
import ProcFS
import RuleCompiler
import RuleEngine
import SystemState
import Synchronization
import Testing

@testable import Agent

private let first = String(repeating: "a", count: 64)
private let second = String(repeating: "b", count: 64)

/// Alerts about containers that nobody has told of yet.
@Suite struct WaitingAlertTests {
  @Test func anAlertIsCompletedByWhatIsToldLater() {
    var watch = Watch(waitMilliseconds: 60_000)
    watch.open(200, "/a")
    #expect(watch.lines == [])
    // What the thread does meanwhile does not change what the alert shows of its event.
    watch.apply(Event.execve(200, at: 20, exe: "other", comm: "other", cgroups: ["cpu=/docker/\(first)"]))
    watch.state.setContainer(Watch.metadata(first, "web"))
    watch.settle()
    #expect(watch.lines == [], "the users are not known yet")
    watch.state.setAccounts(
      of: "aaaaaaaaaaaa", users: [UserReading(uid: 33, gid: 33, name: Array("www".utf8), home: [], shell: [])], groups: [])
    watch.settle()
    #expect(watch.lines == ["/a by sh in web as www"])
  }

  @Test func alertsOfOneContainerKeepTheirOrderAndOthersPass() {
    var watch = Watch(waitMilliseconds: 60_000)
    watch.open(200, "/1")
    watch.open(300, "/2")
    watch.open(100, "/3")
    watch.open(200, "/plain")
    #expect(watch.lines == ["/3 by sh in host as root"])
    watch.tell(second, "other")
    watch.settle()
    #expect(watch.lines.last == "/2 by sh in other as www")
    watch.tell(first, "web")
    watch.settle()
    #expect(watch.lines.suffix(2) == ["/1 by sh in web as www", "/plain"])
  }

  @Test func afterTheLimitAnAlertSaysWhatIsMissing() {
    var watch = Watch(waitMilliseconds: 1)
    watch.open(200, "/a")
    while watch.lines.isEmpty { watch.settle() }
    #expect(watch.lines == ["/a by sh in <NA> as <NA> (container metadata incomplete, not told within 1 ms)"])
  }

  @Test func whereNobodyCanTellNothingWaits() {
    var watch = Watch(waitMilliseconds: 60_000)
    watch.state.giveUpContainer("aaaaaaaaaaaa")
    watch.state.giveUpAccounts(of: "aaaaaaaaaaaa")
    watch.open(200, "/a")
    #expect(watch.lines == ["/a by sh in <NA> as <NA>"])
    var never = Watch(waitMilliseconds: 0)
    never.open(200, "/a")
    #expect(never.lines == ["/a by sh in <NA> as <NA>"])
  }

  @Test func anAlertWaitsForTheHashOfAnExecutable() {
    var watch = Watch(waitMilliseconds: 60_000, output: "%fd.name %proc.exe.sha256 %container.name %user.name")
    watch.state.digestExecutables()
    watch.apply(Event.execve(100, at: 5, exe: "/bin/a", comm: "a", path: "/bin/a"))
    let asked = watch.state.takeNewExecutables().last!
    watch.open(100, "/a")
    #expect(watch.lines == [])
    // The process is another program by the time that the answer comes: the alert is about the one before.
    watch.apply(Event.execve(100, at: 20, exe: "/bin/b", comm: "b", path: "/bin/b"))
    watch.state.setDigest(FileDigest([UInt8](repeating: 0xa5, count: 32)), of: asked.slot, serial: asked.serial)
    watch.settle()
    let hash = String(repeating: "a5", count: 32)
    #expect(watch.lines == ["/a \(hash) host root"])
    // Nobody can tell the other one's: the alert goes out, and the next one at once.
    watch.open(100, "/b")
    #expect(watch.lines.count == 1)
    let second = watch.state.takeNewExecutables().last!
    watch.state.setDigest(nil, of: second.slot, serial: second.serial)
    watch.settle()
    watch.open(100, "/c")
    #expect(watch.lines.suffix(2) == ["/b <NA> host root", "/c <NA> host root"])
  }

  @Test func anAlertThatWaitedForAHashInVainSaysSo() {
    var watch = Watch(waitMilliseconds: 1, output: "%fd.name %proc.exe.sha256")
    watch.state.digestExecutables()
    watch.apply(Event.execve(100, at: 5, exe: "/bin/a", comm: "a", path: "/bin/a"))
    watch.open(100, "/a")
    while watch.lines.isEmpty { watch.settle() }
    #expect(watch.lines == ["/a <NA> (proc.exe.sha256 not known within 1 ms)"])
  }

  @Test func theEndSendsAll() {
    var watch = Watch(waitMilliseconds: 60_000)
    watch.open(200, "/a")
    watch.settle(isEnd: true)
    #expect(watch.lines.count == 1)
  }
}

/// A shell on the host (100), one in each of two containers (200, 300), uid 33, and two rules about opens.
private struct Watch: ~Copyable {
  var state = SystemState()
  private var evaluator: RuleEvaluator
  private var alerts: AlertFormatter
  private let channel = Lines()
  private let writer: AlertWriter

  init(waitMilliseconds: Int, output: String = "%fd.name by %proc.name in %container.name as %user.name") {
    let rules = load([
      RuleSource(
        name: "t",
        contents: Array(
          """
          - rule: opened
            desc: d
            condition: evt.type = openat and fd.name != /plain
            output: "\(output)"
            priority: INFO
          - rule: plain
            desc: d
            condition: evt.type = openat and fd.name = /plain
            output: "%fd.name"
            priority: INFO
          """.utf8))
    ]).compiled()
    precondition(!rules.hasErrors)
    evaluator = RuleEvaluator(rules.program)
    writer = AlertWriter([channel])
    alerts = AlertFormatter(
      rules.rules, style: AlertStyle(), hostName: "h", outputs: writer, waitMilliseconds: waitMilliseconds)
    apply(Event.execve(1, at: 1, exe: "/sbin/init", ptid: 0, comm: "init"))
    apply(Event.clone(100, at: 2, result: 0, ptid: 1))
    apply(Event.clone(200, at: 3, result: 0, ptid: 1, cgroups: ["cpu=/docker/\(first)"], uid: 33))
    apply(Event.clone(300, at: 4, result: 0, ptid: 1, cgroups: ["cpu=/docker/\(second)"], uid: 33))
    _ = state.takeNewContainers()
  }

  /// The messages so far, without time and priority.
  var lines: [String] {
    while writer.waiting > 0 {}
    return channel.all.withLock { $0 }.map { line in
      String(line.drop { $0 != " " }.dropFirst().drop { $0 != " " }.dropFirst().dropLast())
    }
  }

  mutating func apply(_ record: [UInt8]) { see(record, emits: false) }
  mutating func open(_ tid: Int, _ path: String) { see(Event.openat(tid, at: 10, fd: 3, name: path), emits: true) }
  mutating func settle(isEnd: Bool = false) { alerts.settle(state, isEnd: isEnd) }

  mutating func tell(_ id: String, _ name: String) {
    state.setContainer(Watch.metadata(id, name))
    state.setAccounts(
      of: String(id.prefix(12)), users: [UserReading(uid: 33, gid: 33, name: Array("www".utf8), home: [], shell: [])],
      groups: [])
  }

  static func metadata(_ id: String, _ name: String) -> ContainerMetadata {
    var metadata = ContainerMetadata()
    metadata.id = String(id.prefix(12))
    metadata.fullID = id
    metadata.name = name
    return metadata
  }

  private mutating func see(_ record: [UInt8], emits: Bool) {
    do {
      let view = try EventView(validating: record.span.bytes)
      state.apply(view)
      if emits, evaluator.evaluate(view, state) { alerts.emit(evaluator.matches, view, state) }
    } catch { preconditionFailure("the test made a bad record: \(error)") }
  }
}

private final class Lines: OutputChannel, Sendable {
  let name = "lines"
  let all = Mutex<[String]>([])
  func write(_ line: [UInt8]) throws(OutputError) { all.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
  func reopen() throws(OutputError) {}
  func flush() throws(OutputError) {}
}
