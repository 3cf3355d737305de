internal import Glibc

/// What one pass over a path tells: enough to skip normalisation for the common ones.
struct PathShape {
  /// Bytes before the first NUL, or all.
  var length: Int
  /// Neither empty, `//`, a component that begins with a dot, nor a trailing slash: joining it to a normalised
  /// directory gives a normalised path. A hidden file makes it false as well; it only costs the slow way.
  var isPlain: Bool
}

extension RawSpan {
  /// Eight bytes at a time: in `v`, bit 7 of each byte that is zero. Bytes above the lowest zero one may be marked
  /// wrongly, which callers allow for.
  @inline(__always) private static func zeroBytes(_ v: UInt64) -> UInt64 {
    (v &- 0x0101_0101_0101_0101) & ~v & 0x8080_8080_8080_8080
  }

  @inline(__always) func byte(_ index: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self) }

  func pathShape() -> PathShape {
    let count = byteCount
    if count < 8 { return shortPathShape() }
    var odd: UInt64 = 0
    var carry: UInt64 = 0
    var at = 0
    var length = count
    while true {
      let word = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self)
      let end = RawSpan.zeroBytes(word)
      let slashes = RawSpan.zeroBytes(word ^ 0x2f2f_2f2f_2f2f_2f2f)
      // `.` is 0x2e and `/` 0x2f: either of them where a slash is one byte earlier.
      let marks = RawSpan.zeroBytes((word | 0x0101_0101_0101_0101) ^ 0x2f2f_2f2f_2f2f_2f2f)
      odd |= (slashes << 8 | carry) & marks
      if end != 0 {
        length = at &+ (end.trailingZeroBitCount >> 3)
        break
      }
      if at == count &- 8 { break }
      carry = slashes >> 56
      at &+= 8
      if at > count &- 8 {
        // The last word overlaps the one before it, so that no tail is left over.
        at = count &- 8
        carry = 0
      }
    }
    if length == 0 { return PathShape(length: 0, isPlain: false) }
    let isPlain = odd == 0 && byte(0) != 0x2e && (length == 1 || byte(length &- 1) != 0x2f)
    return PathShape(length: length, isPlain: isPlain)
  }

  private func shortPathShape() -> PathShape {
    var plain = true
    var length = 0
    var previous: UInt8 = 0x2f
    while length < byteCount {
      let byte = byte(length)
      if byte == 0 { break }
      if previous == 0x2f, byte == 0x2e || (byte == 0x2f && length > 0) { plain = false }
      previous = byte
      length += 1
    }
    if length == 0 || (length > 1 && previous == 0x2f) { plain = false }
    return PathShape(length: length, isPlain: plain)
  }

  /// The bytes before the first NUL.
  @_lifetime(copy self) func untilNUL() -> RawSpan {
    guard byteCount > 0 else { return self }
    let length = unsafe withUnsafeBytes { bytes in
      let end = unsafe memchr(bytes.baseAddress!, 0, bytes.count)
      return unsafe end == nil ? bytes.count : UnsafeRawPointer(end!) - bytes.baseAddress!
    }
    return extracting(0..<length)
  }

  /// Whether the bytes before the first NUL are those of a text, which has no NUL in it.
  ///
  /// A value on the wire mostly ends with its first NUL: then no search is needed.
  func holdsText(_ text: borrowing RawSpan) -> Bool {
    let length = text.byteCount
    guard byteCount >= length else { return false }
    if byteCount > length, byte(length) != 0 { return false }
    if length == 0 { return true }
    return unsafe withUnsafeBytes { mine in
      unsafe text.withUnsafeBytes { theirs in unsafe memcmp(mine.baseAddress!, theirs.baseAddress!, length) == 0 }
    }
  }

  /// Where a byte first occurs at or after `start`, or `byteCount`.
  func firstIndex(of wanted: UInt8, from start: Int) -> Int {
    guard start < byteCount else { return byteCount }
    return unsafe withUnsafeBytes { bytes in
      let found = unsafe memchr(bytes.baseAddress! + start, Int32(wanted), bytes.count - start)
      return unsafe found == nil ? bytes.count : UnsafeRawPointer(found!) - bytes.baseAddress!
    }
  }

  func equals(_ other: borrowing RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    if byteCount == 0 { return true }
    return unsafe withUnsafeBytes { mine in
      unsafe other.withUnsafeBytes { theirs in
        unsafe memcmp(mine.baseAddress!, theirs.baseAddress!, mine.count) == 0
      }
    }
  }

  func equals(_ text: StaticString) -> Bool {
    guard byteCount == text.utf8CodeUnitCount else { return false }
    for at in 0..<byteCount where unsafe byte(at) != text.utf8Start[at] { return false }
    return true
  }

  func hasPrefix(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard byteCount >= length else { return false }
    for at in 0..<length where unsafe byte(at) != text.utf8Start[at] { return false }
    return true
  }

  func hasSuffix(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard byteCount >= length else { return false }
    for at in 0..<length where unsafe byte(byteCount - length + at) != text.utf8Start[at] { return false }
    return true
  }

  /// An integer as it lies in memory, or `nil` if it would reach beyond the end.
  @inline(__always) func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T? {
    guard offset >= 0, offset + MemoryLayout<T>.size <= byteCount else { return nil }
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }
}
