internal import BPFLoader
internal import CLinux
internal import Capture

/// The rings of the driver, each shared by some CPUs, and what is unread in them.
struct Lanes: ~Copyable {
  private var rings: [MappedRing]
  var windows: [LaneWindow] = []
  /// Added to CLOCK_BOOTTIME to make a record's timestamp.
  private let bootToEpoch: UInt64
  private var taken: UInt64 = 0
  private var malformed: UInt64 = 0

  /// A record's timestamp is taken before the record is in its ring, but never this long before: no program runs so
  /// long. Events younger than this stay for the next batch where there are several rings. Nanoseconds.
  private static let settling: UInt64 = 1_000_000

  init(_ rings: [MappedRing], bootToEpoch: UInt64) {
    self.rings = rings
    self.bootToEpoch = bootToEpoch
    for ring in rings { windows.append(Self.window(of: ring, at: ring.consumed, to: ring.consumed)) }
  }

  private static func window(of ring: MappedRing, at consumed: UInt64, to produced: UInt64) -> LaneWindow {
    unsafe LaneWindow(bpfRing: ring.data, size: ring.byteCount, consumed: consumed, produced: produced)
  }

  /// Gives the space of what was read back to the kernel and adds up what was read.
  mutating func release() {
    for index in rings.indices {
      let window = windows[index]
      taken += window.takenCount
      malformed += window.malformedCount
      let ring = rings[index]
      if window.position != ring.consumed { ring.consumed = window.position }
      windows[index] = Self.window(of: ring, at: window.position, to: window.position)
    }
  }

  /// Looks at what is there now. False if no lane has a record that may be lent.
  mutating func look(horizon: UInt64) -> Bool {
    var isReady = false
    for index in rings.indices {
      let ring = rings[index]
      let consumed = windows[index].position
      let produced = ring.produced
      guard produced != consumed else { continue }
      windows[index] = Self.window(of: ring, at: consumed, to: produced)
      if windows[index].oldestTimestamp() < horizon { isReady = true }
    }
    return isReady
  }

  /// Up to when events may be lent so that none of another lane can turn up that is older. Take it before ``look``.
  var horizon: UInt64 { rings.count < 2 ? .max : wh_clock_boottime() &+ bootToEpoch &- Self.settling }

  /// Records taken so far, and those among them that did not decode; the batch that is lent right now included.
  var counts: (taken: UInt64, malformed: UInt64) {
    windows.reduce((taken, malformed)) { ($0.0 + $1.takenCount, $0.1 + $1.malformedCount) }
  }
}
