internal import CCaptureFormat
internal import CZlib
internal import Capture
public import EventSchema
internal import Glibc

/// Writes a capture file that other readers of the format open, too.
///
/// The file is readable by its owner only: it holds command lines, environments and data. It is complete once
/// ``finish()`` has returned; a value that is destroyed without it closes the file with what was written so far.
@safe public struct CaptureFileWriter: ~Copyable {
  private var file: gzFile?
  private let isCompressing: Bool
  /// Uncompressed bytes so far.
  public private(set) var byteCount: UInt64 = 0
  public private(set) var eventCount: UInt64 = 0

  /// What to do with a file that is there already.
  public enum Existing: Sendable { case replace, refuse }

  /// Creates the file, or empties it, and writes what precedes the events.
  ///
  /// A symbolic link in the file's place is refused: the directory may be everybody's. A file that is replaced becomes
  /// private, too: it may hold what its readers must not see.
  ///
  /// - Throws: ``CaptureFileError`` with the system's reason.
  public init(
    path: String, compressing: Bool, existing: Existing = .replace, _ contents: CaptureContents
  ) throws(CaptureFileError) {
    isCompressing = compressing
    let other = existing == .refuse ? O_EXCL : O_TRUNC
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | other | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { throw CaptureFileError(.cannotOpen(errno: errno), at: 0) }
    var status = stat()
    if unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, fchmod(descriptor, 0o600) != 0 {
      let error = errno
      close(descriptor)
      throw CaptureFileError(.cannotOpen(errno: error), at: 0)
    }
    // Level 3 packs a capture to a sixth where 6 makes it a seventh, in half the time.
    guard let file = unsafe gzdopen(descriptor, compressing ? "wb3" : "wbT") else {
      close(descriptor)
      throw CaptureFileError(.cannotOpen(errno: ENOMEM), at: 0)
    }
    unsafe gzbuffer(file, 128 << 10)
    unsafe self.file = unsafe file
    var header = BodyWriter()
    header.integer(SectionHeader.magic)
    header.integer(UInt16(1))
    header.integer(UInt16(2))
    header.integer(UInt64.max)
    try writeBlock(0x0A0D_0D0A, header.bytes)
    for block in contents.blocks() { try writeBlock(block.type, block.body) }
  }

  deinit { if let file = unsafe file { unsafe gzclose_w(file) } }

  /// Appends an event in the form that every reader of the format knows: parameters of our own behind the others' are
  /// left out.
  ///
  /// - Parameter forState: Readers are to apply the event to their state and not to show it.
  public mutating func append(_ event: borrowing EventView, forState: Bool = false) throws(CaptureFileError) {
    let record = event.record
    let flags = forState || event.isStateOnly ? EventBlock.stateOnly : 0
    let type = event.type.rawValue
    let known = unsafe wh_past_event(type).map { unsafe Int($0.pointee.nparams) } ?? event.parameterCount
    let isLarge = event.type.flags.contains(.largePayload)
    if event.parameterCount <= known {
      try writeEvent(isLarge, flags, event.cpu, record)
    } else {
      let cut = RecordParts(copying: record)
      let bytes = cut.rebuilt(type: type, values: Array(cut.values.prefix(known)), isLarge: isLarge)
      unsafe try writeEvent(isLarge, flags, event.cpu, bytes.span.bytes)
    }
    eventCount += 1
  }

  /// Bytes of the file on disk, as far as they left our buffers.
  public var fileBytes: UInt64 {
    guard isCompressing, let file = unsafe file else { return byteCount }
    return UInt64(max(0, unsafe gzoffset(file)))
  }

  /// Hands over what is buffered, so that whoever reads the file now, or after this process was killed, finds it.
  ///
  /// Costs compression: call it once a second, not once an event.
  public mutating func flush() throws(CaptureFileError) {
    guard let file = unsafe file else { return }
    guard unsafe gzflush(file, Z_SYNC_FLUSH) == Z_OK else {
      throw CaptureFileError(.cannotWrite(errno: errno), at: byteCount)
    }
  }

  /// Writes what is buffered and closes the file. Errors of a full disk may come only now.
  public mutating func finish() throws(CaptureFileError) {
    guard let file = unsafe file else { return }
    unsafe self.file = nil
    let result = unsafe gzclose_w(file)
    guard result == Z_OK else { throw CaptureFileError(.cannotWrite(errno: errno), at: byteCount) }
  }

  private mutating func writeEvent(
    _ isLarge: Bool, _ flags: UInt32, _ cpu: UInt16, _ record: RawSpan
  ) throws(CaptureFileError) {
    let body = 2 + (flags == 0 ? 0 : 4) + record.byteCount
    try writeFrame((isLarge ? 0x221 : 0x216) + (flags == 0 ? 0 : 1), body)
    try write(cpu)
    if flags != 0 { try write(flags) }
    try write(record)
    try writeTrailer(body)
  }

  private mutating func writeBlock(_ type: UInt32, _ body: [UInt8]) throws(CaptureFileError) {
    try writeFrame(type, body.count)
    unsafe try write(body.span.bytes)
    try writeTrailer(body.count)
  }

  private mutating func writeFrame(_ type: UInt32, _ bodyLength: Int) throws(CaptureFileError) {
    try write(type)
    try write(Self.blockLength(bodyLength))
  }

  private mutating func writeTrailer(_ bodyLength: Int) throws(CaptureFileError) {
    for _ in 0..<(-bodyLength & 3) { try write(UInt8(0)) }
    try write(Self.blockLength(bodyLength))
  }

  private static func blockLength(_ bodyLength: Int) -> UInt32 { UInt32(12 + (bodyLength + 3) & ~3) }

  private mutating func write<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) throws(CaptureFileError) {
    var value = value
    let written = unsafe withUnsafeBytes(of: &value) { unsafe gzwrite(file, $0.baseAddress, UInt32($0.count)) }
    try count(Int(written), of: MemoryLayout<T>.size)
  }

  private mutating func write(_ bytes: RawSpan) throws(CaptureFileError) {
    if bytes.byteCount == 0 { return }
    let written = unsafe bytes.withUnsafeBytes { unsafe gzwrite(file, $0.baseAddress, UInt32($0.count)) }
    try count(Int(written), of: bytes.byteCount)
  }

  private mutating func count(_ written: Int, of size: Int) throws(CaptureFileError) {
    guard written == size else { throw CaptureFileError(.cannotWrite(errno: errno), at: byteCount) }
    byteCount += UInt64(size)
  }
}
