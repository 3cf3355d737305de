internal import Capture

/// Why libbpf or the kernel did not do what was asked, with the words they gave.
public struct BPFError: Error, Sendable, Equatable {
  /// Positive errno value.
  public let errno: Int32
  /// What was being done, such as `load modern_bpf` or `attach wh_sys_exit`.
  public let operation: String
  /// What libbpf and the verifier printed; empty if nothing.
  public let log: String

  /// - Parameter result: libbpf's negative result; its sign is dropped.
  public init(result: Int32, during operation: String, log: String = "") {
    errno = abs(result)
    self.operation = operation
    self.log = log
  }
}

extension BPFError: CustomStringConvertible {
  public var description: String {
    let telling = VerifierLog.tellingLines(log)
    return "\(operation): \(errorText(errno))" + (telling.isEmpty ? "" : "\n\(telling)")
  }
}
