internal import Glibc

/// Why the kernel refuses to trace a process, as far as /proc tells.
enum Refusal {
  /// In parentheses, with a blank in front; empty if nothing is known.
  static func reason(for process: Int32, errno: Int32) -> String {
    guard errno == EPERM else { return "" }
    if process == getpid() { return " (this is windhover itself)" }
    if let tracer = tracer(of: process), tracer != 0 { return " (process \(tracer) traces it already)" }
    if geteuid() != 0, let owner = owner(of: process), owner != geteuid() { return " (it is another user's: run as root)" }
    return " (\(explanation(scope: number("/proc/sys/kernel/yama/ptrace_scope") ?? 0)))"
  }

  /// Who may trace a process that runs already, by `kernel.yama.ptrace_scope` (Documentation/admin-guide/LSM/Yama.rst).
  static func explanation(scope: Int) -> String {
    let command = "'windhover run --engine ptrace -- COMMAND'"
    return switch scope {
    case ..<1: "it has more privileges than windhover"
    case 1: "kernel.yama.ptrace_scope is 1: only descendants may be traced; start it with \(command), or run as root"
    case 2:
      "kernel.yama.ptrace_scope is 2: only CAP_SYS_PTRACE may trace; run as root, or start it with \(command), "
        + "which shows calls without results then"
    default:
      "kernel.yama.ptrace_scope is \(scope): nobody may trace until the next boot; start it with \(command), "
        + "which shows calls without results then"
    }
  }

  private static func owner(of process: Int32) -> uid_t? {
    var status = stat()
    return unsafe stat("/proc/\(process)", &status) == 0 ? status.st_uid : nil
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
