/// Reads the fields of a metadata block one after the other, and knows where it is for errors.
struct BodyCursor: ~Escapable {
  private let bytes: RawSpan
  private let list: String
  /// Where the body lies in the file.
  private let base: UInt64
  private(set) var position = 0
  /// Fields end here: the end of the body, or of the entry that is being read.
  private(set) var end: Int

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, of list: String, at base: UInt64) {
    self.bytes = bytes
    self.list = list
    self.base = base
    end = bytes.byteCount
  }

  var remaining: Int { end - position }
  var offset: UInt64 { base + UInt64(position) }

  /// Whether another entry follows: less than 4 bytes are the block's padding.
  var hasEntry: Bool { remaining >= 4 }

  /// Limits the fields that follow to an entry of this many bytes.
  mutating func beginEntry(length: Int) throws(CaptureFileError) {
    guard length >= 0, length <= bytes.byteCount - position else { throw overrun }
    end = position + length
  }

  /// Steps over what a newer writer appended to the entry.
  mutating func endEntry() {
    position = end
    end = bytes.byteCount
  }

  /// Where an entry has no length of its own.
  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type = T.self) throws(CaptureFileError) -> T {
    guard remaining >= MemoryLayout<T>.size else { throw overrun }
    defer { position += MemoryLayout<T>.size }
    return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: T.self)
  }

  /// A field that older writers do not have: `nil` if the entry ends before it.
  mutating func optional<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type = T.self) throws(CaptureFileError) -> T? {
    remaining >= MemoryLayout<T>.size ? try integer(T.self) : nil
  }

  /// A 16-bit length and that many bytes, without a NUL.
  mutating func text(limit: Int) throws(CaptureFileError) -> [UInt8] {
    let length = Int(try integer(UInt16.self))
    guard length <= limit else {
      throw CaptureFileError(.textTooLong(list: list, length: length, limit: limit), at: offset)
    }
    return try take(length)
  }

  /// A 16-bit length and strings that each end with a NUL; the last one's may be missing.
  mutating func strings(limit: Int) throws(CaptureFileError) -> [UInt8] {
    var strings = try text(limit: limit)
    if let last = strings.last, last != 0 { strings.append(0) }
    return strings
  }

  mutating func take(_ count: Int) throws(CaptureFileError) -> [UInt8] {
    guard count <= remaining else { throw overrun }
    defer { position += count }
    return (position..<position + count).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
  }

  private var overrun: CaptureFileError { CaptureFileError(.entryOverrun(list: list), at: offset) }
}
