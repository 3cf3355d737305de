/// Recursive descent over JSON text (RFC 8259), as deep as the limits allow.
struct JSONReader {
  private let count: Int
  private let limits: JSONValue.Limits
  private var at = 0
  private var depth = 0
  private var values = 0

  init(_ count: Int, _ limits: JSONValue.Limits) {
    self.count = count
    self.limits = limits
  }

  mutating func document(_ text: borrowing RawSpan) throws(JSONError) -> JSONValue {
    let value = try value(text)
    skipBlanks(text)
    // C programs hand over their texts with the NUL.
    while at < count, byte(text, at) == 0 { at += 1 }
    guard at == count else { throw .unexpected(offset: at) }
    return value
  }

  private func byte(_ text: borrowing RawSpan, _ index: Int) -> UInt8 {
    unsafe text.unsafeLoad(fromByteOffset: index, as: UInt8.self)
  }

  private mutating func skipBlanks(_ text: borrowing RawSpan) {
    while at < count {
      switch byte(text, at) {
      case 0x20, 0x09, 0x0a, 0x0d: at += 1
      default: return
      }
    }
  }

  private mutating func value(_ text: borrowing RawSpan) throws(JSONError) -> JSONValue {
    skipBlanks(text)
    guard at < count else { throw .truncated }
    values += 1
    guard values <= limits.values else { throw .tooManyValues(offset: at) }
    switch byte(text, at) {
    case UInt8(ascii: "{"): return try object(text)
    case UInt8(ascii: "["): return try array(text)
    case UInt8(ascii: "\""): return .string(try string(text))
    case UInt8(ascii: "t"):
      try word(text, "true")
      return .boolean(true)
    case UInt8(ascii: "f"):
      try word(text, "false")
      return .boolean(false)
    case UInt8(ascii: "n"):
      try word(text, "null")
      return .null
    default: return .number(try number(text))
    }
  }

  private mutating func word(_ text: borrowing RawSpan, _ word: StaticString) throws(JSONError) {
    for index in 0..<word.utf8CodeUnitCount {
      guard at < count else { throw .truncated }
      guard unsafe byte(text, at) == word.utf8Start[index] else { throw .unexpected(offset: at) }
      at += 1
    }
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    guard depth <= limits.depth else { throw .tooDeep(offset: at) }
    at += 1
  }

  private mutating func object(_ text: borrowing RawSpan) throws(JSONError) -> JSONValue {
    try enter()
    var members: [JSONValue.Member] = []
    if try !ends(text, UInt8(ascii: "}")) {
      repeat {
        skipBlanks(text)
        guard at < count else { throw .truncated }
        guard byte(text, at) == UInt8(ascii: "\"") else { throw .unexpected(offset: at) }
        let key = try string(text)
        skipBlanks(text)
        guard at < count else { throw .truncated }
        guard byte(text, at) == UInt8(ascii: ":") else { throw .unexpected(offset: at) }
        at += 1
        members.append(JSONValue.Member(key, try value(text)))
      } while try goesOn(text, UInt8(ascii: "}"))
    }
    depth -= 1
    return .object(members)
  }

  private mutating func array(_ text: borrowing RawSpan) throws(JSONError) -> JSONValue {
    try enter()
    var items: [JSONValue] = []
    if try !ends(text, UInt8(ascii: "]")) {
      repeat { items.append(try value(text)) } while try goesOn(text, UInt8(ascii: "]"))
    }
    depth -= 1
    return .array(items)
  }

  /// Whether the list is empty; takes its end then.
  private mutating func ends(_ text: borrowing RawSpan, _ end: UInt8) throws(JSONError) -> Bool {
    skipBlanks(text)
    guard at < count else { throw .truncated }
    guard byte(text, at) == end else { return false }
    at += 1
    return true
  }

  private mutating func goesOn(_ text: borrowing RawSpan, _ end: UInt8) throws(JSONError) -> Bool {
    skipBlanks(text)
    guard at < count else { throw .truncated }
    let byte = byte(text, at)
    guard byte == UInt8(ascii: ",") || byte == end else { throw .unexpected(offset: at) }
    at += 1
    return byte != end
  }

  private mutating func number(_ text: borrowing RawSpan) throws(JSONError) -> String {
    let start = at
    var digits = 0
    while at < count {
      switch byte(text, at) {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
      case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): break
      default:
        guard digits > 0 else { throw .unexpected(offset: at) }
        return plain(text, start..<at)
      }
      at += 1
    }
    guard digits > 0 else { throw .truncated }
    return plain(text, start..<at)
  }

  private func plain(_ text: borrowing RawSpan, _ range: Range<Int>) -> String {
    unsafe text.extracting(range).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  private mutating func string(_ text: borrowing RawSpan) throws(JSONError) -> String {
    at += 1
    let start = at
    while at < count {
      switch byte(text, at) {
      case UInt8(ascii: "\""):
        at += 1
        return plain(text, start..<at - 1)
      case UInt8(ascii: "\\"): return try escaped(text, from: start)
      case 0..<0x20: throw .unexpected(offset: at)
      default: at += 1
      }
    }
    throw .truncated
  }

  private mutating func escaped(_ text: borrowing RawSpan, from start: Int) throws(JSONError) -> String {
    var bytes: [UInt8] = []
    for index in start..<at { bytes.append(byte(text, index)) }
    while at < count {
      let byte = byte(text, at)
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case 0..<0x20: throw .unexpected(offset: at - 1)
      case UInt8(ascii: "\\"):
        guard at < count else { throw .truncated }
        let escape = self.byte(text, at)
        at += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escape)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0c)
        case UInt8(ascii: "n"): bytes.append(0x0a)
        case UInt8(ascii: "r"): bytes.append(0x0d)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes.append(contentsOf: String(try scalar(text)).utf8)
        default: throw .unexpected(offset: at - 1)
        }
      default: bytes.append(byte)
      }
    }
    throw .truncated
  }

  /// What `\u` names; two of them for characters beyond 16 bits. A half of a pair on its own becomes U+FFFD.
  private mutating func scalar(_ text: borrowing RawSpan) throws(JSONError) -> Character {
    let first = try hexadecimal(text)
    if (0xd800..<0xdc00).contains(first), at + 1 < count, byte(text, at) == UInt8(ascii: "\\"),
      byte(text, at + 1) == UInt8(ascii: "u")
    {
      let back = at
      at += 2
      let second = try hexadecimal(text)
      if (0xdc00..<0xe000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
      {
        return Character(scalar)
      }
      at = back
    }
    return Character(Unicode.Scalar(first) ?? "\u{fffd}")
  }

  private mutating func hexadecimal(_ text: borrowing RawSpan) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard at < count else { throw .truncated }
      let byte = byte(text, at)
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw .unexpected(offset: at)
      }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }
}
