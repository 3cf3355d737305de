import Capture
import EventSchema

/// A record of 26 bytes with nothing but its time and thread.
func record(at time: UInt64, thread: UInt64 = 1) -> [UInt8] {
  EventBuilder(.procexit, timestamp: time, threadID: thread).finish()
}

/// What a batch lent, by time and thread.
struct Seen: Equatable {
  var time: UInt64
  var thread: UInt64
  init(_ time: UInt64, _ thread: UInt64) {
    self.time = time
    self.thread = thread
  }
}

/// Takes everything from a batch; records that do not decode are counted.
func drain(_ batch: consuming EventBatch) -> (seen: [Seen], errors: [RecordError]) {
  var batch = batch
  var seen: [Seen] = []
  var errors: [RecordError] = []
  while true {
    do throws(RecordError) {
      guard let event = try batch.next() else { return (seen, errors) }
      seen.append(Seen(event.timestamp, event.threadID))
    } catch {
      errors.append(error)
    }
  }
}

/// A ring as the kernel lays it out: data pages, and their mapping a second time behind them.
///
/// Written here from the description in kernel/bpf/ringbuf.c: an 8-byte header with the length and the busy (bit 31)
/// and discard (bit 30) bits, the sample, all rounded up to 8 bytes.
final class FakeRing {
  let size: Int
  private let memory: UnsafeMutableRawPointer
  private(set) var produced: UInt64
  let consumed: UInt64

  /// - Parameter start: Where producer and consumer stand at first.
  init(size: Int = 4096, startingAt start: UInt64 = 0) {
    self.size = size
    memory = .allocate(byteCount: 2 * size, alignment: 4096)
    memory.initializeMemory(as: UInt8.self, repeating: 0xaa, count: 2 * size)
    produced = start
    consumed = start
  }

  deinit { memory.deallocate() }

  enum Fate { case committed, busy, discarded }

  /// Writes a sample: our own 8 bytes with the CPU, then the record.
  func write(_ record: [UInt8], cpu: UInt16 = 0, _ fate: Fate = .committed) {
    let cpuBytes = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(cpu) >> UInt64(8 * $0)) }
    write(sample: cpuBytes + record, fate)
  }

  func write(sample: [UInt8], _ fate: Fate = .committed) {
    var header = UInt32(sample.count)
    if fate == .busy { header |= 1 << 31 }
    if fate == .discarded { header |= 1 << 30 }
    let head = (0..<8).map { $0 < 4 ? UInt8(truncatingIfNeeded: header >> UInt32(8 * $0)) : 0 }
    for (offset, byte) in (head + sample).enumerated() {
      let at = Int((produced + UInt64(offset)) % UInt64(size))
      memory.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
      memory.storeBytes(of: byte, toByteOffset: at + size, as: UInt8.self)
    }
    produced += UInt64((8 + sample.count + 7) / 8 * 8)
  }

  /// Damages the header of a frame.
  func setLength(_ length: UInt32, at offset: Int) { memory.storeBytes(of: length, toByteOffset: offset, as: UInt32.self) }

  var window: LaneWindow { LaneWindow(bpfRing: memory, size: size, consumed: consumed, produced: produced) }
}
