/// The inside of JSON strings.
extension [UInt8] {
  /// Appends text as it stands between the quotes of a JSON string: control characters, quotes and backslashes
  /// escaped, bytes that are no UTF-8 replaced by U+FFFD, everything else as it is.
  public mutating func append(escaped bytes: RawSpan) {
    let count = bytes.byteCount
    var at = 0
    var plain = 0
    while at < count {
      let byte = load(bytes, at)
      if byte >= 0x20, byte < 0x80, byte != 0x22, byte != 0x5c {
        at += 1
        continue
      }
      if byte >= 0x80 {
        let (length, isValid) = sequence(bytes, at)
        if !isValid {
          append(bytes, plain..<at)
          append(contentsOf: [0xef, 0xbf, 0xbd])
          plain = at + length
        }
        at += length
        continue
      }
      append(bytes, plain..<at)
      append(0x5c)
      switch byte {
      case 0x22, 0x5c: append(byte)
      case 0x08: append(UInt8(ascii: "b"))
      case 0x09: append(UInt8(ascii: "t"))
      case 0x0a: append(UInt8(ascii: "n"))
      case 0x0c: append(UInt8(ascii: "f"))
      case 0x0d: append(UInt8(ascii: "r"))
      default:
        append(UInt8(ascii: "u"))
        append(UInt8(ascii: "0"))
        append(UInt8(ascii: "0"))
        append(UInt8(ascii: "0") + byte >> 4)
        let digit = byte & 15
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
      at += 1
      plain = at
    }
    append(bytes, plain..<count)
  }

  private mutating func append(_ bytes: RawSpan, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    unsafe bytes.extracting(range).withUnsafeBytes { unsafe append(contentsOf: $0) }
  }
}

@inline(__always)
private func load(_ bytes: RawSpan, _ index: Int) -> UInt8 {
  unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
}

/// How many bytes at `start` belong to one character, or to the longest beginning of one that then breaks off.
private func sequence(_ bytes: RawSpan, _ start: Int) -> (length: Int, isValid: Bool) {
  let first = load(bytes, start)
  let needed: Int
  var lowest: UInt8 = 0x80
  var highest: UInt8 = 0xbf
  switch first {
  case 0xc2...0xdf: needed = 2
  case 0xe0:
    needed = 3
    lowest = 0xa0
  case 0xed:
    needed = 3
    highest = 0x9f
  case 0xe1...0xef: needed = 3
  case 0xf0:
    needed = 4
    lowest = 0x90
  case 0xf4:
    needed = 4
    highest = 0x8f
  case 0xf1...0xf3: needed = 4
  default: return (1, false)
  }
  var length = 1
  while length < needed {
    guard start + length < bytes.byteCount else { return (length, false) }
    let byte = load(bytes, start + length)
    guard byte >= lowest, byte <= highest else { return (length, false) }
    lowest = 0x80
    highest = 0xbf
    length += 1
  }
  return (needed, true)
}
