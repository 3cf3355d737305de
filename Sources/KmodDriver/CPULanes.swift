internal import CKmod
internal import CLinux
internal import Capture
internal import Glibc

/// The rings of all CPUs, those that come online later included, and what is unread in them.
struct CPULanes: ~Copyable {
  private let device: Int32
  private let ringBytes: Int
  private let pageSize: Int
  private let cpuCount: Int
  private let status: StatusPage
  private var rings: [CPURing] = []
  private var mapped: Set<Int> = []
  var windows: [LaneWindow] = []
  /// Added to CLOCK_BOOTTIME to make a record's timestamp.
  private let bootToEpoch: UInt64
  private var taken: UInt64 = 0
  private var malformed: UInt64 = 0

  /// A record's timestamp is taken before the record is in its ring, but never this long before: preemption is off in
  /// between. Events younger than this stay for the next batch. Nanoseconds.
  private static let settling: UInt64 = 1_000_000

  init(device: Int32, info: wh_kmod_info, ringBytes: Int, bootToEpoch: UInt64) throws(CaptureError) {
    self.device = device
    self.ringBytes = ringBytes
    self.bootToEpoch = bootToEpoch
    pageSize = Int(info.page_bytes)
    cpuCount = min(Int(info.cpus), Int(WH_KMOD_CPUS_MAX))
    status = try StatusPage(device: device, pageSize: Int(info.page_bytes))
  }

  /// Maps the rings that have come since.
  mutating func mapNewRings() throws(CaptureError) {
    guard status.ringCount != mapped.count else { return }
    for cpu in 0..<cpuCount where !mapped.contains(cpu) && status.hasRing(cpu) {
      let ring = try CPURing(device: device, cpu: cpu, byteCount: ringBytes, pageSize: pageSize)
      mapped.insert(cpu)
      windows.append(Self.window(of: ring, at: ring.consumed, to: ring.consumed))
      rings.append(ring)
    }
  }

  private static func window(of ring: CPURing, at consumed: UInt64, to produced: UInt64) -> LaneWindow {
    // The module frames records as a BPF ring does, and never shows one that is not complete.
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
  mutating func look(horizon: UInt64) throws(CaptureError) -> Bool {
    try mapNewRings()
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
  var horizon: UInt64 { cpuCount < 2 ? .max : wh_clock_boottime() &+ bootToEpoch &- Self.settling }

  /// Counts of the module and of the reader, the batch that is lent right now included.
  var statistics: CaptureStatistics {
    var statistics = CaptureStatistics()
    let read = windows.reduce((taken, malformed)) { ($0.0 + $1.takenCount, $0.1 + $1.malformedCount) }
    statistics.seen = read.0 - read.1
    statistics.lost.malformed = read.1
    statistics.lost.ringFull = status.homeless
    for ring in rings {
      let counted = ring.counters
      statistics.lost.ringFull += counted.ring_full
      statistics.lost.tooLarge += counted.too_large
      statistics.lost.pageFault += counted.page_fault
      statistics.lost.recursion += counted.recursion
      statistics.filtered += counted.foreign
    }
    return statistics
  }
}
