internal import SystemState
internal import YAML

/// A file of test cases for rules, as written; `docs/RULES.md` describes it.
public struct TestFile: Sendable {
  public var path: String
  /// Rule files, absolute or relative to the working directory by now, or `builtin:TIER`; in load order.
  public var rules: [String] = []
  var scene = SceneSpec()
  public var cases: [TestCase] = []
}

/// One case: what happens, and which rules must say so.
public struct TestCase: Sendable {
  public var name: String
  public var file: String
  public var line: Int
  var scene: SceneSpec
  public var source: Source
  public var expectations: [Expectation]
  /// Rules that must not fire.
  public var silent: [RuleName]
  /// No rule may fire but those of ``expectations``.
  public var silencesOthers: Bool

  public enum Source: Sendable {
    case events([EventSpec])
    /// Events of a capture file; `condition` selects which of them are judged. All of them make the state.
    case capture(path: String, condition: String?)
    /// Recorded from a command while it runs, by a driver.
    case command([String], driver: String)
  }
}

/// A rule's name and where the test file has it.
public struct RuleName: Sendable, Equatable {
  public var name: String
  public var line: Int
  public var column: Int
}

/// A rule that must fire, and what its alert must show.
public struct Expectation: Sendable {
  public var rule: RuleName
  /// On how many events; `nil` for at least one.
  public var times: Int?
  /// Fields and their text, of the first event that the rule fires on.
  var fields: [FieldExpectation] = []
  /// Texts that the output must contain.
  var output: [FieldExpectation] = []
}

struct FieldExpectation: Sendable {
  /// Empty for the output.
  var field: String
  var text: String
  var line: Int
}

/// One written event.
public struct EventSpec: Sendable {
  /// As rules name it, or a call without an event of its own.
  var name: YAMLNode
  /// The name of the acting process; `nil` for the case's.
  var actor: YAMLNode?
  /// Nanoseconds since the event before.
  var delay: UInt64
  var cpu: UInt16
  var parameters: [YAMLNode.Entry]
}

/// What is there before the first event.
struct SceneSpec: Sendable {
  var processes: [String: ProcessSpec] = [:]
  /// In the order in which they were written, which gives them their ids.
  var order: [String] = []
  var containers: [String: ContainerSpec] = [:]
  /// Names by id, beyond ``SceneSpec/knownUsers``.
  var users: [UInt32: String] = [:]
  /// The process of events that name none.
  var actor: String?

  static let knownUsers: [UInt32: String] = [0: "root", 1: "daemon", 2: "bin", 33: "www-data", 1000: "alice", 65534: "nobody"]

  mutating func add(_ process: ProcessSpec, named name: String) {
    if processes.updateValue(process, forKey: name) == nil { order.append(name) }
  }
}

struct ContainerSpec: Sendable {
  /// 64 hexadecimal digits.
  var id: String
  var name: String
  var image = ""
  var kind = ContainerKind.docker
  var isPrivileged = false
  var mounts: [(source: String, destination: String, isWritable: Bool)] = []
  var labels: [(key: String, value: String)] = []
  var usesHostNetwork = false
  var usesHostPids = false
}

struct ProcessSpec: Sendable {
  /// Its place in the file.
  var node: YAMLNode
  var name: String?
  var exe: String?
  var exepath: String?
  var args: [String] = []
  var env: [String] = []
  var cwd = "/"
  var root = "/"
  /// The name of another process; `nil` for init, itself for none.
  var parent: String?
  var pid: Int32?
  var vpid: Int32?
  var sid: Int32?
  var pgid: Int32?
  var uid: UInt32 = 0
  var gid: UInt32 = 0
  var loginuid = UInt32.max
  var tty: UInt32 = 0
  var capabilities: UInt64?
  var container: String?
  /// Nanoseconds since it was forked, at the first event.
  var age: UInt64 = 1_000_000_000
  var isUpperLayer = false
  var isLowerLayer = false
  var isWritable = false
  var isFromMemory = false
  var descriptors: [DescriptorSpec] = []
}

struct DescriptorSpec: Sendable {
  var number: Int32
  var text: String
  var node: YAMLNode
}
