internal import CKmod
internal import Capture

/// The rings of all CPUs, those that come online later included.
struct CPURings: ~Copyable {
  private let device: Int32
  private let ringBytes: Int
  private let pageSize: Int
  private let cpuCount: Int
  private let status: StatusPage
  private var mapped: Set<Int> = []
  /// What is unread in them.
  var lanes: Lanes<CPURing>

  /// Maps no ring yet.
  init(device: Int32, info: wh_kmod_info, ringBytes: Int, bootToEpoch: UInt64) throws(CaptureError) {
    let status = try StatusPage(device: device, pageSize: Int(info.page_bytes))
    self.device = device
    self.ringBytes = ringBytes
    pageSize = Int(info.page_bytes)
    cpuCount = min(Int(info.cpus), Int(WH_KMOD_CPUS_MAX))
    lanes = Lanes(bootToEpoch: bootToEpoch, canGrow: cpuCount > 1)
    self.status = status
  }

  /// Maps the rings that have come since. A look at memory where there is none.
  mutating func mapNew() throws(CaptureError) {
    guard status.ringCount != mapped.count else { return }
    for cpu in 0..<cpuCount where !mapped.contains(cpu) && status.hasRing(cpu) {
      lanes.add(try CPURing(device: device, cpu: cpu, byteCount: ringBytes, pageSize: pageSize))
      mapped.insert(cpu)
    }
  }

  /// Counts of the module and of the reader, the batch that is lent right now included.
  var statistics: CaptureStatistics {
    var statistics = CaptureStatistics()
    let read = lanes.counts
    statistics.seen = read.taken - read.malformed
    statistics.lost.malformed = read.malformed
    statistics.lost.ringFull = status.homeless
    for ring in lanes.rings {
      let counted = ring.counters
      statistics.lost.ringFull += counted.ring_full
      statistics.lost.tooLarge += counted.too_large
      statistics.lost.pageFault += counted.page_fault
      statistics.lost.recursion += counted.recursion
      statistics.filtered += counted.foreign
      statistics.unreadable += counted.unreadable
    }
    return statistics
  }
}
