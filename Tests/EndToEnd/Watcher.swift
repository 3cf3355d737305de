import FoundationEssentials
import Glibc

/// A running Windhover whose alerts the tests read.
struct Watcher: ~Copyable {
  private var process: ChildProcess
  private let root: String

  /// Starts Windhover and returns once it captures.
  ///
  /// - Parameters:
  ///   - rules: Rule files in loading order; the sentinel's is added.
  ///   - root: The directory for its output and for the sentinel's directory.
  init(rules: [String], options: [String: String], root: String) throws {
    // Every match counts here, not only the first rule of an event.
    var settings = ["json_output": "true", "stdout_output.enabled": "true", "rule_matching": "all"]
    settings.merge(options) { $1 }
    var arguments = [Locations.windhover, "run", "--engine", environment("WINDHOVER_ENGINE") ?? "modern_ebpf"]
    for file in rules + [Locations.rules("sentinel.yaml")] { arguments += ["-r", file] }
    for (key, value) in settings.sorted(by: { $0.key < $1.key }) { arguments += ["-o", "\(key)=\(value)"] }
    var process = try ChildProcess(arguments, in: root, log: "\(root)/windhover")

    // Loading the programs is the kernel verifier's work; slow virtual machines take many seconds for it.
    let watching = waitUntil(.seconds(90)) {
      process.errors().contains("watching") || process.exitCode() != nil
    }
    if let code = process.exitCode() {
      throw EndToEndError.neverReady("windhover ended with exit code \(code):\n\(process.errors())")
    }
    guard watching else { throw EndToEndError.neverReady("windhover never said \"watching\":\n\(process.errors())") }
    self.process = process
    self.root = root
  }

  /// Waits until every event up to now has been through the rules.
  ///
  /// Events are evaluated in the order of their time, so an alert for something done now comes after those for all that
  /// was done before.
  ///
  /// - Returns: Whether that alert came in time.
  ///
  /// - Parameter name: The directory to make, for a second time another one.
  mutating func drain(mark name: String = "end-of-cases") throws -> Bool {
    let mark = "\(root)/\(name)"
    if let slash = mark.lastIndex(of: "/") { mkdir(String(mark[..<slash]), 0o700) }
    guard mkdir(mark, 0o700) == 0 else { throw EndToEndError.system("mkdir \(mark)", Errno.current) }
    return waitUntil(.seconds(20)) { process.output().contains(mark) || process.exitCode() != nil }
  }

  var pid: pid_t { process.pid }

  /// Waits for a text on standard error.
  mutating func waitForMessage(_ text: String, within limit: Duration) -> Bool {
    waitUntil(limit) { process.errors().contains(text) || process.exitCode() != nil } && process.errors().contains(text)
  }

  /// Ends Windhover as a service manager does.
  ///
  /// - Returns: The exit code, nothing if it did not end in time, and all of its output.
  mutating func stop() -> (code: Int32?, output: String, errors: String) {
    process.signal(SIGTERM)
    let code = process.exitCode(within: .seconds(20))
    return (code, process.output(), process.errors())
  }
}
