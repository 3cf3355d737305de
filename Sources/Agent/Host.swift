internal import Capture
public import SystemState

extension Machine {
  /// Facts of this host.
  static func read() -> Machine { Machine() }
}

extension SystemState {
  /// Fills the tables with what runs already.
  mutating func scanHost(log: Log) {}
}
