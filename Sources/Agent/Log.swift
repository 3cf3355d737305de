internal import CLinux
internal import Glibc

/// What the program says about itself: one line an entry on standard error, so that alerts on standard output stay
/// readable by machines.
public struct Log: Sendable {
  public enum Level: Int, Sendable, CaseIterable {
    case emergency, alert, critical, error, warning, notice, info, debug

    public init?(_ name: String) {
      guard let level = Level.allCases.first(where: { "\($0)" == name }) else { return nil }
      self = level
    }
  }

  public var level: Level
  /// Colour only where a person reads: on a terminal, and unless `NO_COLOR` is set.
  public var usesColour: Bool

  public init(level: Level = .info) {
    self.level = level
    usesColour = isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == nil
  }

  public func callAsFunction(_ level: Level, _ message: @autoclosure () -> String) {
    guard level.rawValue <= self.level.rawValue else { return }
    var line = "windhover: "
    switch level {
    case .emergency, .alert, .critical, .error: line += usesColour ? "\u{1b}[31merror:\u{1b}[0m " : "error: "
    case .warning: line += usesColour ? "\u{1b}[33mwarning:\u{1b}[0m " : "warning: "
    case .notice, .info, .debug: break
    }
    writeToStandardError(line + message() + "\n")
  }
}

/// Writes all of a text, as far as anyone takes it.
public func writeToStandardError(_ text: String) { _ = writeAll(Array(text.utf8), to: STDERR_FILENO) }

/// Writes all bytes, however many calls that takes.
/// - Returns: `false` if nobody takes them any more.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var start = 0
  while start < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + start, $0.count - start) }
    if count < 0 && errno == EINTR { continue }
    if count <= 0 { return false }
    start += count
  }
  return true
}

/// An error that ends the program: its text is the message that the user sees, and the exit code is 1.
public struct Failure: Error, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
