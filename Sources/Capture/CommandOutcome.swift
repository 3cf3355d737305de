/// How a command ended that a driver has started.
public enum CommandOutcome: Sendable, Equatable {
  case exited(Int32)
  case killed(signal: Int32)
  /// It never ran: the file could not be executed.
  case notRun(errno: Int32)

  /// What a shell would make of it in `$?`: 128 and the signal's number for a command that was killed, 127 for one that
  /// does not exist, 126 for one that cannot be executed.
  public var exitCode: Int32 {
    switch self {
    case .exited(let code): code
    case .killed(let signal): 128 + signal
    case .notRun(let errno): errno == 2 ? 127 : 126
    }
  }
}
