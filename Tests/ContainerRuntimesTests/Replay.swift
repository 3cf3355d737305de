import CRuntimeSockets

/// The server's side of one gRPC call, as bytes.
enum Replay {
  static func answer(_ stream: [UInt8]) -> (error: Int32, status: Int32, bytes: [UInt8]) {
    var answer = wh_answer()
    defer { wh_answer_free(&answer) }
    let error = wh_grpc_replay(stream, stream.count, 4096, &answer)
    return (error, answer.grpc_status, Array(UnsafeBufferPointer(start: answer.bytes, count: answer.length)))
  }

  /// A frame: length, type, flags, stream. Source: RFC 9113, 4.1.
  private static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xff), type, flags, 0, 0, 0, stream] + payload
  }

  static var settings: [UInt8] { frame(4, 0, 0, []) }
  /// `:status: 200` from the static table, content-type as a literal.
  static var headers: [UInt8] { frame(1, 4, 1, [0x88] + literal("content-type", "application/grpc")) }
  static func data(_ bytes: [UInt8]) -> [UInt8] { frame(0, 0, 1, bytes) }
  /// Ends the stream.
  static func trailers(_ status: Int) -> [UInt8] { frame(1, 5, 1, literal("grpc-status", "\(status)")) }

  private static func literal(_ name: String, _ value: String) -> [UInt8] {
    [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
  }
}
