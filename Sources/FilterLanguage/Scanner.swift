/// Recognises single tokens of the condition language at a cursor.
///
/// The language has no context-free tokens: `-x` is one value behind `=`, but two things elsewhere. So there is no
/// token list; the parser asks for what its place in the grammar allows.
struct Scanner {
  let bytes: [UInt8]
  let text: TextID
  /// The offset of the next byte.
  var cursor = 0
  /// The token consumed last, blanks excluded.
  private(set) var lastToken = 0..<0

  init(_ bytes: [UInt8], text: TextID) {
    self.bytes = bytes
    self.text = text
  }

  var isAtEnd: Bool { cursor >= bytes.count }
  var next: UInt8? { cursor < bytes.count ? bytes[cursor] : nil }

  func range(_ lower: Int, _ upper: Int) -> SourceRange {
    SourceRange(text: text, lower: UInt32(lower), upper: UInt32(upper))
  }

  /// From `start` to the end of the last token.
  func range(from start: Int) -> SourceRange { range(start, max(start, lastToken.upperBound)) }

  /// The byte at the cursor, or nothing at the end of the text.
  var here: SourceRange { range(cursor, min(cursor + 1, bytes.count)) }

  func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Moves the cursor back or forth and remembers what it passed as the last token.
  mutating func consume(to end: Int) -> Range<Int> {
    lastToken = cursor..<end
    cursor = end
    return lastToken
  }

  /// Skips blanks and returns how many there were.
  @discardableResult
  mutating func skipBlanks() -> Int {
    let start = cursor
    while cursor < bytes.count, bytes[cursor].isBlank { cursor += 1 }
    return cursor - start
  }

  func isNext(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - cursor >= count else { return false }
    return word.withUTF8Buffer { letters in letters.elementsEqual(bytes[cursor..<cursor + count]) }
  }

  func isNext(_ word: String) -> Bool {
    let count = word.utf8.count
    guard bytes.count - cursor >= count else { return false }
    return word.utf8.elementsEqual(bytes[cursor..<cursor + count])
  }

  mutating func take(_ word: StaticString) -> Bool {
    guard isNext(word) else { return false }
    _ = consume(to: cursor + word.utf8CodeUnitCount)
    return true
  }

  /// Takes `word` only if a blank follows; the blank stays.
  mutating func takeBeforeBlank(_ word: String) -> Bool {
    let end = cursor + word.utf8.count
    guard isNext(word), end < bytes.count, bytes[end].isBlank else { return false }
    _ = consume(to: end)
    return true
  }

  /// Where a name that starts at the cursor ends, dots and further parts included; nil if none starts here.
  func endOfName() -> (end: Int, hasDot: Bool)? {
    guard var end = endOfIdentifier(from: cursor) else { return nil }
    var hasDot = false
    while end < bytes.count, bytes[end] == UInt8(ascii: "."), let further = endOfIdentifier(from: end + 1) {
      end = further
      hasDot = true
    }
    return (end, hasDot)
  }

  func endOfIdentifier(from start: Int) -> Int? {
    guard start < bytes.count, bytes[start].isLetter else { return nil }
    var end = start + 1
    while end < bytes.count, bytes[end].isLetter || bytes[end].isDigit || bytes[end] == UInt8(ascii: "_") { end += 1 }
    return end
  }

  /// `0x` and hexadecimal digits, or a decimal with optional sign, point and signed exponent.
  func endOfNumber() -> Int? {
    if isNext("0x") {
      let end = endOfRun(from: cursor + 2, while: \.isHexDigit)
      if end > cursor + 2 { return end }
    }
    var start = cursor
    if let sign = next, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { start += 1 }
    var end = endOfRun(from: start, while: \.isDigit)
    guard end > start else { return nil }
    if end < bytes.count, bytes[end] == UInt8(ascii: ".") { end = endOfRun(from: end + 1, while: \.isDigit) }
    if end + 2 < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e"),
      bytes[end + 1] == UInt8(ascii: "+") || bytes[end + 1] == UInt8(ascii: "-")
    {
      let exponent = endOfRun(from: end + 2, while: \.isDigit)
      if exponent > end + 2 { end = exponent }
    }
    return end
  }

  /// Where a bare string ends; nil if none starts here.
  func endOfBareString() -> Int? {
    let end = endOfRun(from: cursor, while: \.isBare)
    return end > cursor ? end : nil
  }

  /// Where a bare field argument ends; nil if it is empty.
  func endOfBareArgument() -> Int? {
    let end = endOfRun(from: cursor, while: \.isBareArgument)
    return end > cursor ? end : nil
  }

  /// Where the quoted string at the cursor ends, behind its closing quote.
  ///
  /// The closing quote is the first without a backslash **character** before it, whatever comes before the backslash:
  /// `"a\\"` does not end there. Rule files in use rely on this reading.
  func endOfQuotedString() -> Int? {
    guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    var end = cursor + 1
    while end < bytes.count {
      if bytes[end] == quote, bytes[end - 1] != UInt8(ascii: "\\") { return end + 1 }
      end += 1
    }
    return nil
  }

  private func endOfRun(from start: Int, while belongs: (UInt8) -> Bool) -> Int {
    var end = start
    while end < bytes.count, belongs(bytes[end]) { end += 1 }
    return min(end, bytes.count)
  }
}

extension UInt8 {
  /// Space, tab, backspace, carriage return, line feed.
  var isBlank: Bool { self == 0x20 || (self >= 0x08 && self <= 0x0A) || self == 0x0D }
  var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
  var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
  var isHexDigit: Bool { isDigit || (self | 0x20) &- UInt8(ascii: "a") < 6 }
  var isQuote: Bool { self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") }
  /// May stand in a bare string.
  var isBare: Bool {
    !isBlank && !isQuote && self != UInt8(ascii: "(") && self != UInt8(ascii: ")") && self != UInt8(ascii: "=")
      && self != UInt8(ascii: ",")
  }
  /// May stand bare between `[` and `]`.
  var isBareArgument: Bool { !isBlank && !isQuote && self != UInt8(ascii: "[") && self != UInt8(ascii: "]") }
  var hexValue: UInt8? {
    if isDigit { return self - UInt8(ascii: "0") }
    guard isHexDigit else { return nil }
    return (self | 0x20) - UInt8(ascii: "a") + 10
  }
}
