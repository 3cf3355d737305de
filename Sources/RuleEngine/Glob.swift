/// Shell patterns as `fnmatch(3)` without flags reads them: `*` and `?` match any byte, slashes and leading dots
/// too; `[abc]`, `[a-z]`, `[!abc]`, `[[:alpha:]]`; a backslash takes the next byte literally. The whole value must match.
///
/// Remembers only the last star, so a match takes at most value times pattern steps: a hostile file name cannot make
/// it explode.
enum Glob {
  static func matches(_ value: borrowing RawSpan, _ pattern: borrowing RawSpan, ignoringCase: Bool = false) -> Bool {
    var v = 0
    var p = 0
    var starPattern = -1
    var starValue = 0
    while v < value.byteCount {
      if p < pattern.byteCount {
        if pattern.byte(p) == UInt8(ascii: "*") {
          starPattern = p
          starValue = v
          p += 1
          continue
        }
        let next = matchOne(value.byte(v), pattern, p, ignoringCase)
        if next > 0 {
          p = next
          v += 1
          continue
        }
      }
      if starPattern < 0 { return false }
      p = starPattern + 1
      starValue += 1
      v = starValue
    }
    while p < pattern.byteCount, pattern.byte(p) == UInt8(ascii: "*") { p += 1 }
    return p == pattern.byteCount
  }

  /// Whether a pattern has anything but literal bytes.
  static func isPattern(_ text: borrowing RawSpan) -> Bool {
    for offset in 0..<text.byteCount {
      switch text.byte(offset) {
      case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["): return true
      default: continue
      }
    }
    return false
  }

  /// - Returns: The offset behind the pattern element that matched `byte`, or -1.
  private static func matchOne(_ byte: UInt8, _ pattern: borrowing RawSpan, _ at: Int, _ fold: Bool) -> Int {
    let element = pattern.byte(at)
    switch element {
    case UInt8(ascii: "?"):
      return at + 1
    case UInt8(ascii: "["):
      let end = bracket(byte, pattern, at, fold)
      if end != 0 { return end }
      return byte == element ? at + 1 : -1
    case UInt8(ascii: "\\"):
      // Nothing follows that it could stand for.
      guard at + 1 < pattern.byteCount else { return -1 }
      return same(byte, pattern.byte(at + 1), fold) ? at + 2 : -1
    default:
      return same(byte, element, fold) ? at + 1 : -1
    }
  }

  @inline(__always)
  private static func same(_ a: UInt8, _ b: UInt8, _ fold: Bool) -> Bool {
    a == b || (fold && Bytes.lowercased(a) == Bytes.lowercased(b))
  }

  /// - Returns: The offset behind the bracket if it matches, -1 if not, 0 if it never closes (then it is a literal).
  private static func bracket(_ byte: UInt8, _ pattern: borrowing RawSpan, _ start: Int, _ fold: Bool) -> Int {
    var at = start + 1
    var negated = false
    if at < pattern.byteCount, pattern.byte(at) == UInt8(ascii: "!") || pattern.byte(at) == UInt8(ascii: "^") {
      negated = true
      at += 1
    }
    var found = false
    var isFirst = true
    while at < pattern.byteCount, isFirst || pattern.byte(at) != UInt8(ascii: "]") {
      isFirst = false
      if let end = endOfClass(pattern, at) {
        if isInClass(byte, pattern, at + 2..<end - 2, fold) { found = true }
        at = end
        continue
      }
      var low = pattern.byte(at)
      if low == UInt8(ascii: "\\"), at + 1 < pattern.byteCount {
        at += 1
        low = pattern.byte(at)
      }
      at += 1
      var high = low
      if at + 1 < pattern.byteCount, pattern.byte(at) == UInt8(ascii: "-"), pattern.byte(at + 1) != UInt8(ascii: "]") {
        at += 1
        high = pattern.byte(at)
        if high == UInt8(ascii: "\\"), at + 1 < pattern.byteCount {
          at += 1
          high = pattern.byte(at)
        }
        at += 1
      }
      if low <= byte && byte <= high { found = true }
      if fold {
        let lower = Bytes.lowercased(byte)
        let upper = lower &- 97 < 26 ? lower & ~32 : lower
        if (low <= lower && lower <= high) || (low <= upper && upper <= high) { found = true }
      }
    }
    guard at < pattern.byteCount else { return 0 }
    return found != negated ? at + 1 : -1
  }

  /// The offset behind the `:]` of a `[:name:]` that starts at `start`; `nil` if none does.
  private static func endOfClass(_ pattern: borrowing RawSpan, _ start: Int) -> Int? {
    guard start + 3 < pattern.byteCount, pattern.byte(start) == UInt8(ascii: "["),
      pattern.byte(start + 1) == UInt8(ascii: ":")
    else { return nil }
    var at = start + 2
    while at < pattern.byteCount, pattern.byte(at) &- 97 < 26 { at += 1 }
    guard at + 1 < pattern.byteCount, pattern.byte(at) == UInt8(ascii: ":"), pattern.byte(at + 1) == UInt8(ascii: "]")
    else { return nil }
    return at + 2
  }

  /// Whether a byte is in the class that a range of the pattern names, such as `alpha`; classes are those of the C locale.
  private static func isInClass(
    _ byte: UInt8, _ pattern: borrowing RawSpan, _ range: Range<Int>, _ fold: Bool
  ) -> Bool {
    let name = pattern.extracting(range)
    let lower = byte &- 97 < 26
    let upper = byte &- 65 < 26
    let digit = byte &- 48 < 10
    let graph = byte > 32 && byte < 127
    if equals(name, "alpha") { return lower || upper }
    if equals(name, "digit") { return digit }
    if equals(name, "alnum") { return lower || upper || digit }
    if equals(name, "lower") { return lower || (fold && upper) }
    if equals(name, "upper") { return upper || (fold && lower) }
    if equals(name, "space") { return byte == 32 || byte &- 9 < 5 }
    if equals(name, "blank") { return byte == 32 || byte == 9 }
    if equals(name, "punct") { return graph && !(lower || upper || digit) }
    if equals(name, "graph") { return graph }
    if equals(name, "print") { return graph || byte == 32 }
    if equals(name, "cntrl") { return byte < 32 || byte == 127 }
    if equals(name, "xdigit") { return digit || (byte | 32) &- 97 < 6 }
    return false
  }

  private static func equals(_ name: borrowing RawSpan, _ wanted: StaticString) -> Bool {
    guard name.byteCount == wanted.utf8CodeUnitCount else { return false }
    for index in 0..<name.byteCount where unsafe name.byte(index) != wanted.utf8Start[index] { return false }
    return true
  }
}
