internal import CLinux

/// Text is built as UTF-8 in an array that its owner uses again: no `String` on the way to a socket or a file.
extension [UInt8] {
  @inlinable public mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { unsafe append(contentsOf: $0) }
  }

  /// Copies the bytes that a span shows.
  @inlinable public mutating func append(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  @inlinable public mutating func append(text: String) { append(contentsOf: text.utf8) }

  /// - Parameter width: Zeros are put in front up to this many digits.
  public mutating func append(decimal value: UInt64, width: Int = 1) {
    var digits: InlineArray<20, UInt8> = .init(repeating: UInt8(ascii: "0"))
    var at = 20
    var rest = value
    while rest != 0 {
      at -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      digits[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
      rest = quotient
    }
    at = Swift.min(at, 20 - Swift.min(width, 20))
    for index in at..<20 { append(digits[index]) }
  }

  public mutating func append(decimal value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }

  /// Without prefix and padding; `0` for zero.
  public mutating func append(hex value: UInt64, uppercase: Bool, width: Int = 1) {
    let letters = uppercase ? UInt8(ascii: "A") : UInt8(ascii: "a")
    var shift = Swift.max((64 - value.leadingZeroBitCount + 3) / 4, width) * 4
    while shift > 0 {
      shift -= 4
      let digit = UInt8(truncatingIfNeeded: (value >> UInt64(shift)) & 15)
      append(digit < 10 ? UInt8(ascii: "0") + digit : letters + digit - 10)
    }
  }

  /// With a leading zero: `0644`, and `0` for zero.
  public mutating func append(octal value: UInt64) {
    append(UInt8(ascii: "0"))
    var shift = (64 - value.leadingZeroBitCount + 2) / 3 * 3
    while shift > 0 {
      shift -= 3
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: (value >> UInt64(shift)) & 7))
    }
  }

  /// Six significant digits at most, without needless zeros, as `printf` writes `%g`.
  public mutating func append(general value: Double) {
    var buffer: InlineArray<40, UInt8> = .init(repeating: 0)
    var length = 0
    var bytes = buffer.mutableSpan
    unsafe bytes.withUnsafeMutableBytes {
      length = unsafe wh_print_general(value, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    for index in 0..<length { append(buffer[index]) }
  }

  public mutating func append(fixed value: Double, decimals: Int) {
    var buffer: InlineArray<400, UInt8> = .init(repeating: 0)
    var length = 0
    var bytes = buffer.mutableSpan
    unsafe bytes.withUnsafeMutableBytes {
      length = unsafe wh_print_fixed(
        value, Int32(decimals), $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    for index in 0..<length { append(buffer[index]) }
  }
}
