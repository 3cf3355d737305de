public import CBPFObjects
public import Capture
internal import Glibc

/// How the memory of one CPU's lane is divided: drivers/modern-bpf/lane.h.
public struct LaneLayout: Sendable {
  /// A power of two.
  public let ringBytes: Int
  let pageBytes: Int

  /// Smaller ones would be full with two of the largest records.
  public static let leastRingBytes = 256 << 10

  /// - Parameter ringBytes: A power of two.
  public init(ringBytes: Int) {
    self.ringBytes = ringBytes
    pageBytes = max(4096, Int(sysconf(Int32(_SC_PAGESIZE))))
  }

  /// From the programs' part, behind the reader's page, to the ring.
  var dataOffset: Int { wholePages(MemoryLayout<wh_lane>.size) }
  /// Behind the ring, so that a record that begins in it is in one piece.
  var overhangBytes: Int { wholePages(Int(WH_LANE_ROOM)) }
  var valueBytes: Int { pageBytes + dataOffset + ringBytes + overhangBytes }

  private func wholePages(_ bytes: Int) -> Int { (bytes + pageBytes - 1) / pageBytes * pageBytes }
}

/// The lanes of the host's CPUs: maps that go into a map of such, and the rings in them. One thread at a time.
public final class LaneMaps {
  public let layout: LaneLayout
  /// By CPU; closed once their rings are mapped and the programs hold them.
  private var descriptors: [Int: Int32] = [:]
  /// CPUs without a ring at opening that have made events since.
  private var lateCPUs: Set<Int> = []
  private let isComplete: Bool
  private let withPrivileges: @Sendable (() -> Void) -> Void
  private let onDegraded: (@Sendable (String, String) -> Void)?

  /// Makes a lane for each CPU that is online.
  ///
  /// Some kernels (5.10) take 4 MiB for the value of an array: rings are half as large as asked for until it fits, and
  /// `options.onDegraded` is told.
  public init(_ options: CaptureOptions) throws(BPFError) {
    let cpus = onlineCPUs()
    let wished = options.ringBytesPerCPU(online: cpus.count, atLeast: LaneLayout.leastRingBytes)
    var layout = LaneLayout(ringBytes: wished)
    for cpu in cpus {
      while true {
        do throws(BPFError) {
          descriptors[cpu] = try Self.make(layout, cpu)
          break
        } catch {
          guard error.errno == E2BIG, descriptors.isEmpty, layout.ringBytes > LaneLayout.leastRingBytes else {
            for descriptor in descriptors.values { close(descriptor) }
            throw error
          }
          layout = LaneLayout(ringBytes: layout.ringBytes / 2)
        }
      }
    }
    self.layout = layout
    isComplete = cpus.count >= possibleCPUCount()
    withPrivileges = options.withPrivileges
    onDegraded = options.onDegraded
    if layout.ringBytes < wished {
      onDegraded?(
        CaptureOptions.ringsAreDegraded,
        "\(layout.ringBytes >> 10) KiB for each CPU instead of \(wished >> 10): this kernel allows no larger array")
    }
  }

  deinit { for descriptor in descriptors.values { close(descriptor) } }

  private static func make(_ layout: LaneLayout, _ cpu: Int) throws(BPFError) -> Int32 {
    try BPFMap.mappableValue("lane_\(cpu)", bytes: layout.valueBytes)
  }

  /// Tells an object, before it is loaded, what its lanes look like.
  public func prepare(_ object: inout BPFObject) throws(BPFError) {
    try object.setElements(ofMap: "lanes", like: descriptors.first?.value ?? -1)
  }

  /// Gives the lanes to the programs, and maps their rings.
  ///
  /// - Parameter map: The programs' map of lanes.
  public func connect(to map: Int32) throws(CaptureError) -> [MappedRing] {
    try attempting { () throws(BPFError) in
      var rings: [MappedRing] = []
      for (cpu, descriptor) in descriptors.sorted(by: { $0.key < $1.key }) {
        try store(descriptor: descriptor, at: UInt32(cpu), ofMap: map)
        rings.append(try MappedRing(descriptor: descriptor, layout))
      }
      for descriptor in descriptors.values { close(descriptor) }
      descriptors = [:]
      return rings
    }
  }

  /// Rings for the CPUs that have come online since, and lost events for want of one.
  ///
  /// Where one cannot be made, as after the privileges for it were given up, that CPU's events stay lost and counted.
  public func lateRings(_ counters: UnsafeRawBufferPointer, map: Int32) -> [MappedRing] {
    guard !isComplete else { return [] }
    var rings: [MappedRing] = []
    let perCPU = unsafe counters.bindMemory(to: wh_counters.self)
    for cpu in perCPU.indices where unsafe perCPU[cpu].homeless > 0 && lateCPUs.insert(cpu).inserted {
      withPrivileges {
        do throws(BPFError) {
          let descriptor = try Self.make(layout, cpu)
          defer { close(descriptor) }
          try store(descriptor: descriptor, at: UInt32(cpu), ofMap: map)
          rings.append(try MappedRing(descriptor: descriptor, layout))
        } catch {
          onDegraded?(
            CaptureOptions.ringsAreDegraded,
            "none for CPU \(cpu), which came online later: cannot \(error.operation): \(errorText(error.errno))")
        }
      }
    }
    return rings
  }
}

extension wh_settings {
  /// What both eBPF drivers have in common.
  ///
  /// - Parameter layout: `nil` for an object without lanes.
  public mutating func set(_ options: CaptureOptions, _ layout: LaneLayout?) {
    snaplen = UInt32(min(max(options.snaplen, 0), Int(WH_MAX_SNAPLEN)))
    page_shift = UInt32(max(4096, sysconf(Int32(_SC_PAGESIZE))).trailingZeroBitCount)
    guard let layout else { return }
    lane_mask = UInt32(layout.ringBytes - 1)
    lane_data = UInt32(layout.dataOffset)
  }
}
