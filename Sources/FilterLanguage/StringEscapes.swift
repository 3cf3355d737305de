/// The escape sequences of quoted strings.
enum StringEscapes {
  struct Failure: Error {
    var reason: SyntaxError.Reason
    /// Where the backslash stands in the text.
    var offset: Int
  }

  /// Returns the value of a quoted string.
  ///
  /// - Parameter token: The string in `bytes` with both quotes.
  static func unescape(_ bytes: [UInt8], _ token: Range<Int>) throws(Failure) -> [UInt8] {
    let quote = bytes[token.lowerBound]
    let end = token.upperBound - 1
    var value: [UInt8] = []
    value.reserveCapacity(token.count - 2)
    var offset = token.lowerBound + 1
    while offset < end {
      let byte = bytes[offset]
      guard byte == UInt8(ascii: "\\") else {
        value.append(byte)
        offset += 1
        continue
      }
      guard offset + 1 < end else {
        throw Failure(reason: .unsupportedEscape("\\"), offset: offset)
      }
      let letter = bytes[offset + 1]
      switch letter {
      case UInt8(ascii: "b"): value.append(0x08)
      case UInt8(ascii: "f"): value.append(0x0C)
      case UInt8(ascii: "n"): value.append(0x0A)
      case UInt8(ascii: "r"): value.append(0x0D)
      case UInt8(ascii: "t"): value.append(0x09)
      case UInt8(ascii: "\\"), UInt8(ascii: "/"), quote: value.append(letter)
      // Old rule files write a lone backslash before a blank.
      case UInt8(ascii: " "): value.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "x"):
        guard offset + 3 < end, let high = bytes[offset + 2].hexValue, let low = bytes[offset + 3].hexValue else {
          throw Failure(reason: .incompleteHexEscape, offset: offset)
        }
        value.append(high << 4 | low)
        offset += 2
      default:
        var width = 1
        while offset + 1 + width < end, bytes[offset + 1 + width] & 0xC0 == 0x80 { width += 1 }
        let escape = String(decoding: bytes[offset..<offset + 1 + width], as: UTF8.self)
        throw Failure(reason: .unsupportedEscape(escape), offset: offset)
      }
      offset += 2
    }
    return value
  }

  /// Whether a value must be quoted to be read back as the same value.
  static func needsQuotes(_ value: [UInt8]) -> Bool {
    value.isEmpty || value.contains { !$0.isBare || $0 == UInt8(ascii: "\\") || $0 < 0x20 || $0 == 0x7F }
  }

  /// Appends `value` in double quotes, such that reading it gives `value` again.
  static func appendQuoted(_ value: [UInt8], to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for (index, byte) in value.enumerated() {
      switch byte {
      case 0x08: text.append(contentsOf: "\\b".utf8)
      case 0x09: text.append(contentsOf: "\\t".utf8)
      case 0x0A: text.append(contentsOf: "\\n".utf8)
      case 0x0C: text.append(contentsOf: "\\f".utf8)
      case 0x0D: text.append(contentsOf: "\\r".utf8)
      case UInt8(ascii: "\""): text.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"):
        // An escaped backslash just before a quote would hide the end of the string.
        let beforeQuote = index + 1 == value.count
        text.append(contentsOf: (beforeQuote ? "\\x5c" : "\\\\").utf8)
      case 0..<0x20, 0x7F:
        let digits = Array("0123456789abcdef".utf8)
        text.append(contentsOf: "\\x".utf8)
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
