/// The blocks of a capture file, one after the other.
///
/// Memory grows with the bytes that really arrive, never with what a length claims.
@safe struct BlockReader: ~Copyable {
  private let stream: GzipStream
  private var buffer: UnsafeMutableRawBufferPointer
  /// What of the buffer is read from the file, and what of that is used up.
  private var filled = 0
  private var used = 0
  /// Where in the unpacked stream the buffer's first unused byte lies.
  private(set) var offset: UInt64 = 0

  /// No metadata block of a real host comes near: 262,144 processes with full command lines and environments do not
  /// fit, but those lists may be split over several blocks.
  static let largestBlock = 256 << 20
  /// Events with large payloads: what a container's runtime or a plugin tells.
  static let largestLargeEvent = 16 << 20
  /// What an ordinary event can fill: 64 KiB and its frame.
  static let largestEventBlock = 65_536 + 8

  init(path: String) throws(CaptureFileError) {
    stream = try GzipStream(path: path)
    unsafe buffer = .allocate(byteCount: 256 << 10, alignment: 8)
  }

  deinit { unsafe buffer.deallocate() }

  /// How much of the file is read, in tenths of a percent; `nil` for what has no length.
  var progress: Int? { stream.progress }

  /// The next block's frame, which stays unread and may be anything; `nil` at the end of the file.
  mutating func peek() throws(CaptureFileError) -> BlockHeader? {
    let available = try load(BlockHeader.size)
    if available == 0 { return nil }
    guard available >= BlockHeader.size else {
      throw CaptureFileError(.truncated(needed: BlockHeader.size, available: available), at: offset)
    }
    let header = unsafe BlockHeader(
      type: buffer.loadUnaligned(fromByteOffset: used, as: UInt32.self),
      length: buffer.loadUnaligned(fromByteOffset: used + 4, as: UInt32.self), offset: offset)
    return header
  }

  /// Takes the block that ``peek()`` showed, and lends its body with the padding until the next call.
  ///
  /// - Parameter checksTrailer: Event blocks have been written with wrong lengths behind them.
  @_lifetime(&self)
  mutating func take(_ header: BlockHeader, checksTrailer: Bool, limit: Int = largestBlock) throws(CaptureFileError)
    -> RawSpan
  {
    try check(header)
    let length = Int(header.length)
    guard length <= limit else {
      throw CaptureFileError(.blockTooLarge(type: header.type, length: header.length, limit: limit), at: header.offset)
    }
    let available = try load(length)
    guard available >= length else {
      throw CaptureFileError(.truncated(needed: length, available: available), at: header.offset)
    }
    let trailer = unsafe buffer.loadUnaligned(fromByteOffset: used + length - 4, as: UInt32.self)
    if checksTrailer, trailer != header.length {
      throw CaptureFileError(
        .trailerMismatch(type: header.type, length: header.length, trailer: trailer), at: header.offset)
    }
    let body = used + BlockHeader.size
    used += length
    offset += UInt64(length)
    let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(buffer.baseAddress!) + body, byteCount: header.bodyLength)
    return unsafe _overrideLifetime(span, mutating: &self)
  }

  /// Steps over a block without holding it in memory.
  mutating func skip(_ header: BlockHeader) throws(CaptureFileError) {
    try check(header)
    var left = Int(header.length)
    while left > 0 {
      let available = min(try load(min(left, 64 << 10)), left)
      guard available > 0 else {
        throw CaptureFileError(.truncated(needed: Int(header.length), available: Int(header.length) - left), at: header.offset)
      }
      used += available
      offset += UInt64(available)
      left -= available
    }
  }

  private func check(_ header: BlockHeader) throws(CaptureFileError) {
    guard header.length >= 12, header.length % 4 == 0 else {
      throw CaptureFileError(.badBlockLength(type: header.type, length: header.length), at: header.offset)
    }
  }

  /// Makes at least `count` unused bytes available, or as many as the file still has; returns how many there are.
  private mutating func load(_ count: Int) throws(CaptureFileError) -> Int {
    while filled - used < count {
      if used > 0 {
        unsafe buffer.baseAddress!.copyMemory(from: buffer.baseAddress! + used, byteCount: filled - used)
        filled -= used
        used = 0
      }
      if unsafe filled == buffer.count { grow() }
      let got = unsafe try stream.read(
        into: buffer.baseAddress! + filled, count: buffer.count - filled, at: offset + UInt64(filled))
      if got == 0 { break }
      filled += got
    }
    return filled - used
  }

  private mutating func grow() {
    let larger = unsafe UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 8)
    unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[0..<filled]))
    unsafe buffer.deallocate()
    unsafe buffer = larger
  }
}
