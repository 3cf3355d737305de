internal import Capture
internal import EventSchema

/// Some records one behind the other, as many as fit: what the event loop fills and another thread reads.
///
/// Layout: that of ``LaneWindow/Framing/originated``. Written by one thread until it is handed on, and never after that.
@safe final class RecordBlock: @unchecked Sendable {
  private let bytes: UnsafeMutableRawBufferPointer
  private(set) var filled = 0
  private(set) var count = 0
  /// The last record's time.
  private(set) var lastTime: UInt64 = 0

  static let size = 256 << 10

  /// - Parameter needed: Room for the first record, which may be larger than a block.
  init(holding needed: Int) { unsafe bytes = .allocate(byteCount: max(Self.size, needed), alignment: 8) }
  deinit { unsafe bytes.deallocate() }

  var capacity: Int { unsafe bytes.count }
  static func room(for record: RawSpan) -> Int { 8 + record.byteCount }
  func hasRoom(_ needed: Int) -> Bool { unsafe filled + needed <= bytes.count }

  /// Forgets the records, for the memory to be used again.
  func removeAll() {
    filled = 0
    count = 0
  }

  /// There must be room.
  func append(_ event: borrowing EventView) {
    let record = event.record
    precondition(hasRoom(Self.room(for: record)))
    let place = unsafe bytes.baseAddress! + filled
    let origin = UInt32(event.cpu) | (event.isStateOnly ? UInt32(EventOrigin.stateOnly) : 0)
    unsafe place.storeBytes(of: origin, as: UInt32.self)
    unsafe place.storeBytes(of: UInt32(record.byteCount), toByteOffset: 4, as: UInt32.self)
    unsafe record.withUnsafeBytes { unsafe (place + 8).copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    filled += Self.room(for: record)
    count += 1
    lastTime = event.timestamp
  }

  /// The records, for a batch. Good as long as the block.
  var window: LaneWindow { unsafe LaneWindow(originated: UnsafeRawPointer(bytes.baseAddress!), count: filled) }
}
