internal import BPFLoader
internal import CBPFObjects
internal import Capture
internal import EventSchema
internal import Glibc

/// The driver's object in the kernel and its rings, nothing attached.
struct LoadedPrograms: ~Copyable {
  let loaded: LoadedObject
  let rings: [MappedRing]

  /// - Parameter bytes: The object file, aligned to 8 bytes.
  init(_ options: CaptureOptions, object bytes: UnsafeRawBufferPointer) throws(CaptureError) {
    let loaded = try LoadedObject(name: "modern_bpf", options) { () throws(BPFError) in
      try unsafe BPFObject(opening: bytes, name: "modern_bpf")
    } prepare: { (object) throws(BPFError) in
      try Self.prepare(&object, options)
    }
    rings = try Self.makeRings(of: loaded.object, options)
    self.loaded = loaded
  }

  /// How many rings the options ask for.
  static func laneCount(_ options: CaptureOptions) -> Int {
    let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    return options.cpusPerLane < 1 ? 1 : (online + options.cpusPerLane - 1) / options.cpusPerLane
  }

  /// Sizes the maps and fixes the settings that the verifier takes for constants.
  private static func prepare(_ object: inout BPFObject, _ options: CaptureOptions) throws(BPFError) {
    let lanes = laneCount(options)
    try object.resize(map: "scratches", entries: possibleCPUCount())
    try object.resize(map: "counters", entries: possibleCPUCount())
    try object.resize(map: "foreigners", entries: possibleCPUCount())
    try object.resize(map: "rings", entries: lanes)
    if lanes == 1 { try object.resize(map: "ring", entries: options.bufferBytesPerLane) }
    let settings = try unsafe object.initialGlobals(".rodata").bindMemory(to: wh_settings.self)
    unsafe settings[0].snaplen = UInt32(min(max(options.snaplen, 0), Int(WH_MAX_SNAPLEN)))
    unsafe settings[0].is_single_lane = lanes == 1 ? 1 : 0
    unsafe settings[0].page_shift = UInt32(max(4096, sysconf(Int32(_SC_PAGESIZE))).trailingZeroBitCount)
    // bpf_probe.h, __BPF_DECLARE_TRACE_SYSCALL: 6.18 keeps preemption off around programs, 7.2 does not.
    unsafe settings[0].is_preemptible = KernelVersion.running >= KernelVersion(6, 19) ? 1 : 0
    unsafe settings[0].can_iterate = KernelVersion.running >= KernelVersion(6, 4) ? 1 : 0
    unsafe settings[0].can_cast = KernelVersion.running >= KernelVersion(6, 2) ? 1 : 0
  }

  /// The programs' global variable, in memory that this process and the kernel share.
  func mapControl() throws(CaptureError) -> MappedArray {
    do throws(BPFError) {
      return try loaded.object.mapGlobals(".bss")
    } catch {
      throw .system(errno: error.errno, during: error.operation)
    }
  }

  func mapCounters() throws(CaptureError) -> MappedArray {
    do throws(BPFError) {
      return try MappedArray(
        descriptor: loaded.object.descriptor(map: "counters"),
        byteCount: possibleCPUCount() * MemoryLayout<wh_counters>.stride)
    } catch {
      throw .system(errno: error.errno, during: error.operation)
    }
  }

  private static func makeRings(of object: borrowing KernelObjects, _ options: CaptureOptions) throws(CaptureError)
    -> [MappedRing]
  {
    do throws(BPFError) {
      let count = laneCount(options)
      let size = options.bufferBytesPerLane
      if count == 1 { return [try MappedRing(descriptor: object.descriptor(map: "ring"), byteCount: size)] }
      var rings: [MappedRing] = []
      for index in 0..<count {
        // The outer map and our mapping keep the ring; its own descriptor is closed at the end of the round.
        let map = try BPFMap(ring: "ring_\(index)", bytes: size)
        try store(descriptor: map.descriptor, at: UInt32(index), ofMap: object.descriptor(map: "rings"))
        rings.append(try MappedRing(descriptor: map.descriptor, byteCount: size))
      }
      return rings
    } catch {
      throw .system(errno: error.errno, during: error.operation)
    }
  }
}
