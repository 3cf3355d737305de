internal import CCaptureFormat

/// Records of the first version, whose header does not say how many parameters follow.
enum OldRecord {
  private static let oldHeader = 22
  /// Two event types were written with 3 bytes too many in their length.
  private static let misstated: Set<UInt16> = [280, 286]

  /// The record with its parameter count put in: the largest count, up to the type's own, whose lengths add up.
  static func withParameterCount(_ rest: RawSpan, at offset: UInt64) throws(CaptureFileError) -> [UInt8] {
    let claimed = unsafe rest.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt32.self)
    let type = unsafe rest.unsafeLoadUnaligned(fromByteOffset: 20, as: UInt16.self)
    let length = Int(claimed) - (misstated.contains(type) ? 3 : 0)
    guard length >= oldHeader, length <= rest.byteCount else {
      throw CaptureFileError(.badEventLength(type: type, length: claimed, available: rest.byteCount), at: offset)
    }
    let event = unsafe wh_past_event(type)?.pointee
    let isLarge = unsafe (event?.flags ?? 0) & UInt8(WH_PAST_LARGE.rawValue) != 0
    let width = isLarge ? 4 : 2
    var count = unsafe Int(event?.nparams ?? 0)
    while !fits(rest, length, count, width) {
      guard count > 0 else { throw CaptureFileError(.badParameters(type: type, count: UInt32(count)), at: offset) }
      count -= 1
    }
    func byte(_ index: Int) -> UInt8 { unsafe rest.unsafeLoad(fromByteOffset: index, as: UInt8.self) }
    func wire(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    var record = (0..<16).map(byte) + wire(length + 4)
    record += [byte(20), byte(21)] + wire(count)
    record += (oldHeader..<length).map(byte)
    return record
  }

  private static func fits(_ rest: RawSpan, _ length: Int, _ count: Int, _ width: Int) -> Bool {
    var end = oldHeader + count * width
    guard end <= length else { return false }
    for index in 0..<count {
      let at = oldHeader + index * width
      end += width == 4
        ? unsafe Int(rest.unsafeLoadUnaligned(fromByteOffset: at, as: UInt32.self))
        : unsafe Int(rest.unsafeLoadUnaligned(fromByteOffset: at, as: UInt16.self))
    }
    return end == length
  }
}
