public import Capture

/// Where the driver notes how the command ended that it was to trace, for the program's own exit code.
///
/// Written and read by the thread that owns the driver.
public final class CommandEnd: @unchecked Sendable {
  public internal(set) var outcome: CommandOutcome?

  public init() {}
}
