internal import Capture
internal import CCaptureFormat
internal import EventSchema

/// The events of one batch in today's form, in the memory that the batch lends.
@safe struct CurrentEvents: ~Copyable {
  private var converter = EventConverter()
  private var buffer: UnsafeMutableRawBufferPointer
  private(set) var filled = 0
  private(set) var unknown: UInt64 = 0
  private(set) var dropped: UInt64 = 0

  /// A batch is full from here on.
  static let batchBytes = 512 << 10

  init() { unsafe buffer = .allocate(byteCount: Self.batchBytes + (128 << 10), alignment: 8) }
  deinit { unsafe buffer.deallocate() }

  var window: LaneWindow { unsafe LaneWindow(originated: UnsafeRawPointer(buffer.baseAddress!), count: filled) }

  mutating func removeAll() { filled = 0 }

  /// Forgets the entries that wait for their exits: another capture begins.
  mutating func beginSection() { converter = EventConverter() }

  /// - Parameter rest: The record, and the block's padding behind it.
  mutating func take(_ rest: RawSpan, _ origin: UInt16, at offset: UInt64) throws(CaptureFileError) {
    let length = unsafe rest.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt32.self)
    let type = unsafe rest.unsafeLoadUnaligned(fromByteOffset: 20, as: UInt16.self)
    guard length >= 26, length <= rest.byteCount else {
      throw CaptureFileError(.badEventLength(type: type, length: length, available: rest.byteCount), at: offset)
    }
    let record = rest.extracting(0..<Int(length))
    guard unsafe wh_past_event(type) != nil || Self.isOurs(type) else {
      unknown += 1
      return
    }
    do throws(RecordError) {
      _ = try EventView(validating: record)
    } catch {
      let count = unsafe record.unsafeLoadUnaligned(fromByteOffset: 22, as: UInt32.self)
      throw CaptureFileError(.badParameters(type: type, count: count), at: offset)
    }
    switch try converter.convert(record, at: offset) {
    // Unknown to the format's tables: a code of our own, which is younger than they are.
    case .unchanged, .unknown: append(record, origin)
    case .converted(let bytes): unsafe append(bytes.span.bytes, origin)
    case .dropped: dropped += 1
    }
  }

  private static func isOurs(_ type: UInt16) -> Bool {
    EventType(rawValue: type).map { Schema.event($0) != nil } ?? false
  }

  private mutating func append(_ record: RawSpan, _ origin: UInt16) {
    let needed = filled + 8 + record.byteCount
    if unsafe needed > buffer.count {
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: needed, alignment: 8)
      unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[0..<filled]))
      unsafe buffer.deallocate()
      unsafe buffer = larger
    }
    let place = unsafe buffer.baseAddress! + filled
    unsafe place.storeBytes(of: UInt32(origin), as: UInt32.self)
    unsafe place.storeBytes(of: UInt32(record.byteCount), toByteOffset: 4, as: UInt32.self)
    unsafe record.withUnsafeBytes { bytes in
      unsafe (place + 8).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    }
    filled = needed
  }
}
