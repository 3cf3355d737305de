/// Reads the fields of one protobuf message, in the order in which they stand.
///
/// The subset that answers of runtimes need: numbers, texts and messages within messages. Every length is checked
/// against what is there, so a hostile answer can only be refused. Source: the encoding guide of Protocol Buffers.
package struct ProtobufReader {
  package struct Field {
    package var number: UInt64
    package var value: Value
  }

  package enum Value {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>

  package init(_ message: ArraySlice<UInt8>) { rest = message }
  package init(_ message: [UInt8]) { rest = message[...] }

  /// The next field, or `nil` at the end.
  package mutating func next() throws(ProtobufError) -> Field? {
    if rest.isEmpty { return nil }
    let key = try varint()
    let number = key >> 3
    guard number > 0 else { throw .malformed }
    switch key & 7 {
    case 0: return Field(number: number, value: .number(try varint()))
    case 1: return Field(number: number, value: .number(try fixed(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(rest.count) else { throw .truncated }
      let bytes = rest.prefix(Int(length))
      rest = rest.dropFirst(Int(length))
      return Field(number: number, value: .bytes(bytes))
    case 5: return Field(number: number, value: .number(try fixed(4)))
    // Groups are of another century.
    default: throw .malformed
    }
  }

  private mutating func varint() throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { throw .truncated }
      // The tenth byte has room for one bit.
      if shift == 63, byte > 1 { throw .malformed }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw .malformed
  }

  private mutating func fixed(_ width: Int) throws(ProtobufError) -> UInt64 {
    guard rest.count >= width else { throw .truncated }
    var value: UInt64 = 0
    for byte in rest.prefix(width).reversed() { value = value << 8 | UInt64(byte) }
    rest = rest.dropFirst(width)
    return value
  }
}

package enum ProtobufError: Error, Equatable {
  case truncated
  case malformed
}

extension ProtobufReader.Value {
  package var text: String { if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { "" } }
  package var number: UInt64 { if case .number(let value) = self { value } else { 0 } }
  package var bytes: ArraySlice<UInt8> { if case .bytes(let bytes) = self { bytes } else { [] } }

  /// An entry of a `map<string, string>`.
  func pair() throws(ProtobufError) -> (key: String, value: String) {
    var reader = ProtobufReader(bytes)
    var pair = ("", "")
    while let field = try reader.next() {
      switch field.number {
      case 1: pair.0 = field.value.text
      case 2: pair.1 = field.value.text
      default: break
      }
    }
    return pair
  }
}

/// Encodes the few fields of requests.
package struct ProtobufWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func put(_ number: UInt64, _ text: String) { put(number, bytes: Array(text.utf8)) }

  package mutating func put(_ number: UInt64, bytes value: [UInt8]) {
    put(number << 3 | 2)
    put(UInt64(value.count))
    bytes += value
  }

  package mutating func put(_ number: UInt64, flag: Bool) {
    put(number << 3)
    bytes.append(flag ? 1 : 0)
  }

  package mutating func put(_ number: UInt64, value: UInt64) {
    put(number << 3)
    put(value)
  }

  private mutating func put(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }
}
