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
      do throws(CaptureError) {
        var batch = try capture.nextBatch(waitingUpTo: .zero)
        while let event = try? batch.next() { seen.append(event.timestamp) }
      } catch {
        if error == .endOfStream { return seen }
        gaps.append(try capture.recover(from: error))
      }
    }
  }

  @Test func aDriverThatDiesTwiceInAMinuteIsReplacedByTheNext() throws {
    var capture = try FailoverCapture(capturing: .everything) { excluded throws(SelectionError) in
      do throws(CaptureError) {
        if !excluded.contains(.ebpf) { return try FaultyDriver(opening: CaptureOptions()) }
        return try SteadyDriver(opening: CaptureOptions())
      } catch { throw .noneUsable([]) }
    }
    #expect(capture.kind == .ebpf)
    var gaps: [CaptureGap] = []
    #expect(try timestamps(&capture, &gaps) == [1, 2, 1, 2, 3])
    #expect(gaps.map(\.from) == [.ebpf, .ebpf] && gaps.map(\.to) == [.ebpf, .kmod])
    #expect(gaps.allSatisfy { $0.reason == .system(errno: 19, during: "read the device") })
    #expect(capture.kind == .kmod && capture.gapCount == 2)
    #expect(capture.gapNanoseconds == gaps.reduce(0) { $0 + $1.nanoseconds })
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
    #expect(throws: CaptureError.system(errno: 19, during: "read the device")) { try timestamps(&capture, &gaps) }
    #expect(gaps.count == 9)
    #expect(try capture.statistics().seen == 20, "what was counted stays counted")
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
    #expect(try timestamps(&capture, &gaps) == [1, 2, 3])
    #expect(gaps.map(\.to) == [.kmod])
  }

  @Test func theEndOfASourceIsNoFailure() throws {
    var capture = try FailoverCapture(capturing: .everything) { _ throws(SelectionError) in
      do throws(CaptureError) { return try SteadyDriver(opening: CaptureOptions()) } catch { throw .noneUsable([]) }
    }
    #expect(throws: CaptureError.endOfStream) { try capture.recover(from: .endOfStream) }
  }
}
