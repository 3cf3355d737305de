/// The answer to a request in HTTP/1.0: a status and a body that ends with the connection.
package struct HTTPAnswer: Equatable {
  package var status: Int
  package var body: [UInt8]

  /// The most bytes of status line and headers.
  static let longestHead = 65_536

  /// - Throws: ``RuntimeError/malformed(_:)`` for what is no such answer, or says that it is cut short or in chunks.
  package init(_ bytes: [UInt8]) throws(RuntimeError) {
    guard let headEnd = HTTPAnswer.headEnd(bytes) else { throw .malformed("no end of the HTTP headers") }
    let lines = bytes[..<headEnd].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    guard let first = lines.first, let status = HTTPAnswer.status(first) else {
      throw .malformed("no HTTP status line")
    }
    self.status = status
    body = Array(bytes[headEnd...])
    for line in lines.dropFirst() {
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = String(decoding: parts[0], as: UTF8.self).lowercased()
      let value = HTTPAnswer.trimmed(parts[1])
      if name == "transfer-encoding", value != "identity" { throw .malformed("transfer-encoding \(value)") }
      if name == "content-length" {
        guard let length = Int(value), length >= 0 else { throw .malformed("content-length \(value)") }
        guard body.count >= length else { throw .malformed("the body ends early") }
        body.removeSubrange(length...)
      }
    }
  }

  /// Where the body begins: behind the first empty line.
  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    var lineStart = 0
    for at in 0..<min(bytes.count, longestHead) where bytes[at] == UInt8(ascii: "\n") {
      let isEmpty = at == lineStart || (at == lineStart + 1 && bytes[lineStart] == UInt8(ascii: "\r"))
      if isEmpty, lineStart > 0 { return at + 1 }
      lineStart = at + 1
    }
    return nil
  }

  /// The number in `HTTP/1.1 200 OK`.
  private static func status(_ line: ArraySlice<UInt8>) -> Int? {
    let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: true)
    guard parts.count >= 2, String(decoding: parts[0], as: UTF8.self).hasPrefix("HTTP/1.") else { return nil }
    guard let status = Int(trimmed(parts[1])), (100..<600).contains(status) else { return nil }
    return status
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    var bytes = bytes
    while let last = bytes.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\r") || last == 9 { bytes.removeLast() }
    while let first = bytes.first, first == UInt8(ascii: " ") || first == 9 { bytes.removeFirst() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
