internal import BPFLoader
internal import CBPFObjects
internal import Capture
internal import EventSchema
internal import Glibc

/// The driver's object in the kernel and its rings, nothing attached.
struct LoadedPrograms: ~Copyable {
  let loaded: LoadedObject
  let lanes: LaneMaps
  let laneMap: Int32
  let rings: [MappedRing]

  /// - Parameter bytes: The object file, aligned to 8 bytes.
  init(_ options: CaptureOptions, object bytes: UnsafeRawBufferPointer) throws(CaptureError) {
    let lanes = try attempting { () throws(BPFError) in try LaneMaps(options) }
    let loaded = try LoadedObject(name: "modern_bpf", options) { () throws(BPFError) in
      try unsafe BPFObject(opening: bytes, name: "modern_bpf")
    } prepare: { (object) throws(BPFError) in
      try lanes.prepare(&object)
      try Self.prepare(&object, lanes.layout, options)
    }
    let map = try loaded.descriptor(map: "lanes")
    let rings = try lanes.connect(to: map)
    laneMap = map
    self.rings = rings
    self.lanes = lanes
    self.loaded = loaded
  }

  /// Sizes the maps and fixes the settings that the verifier takes for constants.
  private static func prepare(
    _ object: inout BPFObject, _ layout: LaneLayout, _ options: CaptureOptions
  ) throws(BPFError) {
    for map in ["lanes", "counters", "foreigners"] { try object.resize(map: map, entries: possibleCPUCount()) }
    let settings = try unsafe object.initialGlobals(".rodata").bindMemory(to: wh_settings.self)
    unsafe settings[0].set(options, layout)
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
}
