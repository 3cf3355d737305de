internal import Glibc

/// Why the kernel refuses to trace a process, as far as /proc tells.
enum Refusal {
  /// In parentheses, with a blank in front; empty if nothing is known.
  static func reason(for process: Int32, errno: Int32) -> String {
    guard errno == EPERM else { return "" }
    if process == getpid() { return " (this is windhover itself)" }
    if let tracer = tracer(of: process), tracer != 0 { return " (process \(tracer) traces it already)" }
    if let scope = number("/proc/sys/kernel/yama/ptrace_scope"), scope > 0 {
      return " (kernel.yama.ptrace_scope is \(scope): start it with 'run --engine ptrace -- COMMAND', or run as root)"
    }
    return " (it is another user's, or has more privileges than windhover)"
  }

  private static func tracer(of process: Int32) -> Int? {
    for line in text("/proc/\(process)/status").split(separator: "\n") where line.hasPrefix("TracerPid:") {
      return Int(line.dropFirst("TracerPid:".count).drop { $0 == "\t" || $0 == " " })
    }
    return nil
  }

  private static func number(_ path: String) -> Int? { Int(text(path).split(separator: "\n").first ?? "") }

  private static func text(_ path: String) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(file, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : ""
  }
}
