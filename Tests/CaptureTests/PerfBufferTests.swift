import Capture
import EventSchema
import Testing

/// A perf buffer as the kernel lays it out, mapped once.
///
/// Written here from include/uapi/linux/perf_event.h: a header with the record's type (32 bits), flags and size (16 bits
/// each); a raw sample then has its length in 32 bits and its bytes, padded so that the record is a multiple of 8.
private final class FakePerfBuffer {
  let size: Int
  private let memory: UnsafeMutableRawPointer
  private let bounce = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 8)
  private(set) var produced: UInt64
  let consumed: UInt64

  init(size: Int = 4096, startingAt start: UInt64 = 0) {
    self.size = size
    memory = .allocate(byteCount: size, alignment: 4096)
    memory.initializeMemory(as: UInt8.self, repeating: 0xaa, count: size)
    produced = start
    consumed = start
  }

  deinit {
    memory.deallocate()
    bounce.deallocate()
  }

  /// A sample as the programs make it: the CPU in 8 bytes, then the record.
  func write(_ record: [UInt8], cpu: UInt32 = 0) { write(sample: bytes(of: UInt64(cpu)) + record) }

  func write(sample: [UInt8]) {
    let length = (sample.count + 4 + 7) / 8 * 8 - 4
    let padding = [UInt8](repeating: 0xbb, count: length - sample.count)
    write(type: 9, body: bytes(of: UInt32(length)) + sample + padding)
  }

  func writeLost(_ count: UInt64) { write(type: 2, body: bytes(of: UInt64(77)) + bytes(of: count)) }

  /// - Parameter size: What the header says, if not the truth.
  func write(type: UInt32, body: [UInt8], size claimed: UInt16? = nil) {
    let header = bytes(of: type) + bytes(of: UInt16(0)) + bytes(of: claimed ?? UInt16(8 + body.count))
    for byte in header + body {
      memory.storeBytes(of: byte, toByteOffset: Int(produced % UInt64(size)), as: UInt8.self)
      produced += 1
    }
  }

  var window: LaneWindow {
    LaneWindow(perf: memory, size: size, consumed: consumed, produced: produced, bounce: bounce)
  }

  private func bytes<T: FixedWidthInteger>(of value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
}

@Suite struct PerfBufferTests {
  @Test func recordsComeWithTheirCPU() throws {
    let buffer = FakePerfBuffer()
    defer { withExtendedLifetime(buffer) {} }
    buffer.write(record(at: 10), cpu: 3)
    buffer.write(record(at: 11), cpu: 200)
    var lanes = [buffer.window]
    do {
      var batch = EventBatch(lanes.mutableSpan)
      #expect(try batch.next()?.cpu == 3)
      #expect(try batch.next()?.cpu == 200)
      #expect(try batch.next()?.cpu == nil)
    }
    // 8 header, 4 length, 8 ours, 26 record: 46, rounded up to 48, twice.
    #expect(lanes[0].position == 96)
    #expect(lanes[0].takenCount == 2)
    #expect(lanes[0].malformedCount == 0)
  }

  /// Wherever the end of the memory cuts the record: in its header, its time, its lengths, its values.
  @Test func aRecordThatWrapsIsReadWhole() throws {
    var builder = EventBuilder(.openat, timestamp: 0x1122_3344_5566_7788, threadID: 5)
    builder.append(Int64(3))
    builder.append(Int64(-100))
    builder.append(text: "/a/name/long/enough/to/lie/on/both/sides/of/the/end")
    let long = builder.finish()
    for before in stride(from: 0, through: 136, by: 8) {
      let buffer = FakePerfBuffer(startingAt: 4096 * 7 - UInt64(before))
      defer { withExtendedLifetime(buffer) {} }
      buffer.write(long, cpu: 1)
      buffer.write(record(at: 0x1122_3344_5566_7789))
      var lanes = [buffer.window]
      #expect(lanes[0].oldestTimestamp() == 0x1122_3344_5566_7788)
      do {
        var batch = EventBatch(lanes.mutableSpan)
        let event = try batch.next()!
        let bytes = event.record
        #expect((0..<bytes.byteCount).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) } == long, "\(before) before")
        #expect(event.cpu == 1)
      }
      #expect(drain(EventBatch(lanes.mutableSpan)).seen == [Seen(0x1122_3344_5566_7789, 1)])
      #expect(lanes[0].position == buffer.produced)
    }
  }

  @Test func lostRecordsAreCountedOnceAndSteppedOver() {
    let buffer = FakePerfBuffer()
    defer { withExtendedLifetime(buffer) {} }
    buffer.writeLost(5)
    buffer.write(record(at: 10))
    buffer.writeLost(1 << 33)
    buffer.write(record(at: 11))
    var lanes = [buffer.window]
    #expect(lanes[0].oldestTimestamp() == 10)
    #expect(lanes[0].oldestTimestamp() == 10, "asking again counts nothing")
    #expect(drain(EventBatch(lanes.mutableSpan)).seen == [Seen(10, 1), Seen(11, 1)])
    #expect(lanes[0].reportedLostCount == 5 + 1 << 33)
    #expect(lanes[0].takenCount == 2)
  }

  @Test func recordsOfOtherTypesAreSteppedOver() {
    let buffer = FakePerfBuffer()
    defer { withExtendedLifetime(buffer) {} }
    buffer.write(type: 5, body: [UInt8](repeating: 0, count: 24))
    buffer.write(record(at: 10))
    buffer.write(type: 6, body: [UInt8](repeating: 0, count: 24))
    var lanes = [buffer.window]
    let result = drain(EventBatch(lanes.mutableSpan))
    #expect(result.seen == [Seen(10, 1)])
    #expect(result.errors.isEmpty)
    #expect(lanes[0].position == buffer.produced, "their space is given back too")
    #expect(lanes[0].reportedLostCount == 0)
  }

  @Test func samplesThatHoldNoRecordAreCountedAndSkipped() {
    let buffer = FakePerfBuffer()
    defer { withExtendedLifetime(buffer) {} }
    buffer.write(sample: [1, 2, 3, 4])
    // Says that it is longer than its frame, by more than padding.
    buffer.write(sample: [UInt8](repeating: 0xff, count: 60))
    // A length of the sample that leads out of its perf record.
    buffer.write(type: 9, body: [0xff, 0xff, 0, 0] + [UInt8](repeating: 0, count: 44))
    buffer.write(record(at: 10))
    var lanes = [buffer.window]
    let result = drain(EventBatch(lanes.mutableSpan))
    #expect(result.seen == [Seen(10, 1)])
    #expect(result.errors.count == 3)
    #expect(lanes[0].malformedCount == 3)
    #expect(lanes[0].takenCount == 4)
  }

  @Test(arguments: [0, 7, 4000] as [UInt16])
  func aRecordSizeThatCannotBeEndsTheBuffer(size: UInt16) {
    let buffer = FakePerfBuffer()
    defer { withExtendedLifetime(buffer) {} }
    buffer.write(record(at: 10))
    buffer.write(type: 9, body: [UInt8](repeating: 0, count: 40), size: size)
    buffer.write(record(at: 11))
    var lanes = [buffer.window]
    let result = drain(EventBatch(lanes.mutableSpan))
    #expect(result.seen == [Seen(10, 1)])
    #expect(result.errors == [.tooShort(length: 0, needed: 26)])
    #expect(lanes[0].position == buffer.produced)
  }

  @Test func aRecordOfAnyLengthComesWithoutItsPadding() throws {
    for extra in 0..<16 {
      let buffer = FakePerfBuffer()
      defer { withExtendedLifetime(buffer) {} }
      var builder = EventBuilder(.openat, timestamp: 9, threadID: 1)
      builder.append(Int64(3))
      builder.append(Int64(-100))
      builder.append(text: String(repeating: "x", count: extra))
      let record = builder.finish()
      buffer.write(record)
      var lanes = [buffer.window]
      var batch = EventBatch(lanes.mutableSpan)
      #expect(try batch.next()?.record.byteCount == record.count)
    }
  }
}
