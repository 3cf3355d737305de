internal import CaptureFile
internal import EventSchema
internal import JSONText
internal import SystemState

/// The last event of each container that told what it is, for the head of a file that begins later.
///
/// Containers have no list of their own before the events of a capture file: readers know them from such events.
struct ContainerEvents {
  /// Records in the order in which they came.
  private var records: [(id: String, record: [UInt8])] = []
  private var bytes = 0
  /// The oldest go first beyond it.
  private static let limit = 8 << 20
  private static let longest = 1 << 20

  /// Keeps an event if it is one of a container.
  mutating func take(_ event: borrowing EventView) {
    guard event.type == .asyncevent, event.record.byteCount <= Self.longest else { return }
    let name = unsafe event.text(1).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    guard name == "container",
      let json = try? JSONValue(parsing: event.text(2)), let metadata = ContainerMetadata(eventPayload: json)
    else { return }
    remove { $0 == metadata.id }
    let record = unsafe event.record.withUnsafeBytes { unsafe Array($0) }
    records.append((metadata.id, record))
    bytes += record.count
    while bytes > Self.limit { bytes -= records.removeFirst().record.count }
  }

  private mutating func remove(_ isGone: (String) -> Bool) {
    records.removeAll { entry in
      guard isGone(entry.id) else { return false }
      bytes -= entry.record.count
      return true
    }
  }

  /// The records of the containers that a state has, as of a time.
  mutating func records(of state: borrowing SystemState, at time: UInt64) -> [[UInt8]] {
    var current: [[UInt8]] = []
    for entry in records where state.findContainer(entry.id) != Slot.none {
      var record = entry.record
      for index in 0..<8 { record[index] = UInt8(truncatingIfNeeded: time >> (8 * UInt64(index))) }
      current.append(record)
    }
    return current
  }
}

extension CaptureFileWriter {
  /// Appends records that readers are to apply and not to show.
  mutating func append(forState records: [[UInt8]]) throws(CaptureFileError) {
    for record in records {
      // They decoded when they were kept.
      guard let event = try? EventView(validating: unsafe record.span.bytes) else { continue }
      try append(event, forState: true)
    }
  }
}
