import Capture
import EventSchema
import Testing

/// Rings with a record at each of the given times; the thread is the lane's number.
private func rings(_ times: [UInt64]...) -> [FakeRing] {
  times.enumerated().map { lane, times in
    let ring = FakeRing(size: 1 << 16)
    for time in times { ring.write(record(at: time, thread: UInt64(lane))) }
    return ring
  }
}

@Suite struct BatchTests {
  @Test func lanesAreMergedByTime() {
    let rings = rings([1, 4, 5, 9], [2, 3, 8], [6, 7])
    // The windows point into the rings.
    defer { withExtendedLifetime(rings) {} }
    var lanes = rings.map(\.window)
    let seen = drain(EventBatch(lanes.mutableSpan)).seen
    #expect(seen.map(\.time) == [1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(seen.map(\.thread) == [0, 1, 1, 0, 0, 2, 2, 1, 0])
  }

  @Test func insideALaneTheOrderStays() {
    // The second event of lane 0 claims an earlier time than the first.
    let rings = rings([5, 3, 6], [4])
    // The windows point into the rings.
    defer { withExtendedLifetime(rings) {} }
    var lanes = rings.map(\.window)
    let seen = drain(EventBatch(lanes.mutableSpan)).seen
    #expect(seen.filter { $0.thread == 0 }.map(\.time) == [5, 3, 6])
    #expect(seen.count == 4)
  }

  @Test func nothingIsLostAmongManyLanes() {
    var times = [[UInt64]](repeating: [], count: 7)
    var state: UInt64 = 1
    for time in 0..<700 {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      times[Int(state >> 33) % 7].append(UInt64(time))
    }
    let rings = times.enumerated().map { lane, times in
      let ring = FakeRing(size: 1 << 16)
      for time in times { ring.write(record(at: time, thread: UInt64(lane))) }
      return ring
    }
    // The windows point into the rings.
    defer { withExtendedLifetime(rings) {} }
    var lanes = rings.map(\.window)
    #expect(drain(EventBatch(lanes.mutableSpan)).seen.map(\.time) == Array(0..<700))
  }

  /// As many lanes as large machines have CPUs, with equal times, and lanes that begin late.
  @Test(arguments: [1, 2, 3, 16, 17, 63, 64, 200]) func manyLanesAreMergedAsASortWould(_ count: Int) {
    var events: [(time: UInt64, lane: Int)] = []
    var state = UInt64(count)
    for time in 0..<2000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      events.append((UInt64(time / 3), Int(state >> 33) % count * time / 2000))
    }
    events.sort { ($0.time, $0.lane) < ($1.time, $1.lane) }
    let rings = (0..<count).map { lane in
      let ring = FakeRing(size: 1 << 17)
      for event in events where event.lane == lane { ring.write(record(at: event.time, thread: UInt64(lane))) }
      return ring
    }
    // The windows point into the rings.
    defer { withExtendedLifetime(rings) {} }
    var lanes = rings.map(\.window)
    // In two parts: what lies behind the horizon comes in the same order.
    let seen = drain(EventBatch(lanes.mutableSpan, horizon: 300)).seen
    #expect(seen.allSatisfy { $0.time < 300 })
    let all = seen + drain(EventBatch(lanes.mutableSpan)).seen
    #expect(all.map(\.time) == events.map(\.time))
    // Of equal times any lane may come first.
    for lane in 0..<count {
      let ofLane = all.filter { $0.thread == UInt64(lane) }.map(\.time)
      #expect(ofLane == events.filter { $0.lane == lane }.map(\.time))
    }
  }

  @Test func eventsFromTheHorizonOnStayForTheNextBatch() {
    let rings = rings([1, 10, 12], [5, 11])
    // The windows point into the rings.
    defer { withExtendedLifetime(rings) {} }
    var lanes = rings.map(\.window)
    #expect(drain(EventBatch(lanes.mutableSpan, horizon: 10)).seen.map(\.time) == [1, 5])
    #expect(drain(EventBatch(lanes.mutableSpan, horizon: 12)).seen.map(\.time) == [10, 11])
    #expect(drain(EventBatch(lanes.mutableSpan)).seen.map(\.time) == [12])
  }

  @Test func whatABatchDidNotGiveComesAgain() throws {
    let rings = rings([1, 3], [2, 4])
    // The windows point into the rings.
    defer { withExtendedLifetime(rings) {} }
    var lanes = rings.map(\.window)
    do {
      var batch = EventBatch(lanes.mutableSpan)
      #expect(try batch.next()?.timestamp == 1)
    }
    #expect(drain(EventBatch(lanes.mutableSpan)).seen.map(\.time) == [2, 3, 4])
  }

  @Test func aDamagedRecordDoesNotHideTheOnesBehindIt() {
    let ring = FakeRing()
    // The windows point into the rings.
    defer { withExtendedLifetime(ring) {} }
    var damaged = record(at: 2)
    damaged[22] = 200
    ring.write(record(at: 1))
    ring.write(damaged)
    ring.write(record(at: 3))
    var lanes = [ring.window]
    let result = drain(EventBatch(lanes.mutableSpan))
    #expect(result.seen.map(\.time) == [1, 3])
    #expect(result.errors == [.tooManyParameters(200)])
    #expect(lanes[0].malformedCount == 1)
  }

  @Test func noLanesGiveNoEvents() {
    var lanes: [LaneWindow] = []
    #expect(drain(EventBatch(lanes.mutableSpan)).seen.isEmpty)
  }
}

@Suite struct InMemorySourceTests {
  @Test func recordsAreLentOnceAndThenTheSourceIsSpent() throws {
    var source = InMemorySource([record(at: 1), record(at: 2, thread: 9)])
    #expect(drain(try source.nextBatch(waitingUpTo: .zero)).seen == [Seen(1, 1), Seen(2, 9)])
    do {
      _ = try source.nextBatch(waitingUpTo: .zero)
      Issue.record("a spent source gave another batch")
    } catch {
      #expect(error == .endOfStream)
    }
    #expect(try source.statistics().seen == 2)
    #expect(try source.statistics().lost.total == 0)
  }

  @Test func whatTheReaderLeavesComesAgain() throws {
    var source = InMemorySource([record(at: 1), record(at: 2), record(at: 3)])
    do {
      var batch = try source.nextBatch(waitingUpTo: .zero)
      #expect(try batch.next()?.timestamp == 1)
    }
    #expect(drain(try source.nextBatch(waitingUpTo: .zero)).seen.map(\.time) == [2, 3])
  }

  @Test func anEmptySourceIsSpentAtOnce() {
    var source = InMemorySource([])
    do {
      _ = try source.nextBatch(waitingUpTo: .zero)
      Issue.record("an empty source gave a batch")
    } catch {
      #expect(error == .endOfStream)
    }
  }

  @Test func damagedRecordsAreCountedUnderOneReason() throws {
    var damaged = record(at: 2)
    damaged[22] = 33
    var source = InMemorySource([record(at: 1), damaged, record(at: 3)])
    let result = drain(try source.nextBatch(waitingUpTo: .zero))
    #expect(result.seen.map(\.time) == [1, 3])
    let statistics = try source.statistics()
    #expect(statistics.seen == 2)
    #expect(statistics.lost.malformed == 1)
    #expect(statistics.lost.total == 1)
  }

  @Test(arguments: [1, 10, 25])
  func aTailTooShortForAHeaderIsReported(bytes: Int) throws {
    var source = InMemorySource([record(at: 1), Array(record(at: 2).prefix(bytes))])
    let result = drain(try source.nextBatch(waitingUpTo: .zero))
    #expect(result.seen == [Seen(1, 1)])
    #expect(result.errors == [.tooShort(length: bytes, needed: 26)])
  }

  @Test func aRecordThatClaimsMoreThanThereIsEndsTheSource() throws {
    var long = record(at: 2)
    long[17] = 1
    var source = InMemorySource([record(at: 1), long])
    let result = drain(try source.nextBatch(waitingUpTo: .zero))
    #expect(result.seen == [Seen(1, 1)])
    #expect(result.errors == [.wrongLength(claimed: 282, length: 26)])
  }

  @Test func anEventAtTheEndOfTimeIsStillLent() throws {
    var source = InMemorySource([record(at: .max), record(at: 5)])
    #expect(drain(try source.nextBatch(waitingUpTo: .zero)).seen.map(\.time) == [.max, 5])
  }
}

@Suite struct CaptureTextTests {
  @Test func everyReasonOfALossIsPartOfTheTotal() {
    var lost = LossCounts()
    lost.ringFull = 1
    lost.tooLarge = 2
    lost.pageFault = 4
    lost.recursion = 8
    lost.programMissing = 16
    lost.malformed = 32
    #expect(lost.total == 63)
    #expect(Set(lost.byReason.map(\.reason)).count == 6)
  }

  @Test func errorsNameTheirValues() {
    #expect("\(CaptureError.system(errno: 1, during: "bpf"))" == "bpf: Operation not permitted")
    #expect("\(CaptureError.notBuilt(.kmod))".contains("kmod"))
    #expect("\(CaptureError.notLoaded([.openat, .execve]))".hasSuffix("openat, execve"))
  }

  @Test func anInterestInNothingIsEmpty() {
    #expect(Interest.none.isEmpty)
    #expect(!Interest.everything.isEmpty)
    #expect(Interest.everything.events.contains(.openat))
  }
}
