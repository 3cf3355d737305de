public import CBPFObjects
public import Capture
public import EventSchema

extension LoadedObject {
  /// Events that this build of the object can make. Others in an interest come from elsewhere and are passed over.
  public var available: EventTypeSet { table.available }

  /// Events whose programs are loaded: asked for at opening, and not refused.
  public var loaded: EventTypeSet {
    EventTypeSet(table.programs.lazy.filter { [names] in names.contains($0.name) }.map(\.event))
  }

  /// Makes sure that every event of an interest was asked for at opening. What the verifier refused was told then, and
  /// is no error now.
  public func require(_ interest: Interest) throws(CaptureError) {
    var missing = ProgramTable.needed(by: interest)
    missing.formIntersection(available)
    missing.subtract(loaded)
    missing.subtract(refused)
    guard missing.isEmpty else { throw .notLoaded(missing.types) }
  }

  /// `wh_control.wanted` for an interest: the bits of each slot, and those that lead to the 32-bit calls.
  ///
  /// Calls whose program was refused stay wanted: the dispatcher finds no program for them and counts them as lost.
  public func wanted(by interest: Interest) -> [UInt8] {
    let loaded = loaded.union(refused)
    var wanted = [UInt8](repeating: 0, count: Int(WH_CALL_SLOTS))
    for call in Schema.callSlots {
      if interest.wants(call.syscall), loaded.contains(call.syscall.event) {
        wanted[call.slot] |= UInt8(WH_WANTED_EXIT) | ProgramTable.directPlace(of: call.syscall.event) << WH_DIRECT_SHIFT
        if call.isIA32, names.contains(ProgramTable.exitStage) {
          wanted[call.number] |= UInt8(WH_WANTED_IA32_EXIT)
        }
      }
      if let entry = interest.entry(of: call.syscall), loaded.contains(entry) {
        wanted[call.slot] |= UInt8(WH_WANTED_ENTRY)
        if call.isIA32, names.contains(ProgramTable.entryStage) {
          wanted[call.number] |= UInt8(WH_WANTED_IA32_ENTRY)
        }
      }
    }
    return wanted
  }

  /// Puts each call's program into the dispatchers' arrays, where it stays from here on.
  public func fillProgramArrays() throws(CaptureError) {
    let exits = try descriptor(map: "exit_programs")
    let entries = try descriptor(map: "entry_programs")
    var exitProgram: [EventType: Int32] = [:]
    var entryProgram: [EventType: Int32] = [:]
    for program in table.programs {
      guard let descriptor = object.descriptor(program: program.name) else { continue }
      if program.place == .exit { exitProgram[program.event] = descriptor }
      if program.place == .entry { entryProgram[program.event] = descriptor }
    }
    for call in Schema.callSlots {
      if let program = exitProgram[call.syscall.event] {
        try attempting { () throws(BPFError) in try store(descriptor: program, at: UInt32(call.slot), ofMap: exits) }
      }
      if let entry = call.syscall.event.entry, let program = entryProgram[entry] {
        try attempting { () throws(BPFError) in try store(descriptor: program, at: UInt32(call.slot), ofMap: entries) }
      }
    }
    for (event, program) in exitProgram {
      let place = ProgramTable.directPlace(of: event)
      guard place != 0 else { continue }
      try attempting { () throws(BPFError) in
        try store(descriptor: program, at: UInt32(WH_STAGE_DIRECT) + UInt32(place), ofMap: exits)
      }
    }
    for (stage, map) in [(ProgramTable.exitStage, exits), (ProgramTable.entryStage, entries)] {
      guard let program = object.descriptor(program: stage) else { continue }
      try attempting { () throws(BPFError) in
        try store(descriptor: program, at: UInt32(WH_STAGE_IA32), ofMap: map)
      }
    }
  }
}

/// What the programs know of each call besides whether it is wanted.
public enum CallNumbers {
  /// Fills `code` and `native`: by slot the portable code, and the number that the architecture itself has for the call.
  public static func fill(_ control: UnsafeMutablePointer<wh_control>) {
    for call in Schema.callSlots {
      unsafe withUnsafeMutableBytes(of: &control.pointee.code) {
        unsafe $0.bindMemory(to: UInt16.self)[call.slot] = call.syscall.code.rawValue
      }
      unsafe withUnsafeMutableBytes(of: &control.pointee.native) {
        unsafe $0.bindMemory(to: UInt16.self)[call.slot] = UInt16(call.syscall.nativeNumber ?? 0xffff)
      }
    }
  }
}

extension CaptureStatistics {
  /// Adds up what the programs on each CPU have counted.
  public mutating func add(_ perCPU: UnsafeMutableBufferPointer<wh_counters>) {
    for cpu in perCPU.indices {
      let counted = unsafe perCPU[cpu]
      lost.ringFull += counted.ring_full + counted.homeless
      lost.tooLarge += counted.too_large
      lost.recursion += counted.recursion
      lost.programMissing += counted.program_missing
      filtered += counted.foreign
      unreadable += counted.unreadable
    }
  }

  /// Adds what the kernel skipped of the programs that it runs itself; the others are reached from these.
  public mutating func addSkippedRuns(of loaded: borrowing LoadedObject) {
    for program in loaded.names where ProgramTable.isAttached(program) {
      guard let descriptor = loaded.object.descriptor(program: program) else { continue }
      lost.recursion += recursionMisses(ofProgram: descriptor)
    }
  }
}

/// Which programs hold on to a tracepoint right now. All let go when the value is destroyed.
public struct Attachments: ~Copyable {
  /// By program name.
  private var links: [String: BPFLink] = [:]

  public init() {}

  /// Notes what is attached, for ``lost``. Opens files: only for a process whose own calls make no events.
  public func remember() { for link in links.values { link.remember() } }

  /// A program that somebody else has detached since, if there is one.
  public var lost: String? { links.first { !$0.value.isHeld }?.key }

  /// Attaches what an interest takes, and nothing else: the dispatchers, and the programs with a tracepoint of their own.
  ///
  /// - Parameter wanted: From ``LoadedObject/wanted(by:)``; already where the programs read it.
  public mutating func set(
    _ interest: Interest, wanted: [UInt8], of loaded: borrowing LoadedObject
  ) throws(CaptureError) {
    let all = wanted.reduce(0, |)
    try set(ProgramTable.exitDispatcher, all & UInt8(WH_WANTED_EXIT) != 0, of: loaded)
    // Not loaded if every program behind it was refused.
    if loaded.names.contains(ProgramTable.entryDispatcher) {
      try set(ProgramTable.entryDispatcher, all & UInt8(WH_WANTED_ENTRY) != 0, of: loaded)
    }
    let needed = ProgramTable.needed(by: interest)
    for program in loaded.table.programs where program.place == .tracepoint && loaded.names.contains(program.name) {
      try set(program.name, needed.contains(program.event), of: loaded)
    }
  }

  private mutating func set(
    _ program: String, _ isWanted: Bool, of loaded: borrowing LoadedObject
  ) throws(CaptureError) {
    if !isWanted {
      links[program] = nil
    } else if links[program] == nil {
      links[program] = try loaded.attach(program)
    }
  }
}
