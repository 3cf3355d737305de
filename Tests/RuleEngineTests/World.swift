import CaptureTesting
import EventSchema
import RuleCompiler
import RuleEngine
import SystemState

/// A host with init (1), a shell (100) and its child cat (200), and rules that look at what happens on it.
struct World: ~Copyable {
  private var state = SystemState()
  private var evaluator: RuleEvaluator
  private let names: [String]

  init(_ rules: CompiledRules, matchesAll: Bool = true) {
    precondition(!rules.hasErrors, "the test's rules are wrong: \(rules.loaded.report())")
    evaluator = RuleEvaluator(rules.program)
    evaluator.stopsAtFirstMatch = !matchesAll
    names = rules.rules.map(\.name)
    for event in World.past { state.apply(event) }
  }

  /// Names of the rules that match an event, in the order in which they were tried.
  mutating func see(_ record: [UInt8], cpu: UInt16 = 0) -> [String] {
    do {
      let view = try EventView(validating: record.span.bytes, cpu: cpu)
      state.apply(view)
      let found = evaluator.evaluate(view, state)
      precondition(found == !evaluator.matches.isEmpty, "the answer and the list of matches differ")
      return evaluator.matches.map { names[Int($0)] }
    } catch { preconditionFailure("the test made a bad record: \(error)") }
  }

  /// What happened before the rules began to look.
  static let past: [[UInt8]] = [
    Event.execve(1, at: 1_000, exe: "/sbin/init", ptid: 0, comm: "systemd", path: "/usr/lib/systemd/systemd"),
    Event.clone(100, at: 2_000, result: 0, ptid: 1, comm: "bash"),
    Event.execve(100, at: 3_000, exe: "bash", arguments: ["-l"], ptid: 1, comm: "bash", path: "/usr/bin/bash"),
    Event.clone(200, at: 4_000, result: 0, ptid: 100, comm: "bash"),
    Event.execve(
      200, at: 5_000, exe: "cat", arguments: ["-n", "/etc/passwd"], ptid: 100, comm: "cat", path: "/usr/bin/cat"),
    Event.socket(200, at: 5_100, fd: 5, domain: 2, type: 1, protocol: 6),
    Event.socket(200, at: 5_200, fd: 6, domain: 10, type: 1, protocol: 6),
  ]
}

extension SystemState {
  mutating func apply(_ record: [UInt8]) {
    do {
      let view = try EventView(validating: record.span.bytes)
      apply(view)
    } catch { preconditionFailure("the test made a bad record: \(error)") }
  }
}

/// Events that the tests look at.
enum Sample {
  /// cat opens a file for reading.
  static let open = Event.openat(200, at: 6_000, fd: 3, name: "/etc/passwd", flags: 0x1001, device: 0xfe00, inode: 77)
  static let failedOpen = Event.openat(200, at: 6_000, fd: -2, name: "/nowhere")
  static let read = Event.read(200, at: 6_001, fd: 3, data: "root:x\u{1}\n")
  /// From 192.0.2.7:40000 to 198.51.100.9:443.
  static let connect = Event.connect(200, at: 6_002, fd: 5, tuple: Wire.tuple("192.0.2.7", 40_000, "198.51.100.9", 443))
  /// From 2001:db8::1 port 40001 to 2001:db8::2 port 22.
  static let connectV6 = Event.connect(
    200, at: 6_003, fd: 6, tuple: Wire.tuple("2001:db8:0:0:0:0:0:1", 40_001, "2001:db8:0:0:0:0:0:2", 22))
  static let getpid = Event.make(.generic, 200, at: 6_004) {
    $0.append(UInt16(16))
    $0.append(UInt16(39))
  }
  static let getppid = Event.make(.generic, 200, at: 6_004) {
    $0.append(SyscallCode.getppid.rawValue)
    $0.append(UInt16(110))
  }
  static let exit = Event.procexit(200, at: 6_005)
  static let container = Event.make(.asyncevent, -1, at: 6_006) {
    $0.append(UInt32(0))
    $0.append(text: "container")
    $0.append(bytes: [1])
  }
}

func compile(_ text: String, _ options: LoadOptions = LoadOptions()) -> CompiledRules {
  RuleCompiler.load([RuleSource(name: "a.yaml", contents: Array(text.utf8))], options).compiled()
}

/// A rule with nothing but what a rule needs.
func rule(_ name: String, _ condition: String, output: String = "o", _ more: String = "") -> String {
  """
  - rule: \(name)
    desc: d
    condition: |-
      \(condition)
    output: \(output)
    priority: INFO
    warn_evttypes: false
  \(more.isEmpty ? "" : "  \(more)\n")
  """
}

/// Whether a condition holds on an event of the sample host.
func holds(_ condition: String, on events: [UInt8]...) -> Bool {
  var world = World(compile(rule("r", condition)))
  var last = false
  for event in events { last = world.see(event) == ["r"] }
  return last
}

/// The message with which a condition is refused, `nil` if it is not.
func refusal(_ condition: String) -> String? {
  compile(rule("r", condition)).loaded.diagnostics.first(where: \.isError)?.message
}
