internal import CRuntimeSockets

/// A container runtime's unix socket, and the two ways of asking it something.
///
/// Each call connects, asks, and closes, within a time and a size: an answer that trickles, never ends or never comes
/// costs the caller ``Limits/milliseconds`` and no more than ``Limits/bytes``. Blocks: not for the event path.
package struct RuntimeSocket: Sendable {
  package struct Limits: Sendable {
    package var milliseconds: Int32 = 2000
    package var bytes = 2 << 20
    package init() {}
  }

  let path: String
  let limits: Limits

  package init(path: String, limits: Limits = Limits()) {
    self.path = path
    self.limits = limits
  }

  /// Asks over HTTP.
  ///
  /// Version 1.0, so that the answer ends with the connection and is never in chunks. Host is there for servers that
  /// want one all the same.
  ///
  /// - Parameter target: Path and query. Must hold no blank and no line break: ``ContainerReference/isPlain(_:)``.
  package func get(_ target: String) throws(RuntimeError) -> HTTPAnswer {
    let request = Array("GET \(target) HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n".utf8)
    var answer = unsafe wh_answer()
    defer { unsafe wh_answer_free(&answer) }
    let error = unsafe wh_socket_exchange(path, request, request.count, limits.bytes, limits.milliseconds, &answer)
    guard error == 0 else { throw .system(-error, path) }
    return try HTTPAnswer(unsafe Array(UnsafeBufferPointer(start: answer.bytes, count: answer.length)))
  }

  /// Calls a gRPC method.
  ///
  /// - Parameter namespace: containerd's, for its own services.
  /// - Returns: The reply's message, or `nil` if there is no such thing as was asked for.
  package func call(_ method: String, _ request: [UInt8], namespace: String? = nil) throws(RuntimeError) -> [UInt8]? {
    var answer = unsafe wh_answer()
    defer { unsafe wh_answer_free(&answer) }
    let error =
      if let namespace {
        unsafe wh_grpc_call(
          path, method, "containerd-namespace", namespace, request, request.count, limits.bytes, limits.milliseconds,
          &answer)
      } else {
        unsafe wh_grpc_call(
          path, method, nil, nil, request, request.count, limits.bytes, limits.milliseconds, &answer)
      }
    guard error == 0 else { throw .system(-error, path) }
    switch unsafe answer.grpc_status {
    case 0: return unsafe Array(UnsafeBufferPointer(start: answer.bytes, count: answer.length))
    case 5: return nil
    case 12: throw .unimplemented
    case -1: throw .refused("HTTP status \(unsafe answer.http_status)")
    default:
      let message = unsafe withUnsafeBytes(of: answer.message) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      // CRI-O answers so for ids that it does not know.
      if message.contains("not found") || message.contains("does not exist") { return nil }
      throw .refused("gRPC status \(unsafe answer.grpc_status): \(message)")
    }
  }
}

/// Why a runtime did not tell.
public enum RuntimeError: Error, Sendable, Equatable {
  /// An errno value: nobody listens, too late, too large, or another protocol.
  case system(Int32, String)
  /// The runtime does not have the method.
  case unimplemented
  case refused(String)
  /// The answer is not what the interface says.
  case malformed(String)
}

extension RuntimeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let code, let path): "\(path): \(errorText(code))"
    case .unimplemented: "the runtime lacks the method"
    case .refused(let why): "the runtime refused: \(why)"
    case .malformed(let what): "the runtime's answer is malformed: \(what)"
    }
  }
}
