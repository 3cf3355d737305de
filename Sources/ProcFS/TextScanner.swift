/// Reads numbers and words out of the kernel's text formats, front to back. Bounds are checked; what is not there
/// reads as `nil`.
struct TextScanner {
  let bytes: [UInt8]
  var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func skipBlanks() {
    while at < bytes.count, bytes[at] == 32 || bytes[at] == 9 { at += 1 }
  }

  mutating func decimal() -> UInt64? {
    skipBlanks()
    let start = at
    var value: UInt64 = 0
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 {
      value = value &* 10 &+ UInt64(bytes[at] - 48)
      at += 1
    }
    return at > start ? value : nil
  }

  mutating func signed() -> Int64? {
    skipBlanks()
    var isNegative = false
    if at < bytes.count, bytes[at] == 45 {
      isNegative = true
      at += 1
    }
    guard let value = decimal() else { return nil }
    return isNegative ? -Int64(truncatingIfNeeded: value) : Int64(truncatingIfNeeded: value)
  }

  mutating func hex() -> UInt64? {
    skipBlanks()
    let start = at
    var value: UInt64 = 0
    while at < bytes.count, let digit = TextScanner.hexDigit(bytes[at]) {
      value = value << 4 | digit
      at += 1
    }
    return at > start ? value : nil
  }

  mutating func octal() -> UInt64? {
    skipBlanks()
    let start = at
    var value: UInt64 = 0
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 55 {
      value = value << 3 | UInt64(bytes[at] - 48)
      at += 1
    }
    return at > start ? value : nil
  }

  static func hexDigit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case 48...57: UInt64(byte - 48)
    case 65...70: UInt64(byte - 55)
    case 97...102: UInt64(byte - 87)
    default: nil
    }
  }

  /// Goes behind the next `:` of this line if the line starts with `key` and one; otherwise stays.
  mutating func take(_ key: StaticString) -> Bool {
    let length = key.utf8CodeUnitCount
    guard at + length < bytes.count, bytes[at + length] == 58 else { return false }
    for offset in 0..<length where unsafe bytes[at + offset] != key.utf8Start[offset] { return false }
    at += length + 1
    return true
  }

  mutating func skipLine() {
    while at < bytes.count, bytes[at] != 10 { at += 1 }
    if at < bytes.count { at += 1 }
  }

  mutating func skipWord() {
    skipBlanks()
    while at < bytes.count, bytes[at] != 32, bytes[at] != 9, bytes[at] != 10 { at += 1 }
  }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  /// First and last number of the line.
  mutating func firstAndLast() -> (Int32, Int32)? {
    guard let first = signed() else { return nil }
    var last = first
    while let next = signed() { last = next }
    return (Int32(truncatingIfNeeded: first), Int32(truncatingIfNeeded: last))
  }

  var isAtEnd: Bool { at >= bytes.count }
}

extension [UInt8] {
  func starts(with text: StaticString) -> Bool {
    guard count >= text.utf8CodeUnitCount else { return false }
    for at in 0..<text.utf8CodeUnitCount where unsafe self[at] != text.utf8Start[at] { return false }
    return true
  }

  func ends(with text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count >= length else { return false }
    for at in 0..<length where unsafe self[count - length + at] != text.utf8Start[at] { return false }
    return true
  }

  func contains(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count >= length else { return false }
    for start in 0...(count - length) {
      var at = 0
      while at < length, unsafe self[start + at] == text.utf8Start[at] { at += 1 }
      if at == length { return true }
    }
    return false
  }

  func withoutDeletedMark() -> [UInt8] { ends(with: " (deleted)") ? Array(dropLast(10)) : self }
}
