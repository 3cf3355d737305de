internal import BPFLoader
internal import CBPFObjects
internal import Capture
internal import EventSchema
internal import Glibc

/// The driver's object in the kernel, with the programs that some interest can need, none attached.
struct LoadedPrograms: ~Copyable {
  let object: BPFObject
  let table: ProgramTable
  let names: Set<String>
  /// Events that were to be loaded, and have no program because of the verifier.
  let refused: EventTypeSet
  let rings: [MappedRing]

  /// Loads without each program that the verifier refuses, one after the other: libbpf gives up at the first.
  ///
  /// - Parameter bytes: The object file, aligned to 8 bytes.
  init(_ options: CaptureOptions, object bytes: UnsafeRawBufferPointer) throws(CaptureError) {
    let needed = ProgramTable.needed(by: options.loadable)
    // Programs that are left out; only those that the verifier refused are told.
    var refused = needed.contains(.io_uring_submit) ? ProgramTable.otherForms() : []
    if refused.count == 3 {
      options.onDegraded?("io_uring_submit", "this kernel has no tracepoint in a known form for requests on an io_uring")
    }
    while true {
      switch try unsafe Self.attempt(bytes, needed: needed, without: refused, options) {
      case .refused(let name, let reason):
        refused.insert(name)
        options.onDegraded?(name, reason)
      case .loaded(let object, let table, let names):
        let rings = try Self.makeRings(of: object, options)
        self.object = object
        self.table = table
        self.names = names
        var events = EventTypeSet(table.programs.lazy.filter { [refused] in refused.contains($0.name) }.map(\.event))
        events.subtract(EventTypeSet(table.programs.lazy.filter { [names] in names.contains($0.name) }.map(\.event)))
        self.refused = events
        self.rings = rings
        return
      }
    }
  }

  private enum Attempt: ~Copyable {
    case refused(name: String, reason: String)
    case loaded(BPFObject, ProgramTable, Set<String>)
  }

  private static func attempt(
    _ bytes: UnsafeRawBufferPointer, needed: EventTypeSet, without refused: Set<String>, _ options: CaptureOptions
  ) throws(CaptureError) -> Attempt {
    var object = try attempting {
      () throws(BPFError) in
      try unsafe BPFObject(opening: bytes, name: "modern_bpf")
    }
    let table = ProgramTable(names: object.programNames)
    var names = Set(table.programs.lazy.filter { needed.contains($0.event) }.map(\.name)).subtracting(refused)
    names.insert(ProgramTable.exitDispatcher)
    if table.programs.contains(where: { $0.place == .entry && names.contains($0.name) }) {
      names.insert(ProgramTable.entryDispatcher)
      names.insert(ProgramTable.entryStage)
    }
    names.insert(ProgramTable.exitStage)
    names.subtract(refused)
    object.select { names.contains($0) }
    do throws(BPFError) {
      try prepare(&object, options)
      try object.load()
    } catch {
      let reason = VerifierLog.tellingLines(error.log)
      let name = VerifierLog.refusedProgram(error.log)
      let isSpare = name.map { names.contains($0) && !ProgramTable.isDispatcher($0) } ?? false
      guard let name, isSpare else {
        throw .refused(program: name ?? "modern_bpf", errno: error.errno, log: reason)
      }
      return .refused(name: name, reason: reason)
    }
    return .loaded(object, table, names)
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
    unsafe settings[0].can_cast = runningKernel() >= KernelVersion(6, 2) ? 1 : 0
  }

  /// The programs' global variable, in memory that this process and the kernel share.
  func mapControl() throws(CaptureError) -> MappedArray {
    do throws(BPFError) {
      return try object.mapGlobals(".bss")
    } catch {
      throw .system(errno: error.errno, during: error.operation)
    }
  }

  func mapCounters() throws(CaptureError) -> MappedArray {
    do throws(BPFError) {
      return try MappedArray(
        descriptor: object.descriptor(map: "counters"),
        byteCount: possibleCPUCount() * MemoryLayout<wh_counters>.stride)
    } catch {
      throw .system(errno: error.errno, during: error.operation)
    }
  }

  func descriptor(map: String) throws(CaptureError) -> Int32 {
    do throws(BPFError) {
      return try object.descriptor(map: map)
    } catch {
      throw .system(errno: error.errno, during: error.operation)
    }
  }

  func attach(_ program: String) throws(CaptureError) -> BPFLink {
    do throws(BPFError) {
      return try object.attach(program: program)
    } catch {
      throw .system(errno: error.errno, during: error.operation)
    }
  }

  private static func makeRings(of object: borrowing BPFObject, _ options: CaptureOptions) throws(CaptureError)
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

/// The version of the kernel that runs; 0.0 if `uname` tells nothing that looks like one.
private func runningKernel() -> KernelVersion {
  var names = utsname()
  guard unsafe uname(&names) == 0 else { return KernelVersion(0, 0) }
  let release = unsafe withUnsafeBytes(of: names.release) {
    unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
  }
  let numbers = release.split(maxSplits: 2) { !$0.isNumber }.prefix(2).compactMap { Int($0) }
  return numbers.count == 2 ? KernelVersion(numbers[0], numbers[1]) : KernelVersion(0, 0)
}

/// Runs a loader call and tells its failure in the driver's terms.
func attempting<T: ~Copyable>(_ body: () throws(BPFError) -> T) throws(CaptureError) -> T {
  do throws(BPFError) {
    return try body()
  } catch {
    throw .system(errno: error.errno, during: error.operation)
  }
}
