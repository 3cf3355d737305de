internal import CLinux
internal import Glibc

/// A ring in this process's memory, from the reader's side. Positions only ever grow.
public protocol LaneRing: AnyObject {
  /// Up to where the producer has written, and up to where it may write again.
  var produced: UInt64 { get }
  var consumed: UInt64 { get set }
  /// What lies between two positions.
  func window(from consumed: UInt64, to produced: UInt64) -> LaneWindow
}

/// The rings of a driver, each shared by some CPUs, and what is unread in them.
public struct Lanes<Ring: LaneRing>: ~Copyable {
  public private(set) var rings: [Ring] = []
  public var windows: [LaneWindow] = []
  /// Added to CLOCK_BOOTTIME to make a record's timestamp.
  private let bootToEpoch: UInt64
  /// Whether records of one CPU may turn up behind younger ones of another.
  private var isMerged: Bool
  private var taken: UInt64 = 0
  private var malformed: UInt64 = 0
  private var reportedLost: UInt64 = 0

  /// A record's timestamp is taken before the record is in its ring, but never this long before: no program runs so
  /// long. Events younger than this stay for the next batch where there are several rings. Nanoseconds.
  private static var settling: UInt64 { 1_000_000 }

  /// - Parameter canGrow: Whether rings may be added later; a single one is then not alone for good.
  public init(_ rings: [Ring] = [], bootToEpoch: UInt64, canGrow: Bool = false) {
    self.bootToEpoch = bootToEpoch
    isMerged = canGrow
    for ring in rings { add(ring) }
  }

  /// Takes one more ring, as of a CPU that has come online.
  public mutating func add(_ ring: Ring) {
    rings.append(ring)
    windows.append(ring.window(from: ring.consumed, to: ring.consumed))
    if rings.count > 1 { isMerged = true }
  }

  /// Gives the space of what was read back to the kernel and adds up what was read.
  public mutating func release() {
    for index in rings.indices {
      let window = windows[index]
      taken += window.takenCount
      malformed += window.malformedCount
      reportedLost += window.reportedLostCount
      let ring = rings[index]
      if window.position != ring.consumed { ring.consumed = window.position }
      windows[index] = ring.window(from: window.position, to: window.position)
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
      // Without a batch in between, what the window stepped over would be forgotten.
      reportedLost += windows[index].reportedLostCount
      windows[index] = ring.window(from: consumed, to: produced)
      if windows[index].oldestTimestamp() < horizon { isReady = true }
    }
    return isReady
  }

  /// Looks until there is something to lend, or `limit` has passed.
  ///
  /// Nobody wakes us: a wake-up per record costs the captured process more than the record itself.
  ///
  /// - Returns: The horizon of the batch.
  public mutating func wait(upTo limit: Duration) -> UInt64 {
    let deadline = wh_clock_monotonic() &+ limit.clampedNanoseconds
    var pause: UInt64 = 1_000_000
    while true {
      let horizon = horizon
      if look(horizon: horizon) { return horizon }
      let now = wh_clock_monotonic()
      guard now < deadline else { return horizon }
      sleep(min(pause, deadline - now))
      pause = min(pause * 2, 8_000_000)
    }
  }

  /// Up to when events may be lent so that none of another lane can turn up that is older. Take it before ``look``.
  var horizon: UInt64 { !isMerged ? .max : wh_clock_boottime() &+ bootToEpoch &- Self.settling }

  /// Records taken so far, those among them that did not decode, and those that the kernel says it could not write; the
  /// batch that is lent right now included.
  public var counts: (taken: UInt64, malformed: UInt64, reportedLost: UInt64) {
    windows.reduce((taken, malformed, reportedLost)) {
      ($0.0 + $1.takenCount, $0.1 + $1.malformedCount, $0.2 + $1.reportedLostCount)
    }
  }
}

private func sleep(_ nanoseconds: UInt64) {
  var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  _ = unsafe nanosleep(&time, nil)
}
