import Glibc
import Testing

@testable import CaptureFile

/// A capture file put together block by block, as another program would: independent of our writer.
struct ScapBuilder {
  var bytes: [UInt8] = []

  static func number<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  mutating func block(_ type: UInt32, _ body: [UInt8], trailer: UInt32? = nil) {
    let padded = body + [UInt8](repeating: 0, count: -body.count & 3)
    let length = UInt32(padded.count + 12)
    bytes += Self.number(type) + Self.number(length) + padded + Self.number(trailer ?? length)
  }

  mutating func section() {
    block(0x0A0D_0D0A, Self.number(UInt32(0x1A2B_3C4D)) + Self.number(UInt16(1)) + Self.number(UInt16(2)) + Self.number(UInt64.max))
  }

  /// A record of the second version from its values.
  static func record(_ type: UInt16, tid: UInt64 = 7, time: UInt64 = 1, _ values: [[UInt8]]) -> [UInt8] {
    let length = 26 + values.reduce(0) { $0 + 2 + $1.count }
    return number(time) + number(tid) + number(UInt32(length)) + number(type) + number(UInt32(values.count))
      + values.flatMap { number(UInt16($0.count)) } + values.flatMap { $0 }
  }

  /// A record of the first version: without the parameter count.
  static func oldRecord(_ type: UInt16, tid: UInt64 = 7, time: UInt64 = 1, _ values: [[UInt8]]) -> [UInt8] {
    let length = 22 + values.reduce(0) { $0 + 2 + $1.count }
    return number(time) + number(tid) + number(UInt32(length)) + number(type)
      + values.flatMap { number(UInt16($0.count)) } + values.flatMap { $0 }
  }

  mutating func event(_ record: [UInt8], cpu: UInt16 = 0) { block(0x216, Self.number(cpu) + record) }
  mutating func oldEvent(_ record: [UInt8], cpu: UInt16 = 0) { block(0x204, Self.number(cpu) + record) }
}

/// A file that is gone at the end of the test.
final class ScratchFile {
  let path: String
  init(_ bytes: [UInt8] = []) {
    var template = Array("/tmp/windhover-capture-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    precondition(descriptor >= 0)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      precondition(written > 0)
      done += written
    }
    close(descriptor)
  }
  deinit { unlink(path) }
}
