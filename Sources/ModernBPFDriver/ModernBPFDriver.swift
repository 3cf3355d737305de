internal import BPFLoader
internal import CBPFObjects
internal import CLinux
public import Capture
public import EventSchema
internal import Glibc

/// Captures this host's system calls with CO-RE programs and BPF ring buffers: Linux 5.10 and later, with BTF.
///
/// Everything it put into the kernel goes away with the value, or with the process: links and maps are descriptors, and
/// nothing is pinned. One thread at a time.
@safe public struct ModernBPFDriver: CaptureDriver, ~Copyable {
  public static var kind: DriverKind { .modernEBPF }

  private let programs: LoadedPrograms
  private var lanes: Lanes
  /// The programs' global variable, in memory that this process and the kernel share.
  private let control: UnsafeMutablePointer<wh_control>
  private let controlMapping: MappedArray
  private let counters: MappedArray
  /// By program name.
  private var links: [String: BPFLink] = [:]

  /// Loads the programs that `options.loadable` can need.
  ///
  /// A program that the verifier refuses is left out and the rest is loaded without it: its events are missing then,
  /// and `options.onDegraded` is told. Only a refused dispatcher makes opening fail.
  ///
  /// - Throws: ``CaptureError/notBuilt(_:)``; ``CaptureError/refused(program:errno:log:)``, where errno `EPERM` asks
  ///   for privileges and `ESRCH` for BTF; ``CaptureError/system(errno:during:)`` if memory cannot be mapped.
  public init(opening options: CaptureOptions) throws(CaptureError) {
    guard Self.isBuilt else { throw .notBuilt(Self.kind) }
    try unsafe self.init(
      opening: options,
      object: UnsafeRawBufferPointer(start: wh_modern_bpf_object_start(), count: wh_modern_bpf_object_size))
  }

  /// The same with another object file: tests break one of its programs.
  @unsafe init(opening options: CaptureOptions, object: UnsafeRawBufferPointer) throws(CaptureError) {
    let programs = try unsafe LoadedPrograms(options, object: object)
    let bootToEpoch = wh_clock_realtime() &- wh_clock_boottime()
    let controlMapping = try programs.mapControl()
    let control = unsafe controlMapping.bytes.bindMemory(to: wh_control.self).baseAddress!
    let counters = try programs.mapCounters()
    unsafe control.pointee.boot_to_epoch_ns = bootToEpoch
    unsafe control.pointee.ignored_process = UInt32(bitPattern: options.ignoredProcess ?? 0)
    try unsafe Self.fillTables(of: programs, control, options)
    lanes = Lanes(programs.rings, bootToEpoch: bootToEpoch)
    unsafe self.control = unsafe control
    self.controlMapping = controlMapping
    self.counters = counters
    self.programs = programs
  }

  /// Events that this build of the driver can make. Others in an interest come from elsewhere and are passed over.
  public var available: EventTypeSet { programs.table.available }

  /// Events whose programs are loaded: asked for at opening, and not refused.
  public var loaded: EventTypeSet {
    EventTypeSet(
      programs.table.programs.lazy.filter { [names = programs.names] in names.contains($0.name) }.map(\.event))
  }

  @_lifetime(&self)
  public mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    lanes.release()
    let deadline = wh_clock_monotonic() &+ limit.nanoseconds
    var pause: UInt64 = 1_000_000
    while true {
      let horizon = lanes.horizon
      if lanes.look(horizon: horizon) { return EventBatch(lanes.windows.mutableSpan, horizon: horizon) }
      let now = wh_clock_monotonic()
      guard now < deadline else { return EventBatch(lanes.windows.mutableSpan, horizon: horizon) }
      // Nobody wakes us: a wake-up per record costs the captured process more than the record itself.
      sleep(min(pause, deadline - now))
      pause = min(pause * 2, 8_000_000)
    }
  }

  public borrowing func statistics() throws(CaptureError) -> CaptureStatistics {
    var statistics = CaptureStatistics()
    let read = lanes.counts
    statistics.seen = read.taken - read.malformed
    statistics.lost.malformed = read.malformed
    let perCPU = unsafe counters.bytes.bindMemory(to: wh_counters.self)
    for cpu in perCPU.indices {
      let counted = unsafe perCPU[cpu]
      statistics.lost.ringFull += counted.ring_full
      statistics.lost.tooLarge += counted.too_large
      statistics.lost.recursion += counted.recursion
      statistics.lost.programMissing += counted.program_missing
      statistics.filtered += counted.foreign
      statistics.unreadable += counted.unreadable
    }
    // What the kernel skipped of the programs that it runs itself; the others are reached from these.
    for program in programs.names where ProgramTable.isAttached(program) {
      guard let descriptor = programs.object.descriptor(program: program) else { continue }
      statistics.lost.recursion += recursionMisses(ofProgram: descriptor)
    }
    return statistics
  }

  /// Writes what is wanted into the programs' table and attaches the tracepoints that it takes; with an empty interest
  /// nothing of the driver runs in the kernel any more.
  ///
  /// Events that are already in the rings still come out. The switch is not atomic over several calls.
  public mutating func capture(_ interest: Interest) throws(CaptureError) {
    let loaded = loaded
    let needed = ProgramTable.needed(by: interest)
    var missing = needed
    missing.formIntersection(available)
    missing.subtract(loaded)
    missing.subtract(refusedEvents)
    guard missing.isEmpty else { throw .notLoaded(missing.types) }

    unsafe control.pointee.resolves_paths = interest.resolvesPaths ? 1 : 0
    let wanted = wanted(by: interest, loaded)
    unsafe withUnsafeMutableBytes(of: &control.pointee.wanted) { unsafe $0.copyBytes(from: wanted) }
    let all = wanted.reduce(0, |)
    try setAttached(ProgramTable.exitDispatcher, all & UInt8(WH_WANTED_EXIT) != 0)
    // Not loaded if every program behind it was refused.
    if programs.names.contains(ProgramTable.entryDispatcher) {
      try setAttached(ProgramTable.entryDispatcher, all & UInt8(WH_WANTED_ENTRY) != 0)
    }
    for program in programs.table.programs where program.place == .tracepoint && programs.names.contains(program.name) {
      try setAttached(program.name, needed.contains(program.event))
    }
  }

  // MARK: -

  /// Asked for at opening, but the verifier refused every program: told then, and not an error now.
  private var refusedEvents: EventTypeSet { programs.refused }

  /// `wh_control.wanted` for an interest: the bits of each slot, and those that lead to the 32-bit calls.
  ///
  /// Calls whose program was refused stay wanted: the dispatcher finds no program for them and counts them as lost.
  private func wanted(by interest: Interest, _ loaded: EventTypeSet) -> [UInt8] {
    let loaded = loaded.union(refusedEvents)
    var wanted = [UInt8](repeating: 0, count: Int(WH_CALL_SLOTS))
    for call in Schema.callSlots {
      let event = call.syscall.event
      let isWanted =
        event == .generic
        ? interest.events.contains(.generic) && interest.genericCalls.contains(call.syscall.code)
        : interest.events.contains(event)
      if isWanted, loaded.contains(event) {
        wanted[call.slot] |= UInt8(WH_WANTED_EXIT)
        if call.isIA32, programs.names.contains(ProgramTable.exitStage) {
          wanted[call.number] |= UInt8(WH_WANTED_IA32_EXIT)
        }
      }
      if let entry = Self.entryEvent(of: event), interest.events.contains(entry), loaded.contains(entry) {
        wanted[call.slot] |= UInt8(WH_WANTED_ENTRY)
        if call.isIA32, programs.names.contains(ProgramTable.entryStage) {
          wanted[call.number] |= UInt8(WH_WANTED_IA32_ENTRY)
        }
      }
    }
    return wanted
  }

  private mutating func setAttached(_ program: String, _ isWanted: Bool) throws(CaptureError) {
    if !isWanted {
      links[program] = nil
    } else if links[program] == nil {
      links[program] = try programs.attach(program)
    }
  }

  /// The event made at the entry of a call whose exit makes `event`.
  static func entryEvent(of event: EventType) -> EventType? {
    switch event {
    case .open: .open_enter
    case .creat: .creat_enter
    case .openat: .openat_enter
    case .openat2: .openat2_enter
    case .connect: .connect_enter
    default: nil
    }
  }

  /// Program arrays and the tables by call and CPU; all of them stay as they are from here on.
  private static func fillTables(
    of programs: borrowing LoadedPrograms, _ control: UnsafeMutablePointer<wh_control>, _ options: CaptureOptions
  ) throws(CaptureError) {
    let exits = try programs.descriptor(map: "exit_programs")
    let entries = try programs.descriptor(map: "entry_programs")
    var exitProgram: [EventType: Int32] = [:]
    var entryProgram: [EventType: Int32] = [:]
    for program in programs.table.programs {
      guard let descriptor = programs.object.descriptor(program: program.name) else { continue }
      if program.place == .exit { exitProgram[program.event] = descriptor }
      if program.place == .entry { entryProgram[program.event] = descriptor }
    }
    for call in Schema.callSlots {
      unsafe withUnsafeMutableBytes(of: &control.pointee.code) {
        unsafe $0.bindMemory(to: UInt16.self)[call.slot] = call.syscall.code.rawValue
      }
      unsafe withUnsafeMutableBytes(of: &control.pointee.native) {
        unsafe $0.bindMemory(to: UInt16.self)[call.slot] = UInt16(call.syscall.nativeNumber ?? 0xffff)
      }
      if let program = exitProgram[call.syscall.event] {
        try attempting { () throws(BPFError) in try store(descriptor: program, at: UInt32(call.slot), ofMap: exits) }
      }
      if let entry = Self.entryEvent(of: call.syscall.event), let program = entryProgram[entry] {
        try attempting { () throws(BPFError) in try store(descriptor: program, at: UInt32(call.slot), ofMap: entries) }
      }
    }
    for (stage, map) in [(ProgramTable.exitStage, exits), (ProgramTable.entryStage, entries)] {
      guard let program = programs.object.descriptor(program: stage) else { continue }
      try attempting { () throws(BPFError) in
        try store(descriptor: program, at: UInt32(WH_STAGE_IA32), ofMap: map)
      }
    }
    let laneCount = programs.rings.count
    guard laneCount > 1 else { return }
    unsafe withUnsafeMutableBytes(of: &control.pointee.lane) {
      let lanes = unsafe $0.bindMemory(to: UInt16.self)
      // CPUs that come online later share the existing rings.
      for cpu in lanes.indices { unsafe lanes[cpu] = UInt16(cpu / options.cpusPerLane % laneCount) }
    }
  }
}

private func sleep(_ nanoseconds: UInt64) {
  var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  _ = unsafe nanosleep(&time, nil)
}

extension Duration {
  /// Clamped to what 64 bits hold; negative counts as zero.
  fileprivate var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return seconds > 4_000_000_000
      ? 4_000_000_000 * 1_000_000_000 : UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
  }
}
