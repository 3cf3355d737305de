import Capture
import CaptureTesting
import DriverSelection
import EventSchema
import Testing

/// A driver whose kernel side dies after it has lent its events.
private struct FaultyDriver: CaptureDriver, ~Copyable {
  static var kind: DriverKind { .ebpf }
  static func assess(_ host: borrowing HostFacts) -> DriverSupport { .supported }

  private var source = InMemorySource([Event.read(1, at: 1, fd: 0), Event.read(1, at: 2, fd: 0)])
  init(opening options: CaptureOptions) throws(CaptureError) {}
  mutating func capture(_ interest: Interest) throws(CaptureError) {}

  @_lifetime(&self)
  mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    do throws(CaptureError) { return try source.nextBatch(waitingUpTo: limit) } catch {
      throw .system(errno: 19, during: "read the device")
    }
  }
  /// As if one event of it had found no room.
  borrowing func statistics() throws(CaptureError) -> CaptureStatistics {
    var statistics = try source.statistics()
    statistics.lost.ringFull = 1
    return statistics
  }
}

/// One that works until it is spent.
private struct SteadyDriver: CaptureDriver, ~Copyable {
  static var kind: DriverKind { .kmod }
  static func assess(_ host: borrowing HostFacts) -> DriverSupport { .supported }

  private var source = InMemorySource([Event.read(1, at: 3, fd: 0)])
  init(opening options: CaptureOptions) throws(CaptureError) {}
  mutating func capture(_ interest: Interest) throws(CaptureError) {}

  @_lifetime(&self)
  mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    try source.nextBatch(waitingUpTo: limit)
  }
  borrowing func statistics() throws(CaptureError) -> CaptureStatistics { try source.statistics() }
}

/// One that opens and cannot capture.
private struct RefusingDriver: CaptureDriver, ~Copyable {
  static var kind: DriverKind { .modernEBPF }
  static func assess(_ host: borrowing HostFacts) -> DriverSupport { .supported }
  init(opening options: CaptureOptions) throws(CaptureError) {}
  mutating func capture(_ interest: Interest) throws(CaptureError) { throw .notLoaded([.read]) }
  @_lifetime(&self)
  mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch { throw .endOfStream }
  borrowing func statistics() throws(CaptureError) -> CaptureStatistics { CaptureStatistics() }
}

@Suite struct FailoverTests {
  /// Reads to the end of the source and recovers whenever it can.
  private func timestamps(_ capture: inout FailoverCapture, _ gaps: inout [CaptureGap]) throws -> [UInt64] {
    var seen: [UInt64] = []
    while true {
      do { try read(&capture, into: &seen) } catch let error as CaptureError {
        if error == .endOfStream { return seen }
        gaps.append(try capture.recover(from: error))
      }
    }
  }

  private func read(_ capture: inout FailoverCapture, into seen: inout [UInt64]) throws {
    var batch = try capture.nextBatch(waitingUpTo: .zero)
    while let event = try batch.next() { seen.append(event.timestamp) }
  }

  @Test func aDriverThatDiesTwiceInAMinuteIsReplacedByTheNext() throws {
    var capture = try FailoverCapture(capturing: .everything) { excluded throws(SelectionError) in
      do throws(CaptureError) {
        if !excluded.contains(.ebpf) { return try FaultyDriver(opening: CaptureOptions()) }
        return try SteadyDriver(opening: CaptureOptions())
      } catch { throw .noneUsable([]) }
    }
    let first = capture.kind
    #expect(first == .ebpf)
    var gaps: [CaptureGap] = []
    let seen = try timestamps(&capture, &gaps)
    #expect(seen == [1, 2, 1, 2, 3])
    #expect(gaps.map(\.from) == [.ebpf, .ebpf] && gaps.map(\.to) == [.ebpf, .kmod])
    #expect(gaps.allSatisfy { $0.reason == .system(errno: 19, during: "read the device") })
    let (kind, count, nanoseconds) = (capture.kind, capture.gapCount, capture.gapNanoseconds)
    #expect(kind == .kmod && count == 2)
    #expect(nanoseconds == gaps.reduce(0) { $0 + $1.nanoseconds })
    let statistics = try capture.statistics()
    #expect(statistics.seen == 5, "the counts of all three drivers")
    #expect(statistics.lost.ringFull == 2)
  }

  @Test func withoutAnotherDriverTheSameOneGetsTenChances() throws {
    var capture = try FailoverCapture(capturing: .everything) { excluded throws(SelectionError) in
      guard !excluded.contains(.ebpf) else { throw .noneUsable([]) }
      do throws(CaptureError) { return try FaultyDriver(opening: CaptureOptions()) } catch { throw .noneUsable([]) }
    }
    var gaps: [CaptureGap] = []
    var ending: CaptureError?
    do { _ = try timestamps(&capture, &gaps) } catch let error as CaptureError { ending = error }
    #expect(ending == .system(errno: 19, during: "read the device"))
    #expect(gaps.count == 9)
    let seen = try capture.statistics().seen
    #expect(seen == 20, "what was counted stays counted")
  }

  @Test func aDriverThatCannotCaptureIsPassedOver() throws {
    var opened = 0
    var capture = try FailoverCapture(capturing: .everything) { excluded throws(SelectionError) in
      opened += 1
      do throws(CaptureError) {
        if opened == 1 { return try FaultyDriver(opening: CaptureOptions()) }
        if !excluded.contains(.modernEBPF) { return try RefusingDriver(opening: CaptureOptions()) }
        return try SteadyDriver(opening: CaptureOptions())
      } catch { throw .noneUsable([]) }
    }
    var gaps: [CaptureGap] = []
    let seen = try timestamps(&capture, &gaps)
    #expect(seen == [1, 2, 3])
    #expect(gaps.map(\.to) == [.kmod])
  }

  @Test func theEndOfASourceIsNoFailure() throws {
    var capture = try FailoverCapture(capturing: .everything) { _ throws(SelectionError) in
      do throws(CaptureError) { return try SteadyDriver(opening: CaptureOptions()) } catch { throw .noneUsable([]) }
    }
    var ending: CaptureError?
    do throws(CaptureError) { _ = try capture.recover(from: .endOfStream) } catch { ending = error }
    #expect(ending == .endOfStream)
  }
}
