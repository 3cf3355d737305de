internal import CLinux
internal import Glibc

/// Comparisons of a field's bytes with constants. All are byte-wise and bounded by the lengths of both sides; none
/// allocates.
enum Bytes {
  @inline(__always)
  static func equal(_ value: borrowing RawSpan, _ other: borrowing RawSpan) -> Bool {
    guard value.byteCount == other.byteCount else { return false }
    if value.byteCount == 0 { return true }
    return unsafe value.withUnsafeBytes { a in
      unsafe other.withUnsafeBytes { b in unsafe memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 }
    }
  }

  /// Negative, zero or positive, as `strcmp` orders.
  static func compare(_ value: borrowing RawSpan, _ other: borrowing RawSpan) -> Int {
    let common = min(value.byteCount, other.byteCount)
    if common > 0 {
      let order = unsafe value.withUnsafeBytes { a in
        unsafe other.withUnsafeBytes { b in unsafe memcmp(a.baseAddress!, b.baseAddress!, common) }
      }
      if order != 0 { return Int(order) }
    }
    return value.byteCount - other.byteCount
  }

  @inline(__always)
  static func hasPrefix(_ value: borrowing RawSpan, _ prefix: borrowing RawSpan) -> Bool {
    guard value.byteCount >= prefix.byteCount else { return false }
    if prefix.byteCount == 0 { return true }
    // Most differ early: no call for these.
    if prefix.byteCount >= 4,
      unsafe value.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self)
        != prefix.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self)
    {
      return false
    }
    return unsafe value.withUnsafeBytes { a in
      unsafe prefix.withUnsafeBytes { b in unsafe memcmp(a.baseAddress!, b.baseAddress!, b.count) == 0 }
    }
  }

  @inline(__always)
  static func hasSuffix(_ value: borrowing RawSpan, _ suffix: borrowing RawSpan) -> Bool {
    let skipped = value.byteCount - suffix.byteCount
    guard skipped >= 0 else { return false }
    if suffix.byteCount == 0 { return true }
    return unsafe value.withUnsafeBytes { a in
      unsafe suffix.withUnsafeBytes { b in unsafe memcmp(a.baseAddress! + skipped, b.baseAddress!, b.count) == 0 }
    }
  }

  static func contains(_ value: borrowing RawSpan, _ part: borrowing RawSpan) -> Bool {
    if part.byteCount == 0 { return true }
    guard value.byteCount >= part.byteCount else { return false }
    return unsafe value.withUnsafeBytes { a in
      unsafe part.withUnsafeBytes { b in unsafe wh_contains(a.baseAddress!, a.count, b.baseAddress!, b.count) != 0 }
    }
  }

  @inline(__always)
  static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }

  /// Without regard to ASCII case.
  ///
  /// - Parameter foldsPart: Whether `part` may have upper case letters; without, it must be in lower case.
  static func containsIgnoringCase(
    _ value: borrowing RawSpan, _ part: borrowing RawSpan, foldsPart: Bool = false
  ) -> Bool {
    let length = part.byteCount
    if length == 0 { return true }
    guard value.byteCount >= length else { return false }
    let first = foldsPart ? lowercased(part.byte(0)) : part.byte(0)
    for start in 0...(value.byteCount - length) where lowercased(value.byte(start)) == first {
      var matched = 1
      while matched < length {
        let wanted = foldsPart ? lowercased(part.byte(matched)) : part.byte(matched)
        guard lowercased(value.byte(start + matched)) == wanted else { break }
        matched += 1
      }
      if matched == length { return true }
    }
    return false
  }

  /// A hash of the bytes, eight at a time; the same for equal bytes in this process only.
  @inline(__always)
  static func hash(_ value: borrowing RawSpan) -> UInt64 {
    let count = value.byteCount
    var sum = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    // The last word overlaps what comes before it, so that no tail is left over.
    if count >= 8 {
      var at = 0
      while at &+ 8 < count {
        sum = unsafe mix(sum ^ value.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
        at &+= 8
      }
      return unsafe mix(sum ^ value.unsafeLoadUnaligned(fromUncheckedByteOffset: count &- 8, as: UInt64.self))
    }
    if count >= 4 {
      let low = unsafe UInt64(value.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self))
      let high = unsafe UInt64(value.unsafeLoadUnaligned(fromUncheckedByteOffset: count &- 4, as: UInt32.self))
      return mix(sum ^ (low | high &<< 32))
    }
    if count == 0 { return sum }
    return mix(sum ^ (UInt64(value.byte(0)) | UInt64(value.byte(count &>> 1)) &<< 8 | UInt64(value.byte(count &- 1)) &<< 16))
  }

  @inline(__always)
  private static func mix(_ word: UInt64) -> UInt64 {
    let product = word.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }
}

extension RawSpan {
  /// The byte at an offset that the caller has checked.
  @inline(__always)
  func byte(_ offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}
