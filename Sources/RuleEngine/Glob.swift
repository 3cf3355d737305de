/// Shell patterns as `fnmatch(3)` without flags reads them: `*` and `?` match any byte, slashes and leading dots
/// too; `[abc]`, `[a-z]`, `[!abc]`; a backslash takes the next byte literally. The whole value must match.
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
  static func isPattern(_ text: some Sequence<UInt8>) -> Bool {
    text.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
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
    case UInt8(ascii: "\\") where at + 1 < pattern.byteCount:
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
}
