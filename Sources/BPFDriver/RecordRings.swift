internal import BPFLoader
internal import CBPFObjects
internal import Capture
internal import Glibc

/// A ring of one of the two kinds. Asked a few times per batch, never per event.
final class RecordRing: LaneRing {
  private let ring: any LaneRing

  init(_ ring: any LaneRing) { self.ring = ring }

  var produced: UInt64 { ring.produced }
  var consumed: UInt64 {
    get { ring.consumed }
    set { ring.consumed = newValue }
  }
  func window(from consumed: UInt64, to produced: UInt64) -> LaneWindow { ring.window(from: consumed, to: produced) }
}

/// The rings that an object's programs write to: lanes, or perf buffers.
enum RecordRings {
  case lanes(LaneMaps)
  case perfBuffers([PerfRing])

  /// Before the programs: whoever may not have rings is told before the verifier has looked at any.
  init(for file: ObjectFile, _ options: CaptureOptions) throws(CaptureError) {
    let hasAreas = try attempting { () throws(BPFError) in
      try unsafe BPFObject(opening: file.bytes, name: "ebpf").hasMap("areas")
    }
    self =
      if hasAreas {
        .perfBuffers(try PerfRings.open(cpus: possibleCPUCount(), options))
      } else {
        .lanes(try attempting { () throws(BPFError) in try LaneMaps(options) })
      }
  }

  /// Tells an object, before it is loaded, what it has to know.
  func prepare(_ object: inout BPFObject, _ options: CaptureOptions) throws(BPFError) {
    switch self {
    case .lanes(let maps):
      try maps.prepare(&object)
      try unsafe object.initialGlobals(".rodata").bindMemory(to: wh_settings.self)[0].set(options, maps.layout)
    case .perfBuffers: try object.resize(map: "areas", entries: possibleCPUCount())
    }
  }

  /// Gives the rings to the programs.
  func connect(to programs: borrowing LoadedObject, _ options: CaptureOptions) throws(CaptureError) -> [RecordRing] {
    let map = try programs.descriptor(map: "lanes")
    switch self {
    case .lanes(let maps): return try maps.connect(to: map).map(RecordRing.init)
    case .perfBuffers(let rings):
      let settings = try attempting { () throws(BPFError) in
        try SharedArray(programs.object, map: "settings", entries: 1)
      }
      unsafe settings.bytes.bindMemory(to: wh_settings.self)[0].set(options, nil)
      try attempting { () throws(BPFError) in try settings.push() }
      try PerfRings.connect(rings, to: map)
      return rings.map(RecordRing.init)
    }
  }

  /// Rings of CPUs that came online later; perf buffers have none.
  func lateRings(_ counters: UnsafeRawBufferPointer, map: Int32) -> [RecordRing] {
    guard case .lanes(let maps) = self else { return [] }
    return unsafe maps.lateRings(counters, map: map).map(RecordRing.init)
  }
}
