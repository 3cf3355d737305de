import Capture
import EventSchema
import Testing

@Suite struct RingTests {
  @Test func recordsComeWithTheirCPU() throws {
    let ring = FakeRing()
    // The windows point into the rings.
    defer { withExtendedLifetime(ring) {} }
    ring.write(record(at: 10), cpu: 3)
    ring.write(record(at: 11), cpu: 200)
    var lanes = [ring.window]
    var batch = EventBatch(lanes.mutableSpan)
    #expect(try batch.next()?.cpu == 3)
    #expect(try batch.next()?.cpu == 200)
    #expect(try batch.next()?.cpu == nil)
  }

  @Test func theReaderEndsWhereTheProducerStands() {
    let ring = FakeRing()
    // The windows point into the rings.
    defer { withExtendedLifetime(ring) {} }
    ring.write(record(at: 10))
    ring.write(record(at: 11))
    var lanes = [ring.window]
    #expect(drain(EventBatch(lanes.mutableSpan)).seen == [Seen(10, 1), Seen(11, 1)])
    // 8 header, 8 ours, 26 record: 42, rounded up to 48, twice.
    #expect(lanes[0].position == 96)
    #expect(lanes[0].position == ring.produced)
    #expect(lanes[0].takenCount == 2)
  }

  @Test func aRecordInTheMakingEndsTheLaneForNow() {
    let ring = FakeRing()
    // The windows point into the rings.
    defer { withExtendedLifetime(ring) {} }
    ring.write(record(at: 10))
    ring.write(record(at: 11), .busy)
    ring.write(record(at: 12))
    var lanes = [ring.window]
    #expect(drain(EventBatch(lanes.mutableSpan)).seen == [Seen(10, 1)])
    #expect(lanes[0].position == 48, "the busy record and what is behind it stay")
  }

  @Test func aFrameThatLeavesWhatWasProducedEndsItsLane() {
    let ring = FakeRing()
    ring.write(record(at: 10))
    ring.write(record(at: 11))
    ring.setLength(3000, at: 48)
    var lanes = [ring.window]
    let result = drain(EventBatch(lanes.mutableSpan))
    #expect(result.seen.map(\.time) == [10])
    #expect(result.errors.count == 1)
    #expect(lanes[0].malformedCount == 1)
    #expect(lanes[0].position == ring.produced, "the next record begins behind all of it")
  }

  @Test func discardedRecordsAreSteppedOver() {
    let ring = FakeRing()
    // The windows point into the rings.
    defer { withExtendedLifetime(ring) {} }
    ring.write(record(at: 9), .discarded)
    ring.write(record(at: 10))
    ring.write(sample: [1, 2, 3], .discarded)
    ring.write(record(at: 11))
    ring.write(record(at: 12), .discarded)
    var lanes = [ring.window]
    let result = drain(EventBatch(lanes.mutableSpan))
    #expect(result.seen == [Seen(10, 1), Seen(11, 1)])
    #expect(result.errors.isEmpty)
    #expect(lanes[0].position == ring.produced, "their space is given back too")
    #expect(lanes[0].takenCount == 2)
  }

  @Test func aRecordThatWrapsIsReadWhole() {
    let ring = FakeRing(size: 4096, startingAt: 4096 * 7 - 24)
    // The windows point into the rings.
    defer { withExtendedLifetime(ring) {} }
    var builder = EventBuilder(.openat, timestamp: 77, threadID: 5)
    builder.append(Int64(3))
    builder.append(text: "/a/name/long/enough/to/lie/on/both/sides")
    ring.write(builder.finish(), cpu: 1)
    ring.write(record(at: 78))
    var lanes = [ring.window]
    #expect(drain(EventBatch(lanes.mutableSpan)).seen == [Seen(77, 5), Seen(78, 1)])
    #expect(lanes[0].position == ring.produced)
  }

  @Test func samplesThatHoldNoRecordAreCountedAndSkipped() {
    let ring = FakeRing()
    // The windows point into the rings.
    defer { withExtendedLifetime(ring) {} }
    ring.write(sample: [])
    ring.write(sample: [1, 2, 3, 4])
    ring.write(sample: [UInt8](repeating: 0, count: 8 + 25))
    ring.write(Array(record(at: 9).dropLast()) + [1, 2])
    ring.write(record(at: 10))
    var lanes = [ring.window]
    let result = drain(EventBatch(lanes.mutableSpan))
    #expect(result.seen == [Seen(10, 1)])
    #expect(
      result.errors == [
        .tooShort(length: 0, needed: 26), .tooShort(length: 0, needed: 26), .tooShort(length: 25, needed: 26),
        .wrongLength(claimed: 26, length: 27),
      ])
    #expect(lanes[0].malformedCount == 4)
    #expect(lanes[0].takenCount == 5)
  }

  @Test func theOldestTimeIsThatOfTheNextCompleteRecord() {
    let ring = FakeRing()
    // The windows point into the rings.
    defer { withExtendedLifetime(ring) {} }
    var empty = ring.window
    #expect(empty.oldestTimestamp() == .max)
    ring.write(record(at: 5), .discarded)
    ring.write(record(at: 6))
    var window = ring.window
    #expect(window.oldestTimestamp() == 6)
    #expect(window.position == 48)
  }
}
