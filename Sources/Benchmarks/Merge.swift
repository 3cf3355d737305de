import Capture
import EventSchema
import Glibc

/// What it costs to read events in the order of their times where they lie in as many rings as the machine has CPUs.
enum Merge {
  static func measure() throws {
    print("rings   ns per event")
    for count in [1, 2, 4, 8, 16, 32, 64, 256] {
      let nanoseconds = try time(rings: count, events: 1 << 18)
      print("\(count)".padding(to: 8) + "\(Int(nanoseconds.rounded()))")
    }
  }

  /// Each event comes from any of the rings, as from CPUs that are all busy; the best of five rounds.
  private static func time(rings count: Int, events: Int) throws -> Double {
    var rings = [[UInt8]](repeating: [], count: count)
    var state: UInt64 = 1
    for time in 0..<events {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      let record = EventBuilder(.procexit, timestamp: UInt64(time), threadID: 1).finish()
      rings[Int(state >> 33) % count].append(contentsOf: record)
    }
    let memory = unsafe rings.map { ring in
      let copy = unsafe UnsafeMutableRawBufferPointer.allocate(byteCount: max(ring.count, 8), alignment: 8)
      unsafe copy.copyBytes(from: ring)
      return unsafe copy
    }
    defer { for unsafe ring in unsafe memory { unsafe ring.deallocate() } }
    var best = Double.infinity
    for _ in 0..<5 {
      var lanes = unsafe zip(memory, rings).map { unsafe LaneWindow(packed: $0.baseAddress!, count: $1.count) }
      let start = monotonic()
      var batch = EventBatch(lanes.mutableSpan)
      var last: UInt64 = 0, seen = 0
      while let event = try batch.next() {
        precondition(event.timestamp >= last, "events out of order")
        last = event.timestamp
        seen += 1
      }
      precondition(seen == events, "events are missing")
      best = min(best, monotonic() - start)
    }
    return best / Double(events)
  }
}
