internal import ByteText
internal import EventSchema
internal import SystemState

/// The event's own thread and process.
extension FieldExtractor {
  mutating func processValue(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let plan = plans[field]
    let slot = state.current.thread
    guard slot != Slot.none else { return threadless(plan, event) }
    let isUnknown = state.threads[slot].pid < 0
    switch plan.id {
    case .procName: return name(state.threads[slot].comm, isUnknown)
    case .procExe: return name(state.threads[slot].exe, isUnknown)
    case .procExepath, .procExerealpath: return .pool(state.threads[slot].exepath)
    case .procCmdline: return name(state.threads[slot].cmdline, isUnknown)
    case .procArgs: return arguments(slot, plan, state)
    case .procPid: return .signed(Int64(state.threads[slot].pid))
    case .threadTid: return .signed(Int64(bitPattern: event.threadID))
    case .procTty: return .unsigned(UInt64(state.threads[slot].tty), plan.type)
    case .procCwd:
      let main = state.current.mainThread
      guard main != Slot.none, !state.threads[main].cwd.isEmpty else { return constants[.currentDirectory] }
      return .pool(state.threads[main].cwd)
    case .procVpid: return id(state.threads[slot].vpid)
    case .threadVtid: return id(state.threads[slot].vtid)
    case .procSid: return .signed(Int64(state.threads[slot].sid))
    case .procVpgid: return .signed(Int64(state.threads[slot].vpgid))
    case .procPgid: return .signed(Int64(state.threads[slot].pgid))
    case .procIsSidLeader: return .boolean(state.threads[slot].sid == state.threads[slot].vpid)
    case .procIsVpgidLeader: return .boolean(state.threads[slot].vpgid == state.threads[slot].vpid)
    case .procIsPgidLeader: return .boolean(state.threads[slot].pgid == state.threads[slot].pid)
    case .procIsExeWritable: return .boolean(state.threads[slot].executable.contains(.writable))
    case .procIsExeUpperLayer: return .boolean(state.threads[slot].executable.contains(.upperLayer))
    case .procIsExeLowerLayer: return .boolean(state.threads[slot].executable.contains(.lowerLayer))
    case .procIsExeFromMemfd: return .boolean(state.threads[slot].executable.contains(.fromMemory))
    case .procDuration:
      let start = state.threads[slot].cloneTime
      return start == 0 || event.timestamp < start ? .missing : .unsigned(event.timestamp - start, plan.type)
    case .procPidTs: return present(state.threads[slot].cloneTime, plan)
    case .procPidnsInitStartTs: return present(state.threads[slot].namespaceStart, plan)
    case .procExeIno: return present(state.threads[slot].exeInode, plan)
    case .procExeInoCtime: return present(state.threads[slot].exeChangeTime, plan)
    case .procExeInoMtime: return present(state.threads[slot].exeModificationTime, plan)
    case .procExeInoCtimeDurationProcStart: return present(state.threads[slot].exeChangeToClone, plan)
    case .procExeInoCtimeDurationPidnsStart: return present(state.threads[slot].exeChangeSinceNamespace, plan)
    case .threadIsmain: return .boolean(state.threads[slot].isMainThread)
    default: return rareProcessValue(plan, slot, event, state)
    }
  }

  @inline(never)
  private mutating func rareProcessValue(
    _ plan: Plan, _ slot: UInt32, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let main = state.current.mainThread
    switch plan.id {
    case .procEnv: return environment(main, plan, state)
    case .procCmdnargs: return .unsigned(argumentCounts(slot, state).count, plan.type)
    case .procCmdlenargs: return .unsigned(argumentCounts(slot, state).bytes, plan.type)
    case .procExeline:
      let start = scratch.count
      append(state.threads[slot].exe, state)
      scratch.append(UInt8(ascii: " "))
      join(state.threads[slot].args, state)
      return text(from: start)
    case .threadCapPermitted: return capabilities(state.threads[slot].capPermitted)
    case .threadCapInheritable: return capabilities(state.threads[slot].capInheritable)
    case .threadCapEffective: return capabilities(state.threads[slot].capEffective)
    case .procFdopencount:
      return .unsigned(main == Slot.none ? 0 : UInt64(state.threads.descriptorCount(of: main)), plan.type)
    case .procFdlimit: return .signed(main == Slot.none ? 0 : state.threads[main].descriptorLimit)
    case .procFdusage:
      guard main != Slot.none, state.threads[main].descriptorLimit > 0 else { return .double(0) }
      return .double(
        100 * Double(state.threads.descriptorCount(of: main)) / Double(state.threads[main].descriptorLimit))
    case .procVmsize: return .unsigned(UInt64(state.threads[slot].vmSize), plan.type)
    case .procVmrss: return .unsigned(UInt64(state.threads[slot].vmRSS), plan.type)
    case .procVmswap: return .unsigned(UInt64(state.threads[slot].vmSwap), plan.type)
    case .threadPfmajor: return .unsigned(state.threads[slot].majorFaults, plan.type)
    case .threadPfminor: return .unsigned(state.threads[slot].minorFaults, plan.type)
    case .threadVmsize, .threadVmsizeB, .threadVmrss, .threadVmrssB:
      guard state.threads[slot].isMainThread else { return .unsigned(0, plan.type) }
      let isSize = plan.id == .threadVmsize || plan.id == .threadVmsizeB
      let kibibytes = UInt64(isSize ? state.threads[slot].vmSize : state.threads[slot].vmRSS)
      let isInBytes = plan.id == .threadVmsizeB || plan.id == .threadVmrssB
      return .unsigned(isInBytes ? kibibytes * 1024 : kibibytes, plan.type)
    case .threadNametid:
      let start = scratch.count
      append(state.threads[slot].comm, state)
      scratch.append(decimal: Int64(bitPattern: event.threadID))
      return text(from: start)
    case .threadExectime, .threadTotexectime: return .unsigned(0, plan.type)
    case .threadCgroups:
      guard !state.threads[slot].cgroups.isEmpty else { return .missing }
      let start = scratch.count
      join(state.threads[slot].cgroups, state)
      return text(from: start)
    case .threadCgroup: return variable(key(plan), in: state.threads[slot].cgroups, state)
    case .procNthreads:
      return .unsigned(main == Slot.none ? 0 : UInt64(state.threads[main].liveThreads), plan.type)
    case .procNchilds:
      guard main != Slot.none else { return .unsigned(0, plan.type) }
      let live = UInt64(state.threads[main].liveThreads)
      return .unsigned(state.threads[main].isDead || live == 0 ? live : live - 1, plan.type)
    case .procStdinType, .procStdinName: return standardStream(0, plan, state)
    case .procStdoutType, .procStdoutName: return standardStream(1, plan, state)
    case .procStderrType, .procStderrName: return standardStream(2, plan, state)
    default: return .missing
    }
  }

  /// For an event without a thread, and for one whose thread is neither in the table nor may enter it.
  private mutating func threadless(_ plan: Plan, _ event: borrowing EventView) -> FieldValue {
    switch plan.id {
    case .threadTid: return .signed(Int64(bitPattern: event.threadID))
    case .threadExectime: return .unsigned(0, plan.type)
    default: return .missing
    }
  }

  mutating func name(_ handle: TextHandle, _ isUnknown: Bool) -> FieldValue {
    isUnknown && handle.isEmpty ? constants[.na] : .pool(handle)
  }

  private mutating func id(_ value: Int32) -> FieldValue { value < 0 ? .missing : .signed(Int64(value)) }

  /// Missing for 0.
  private mutating func present(_ value: UInt64, _ plan: Plan) -> FieldValue {
    value == 0 ? .missing : plan.type == .WH_PT_INT64 ? .signed(Int64(bitPattern: value)) : .unsigned(value, plan.type)
  }

  /// The arguments of a thread joined by blanks, or the one at the field's index ("" beyond the end).
  mutating func arguments(_ slot: UInt32, _ plan: Plan, _ state: borrowing SystemState) -> FieldValue {
    let args = state.threads[slot].args
    if plan.index < 0 || plan.id != .procArgs {
      let start = scratch.count
      join(args, state)
      return text(from: start)
    }
    let bytes = state.texts.bytes(args)
    var at = 0
    var index: Int32 = 0
    while at < bytes.byteCount {
      var end = at
      while end < bytes.byteCount, PathText.byte(bytes, end) != 0 { end += 1 }
      if index == plan.index { return .pool(args, at..<end) }
      index += 1
      at = end + 1
    }
    return constants[.none]
  }

  private mutating func argumentCounts(_ slot: UInt32, _ state: borrowing SystemState) -> (count: UInt64, bytes: UInt64) {
    let bytes = state.texts.bytes(state.threads[slot].args)
    var count: UInt64 = 0
    var length: UInt64 = 0
    for index in 0..<bytes.byteCount {
      if PathText.byte(bytes, index) == 0 { count += 1 } else { length += 1 }
    }
    if bytes.byteCount > 0, PathText.byte(bytes, bytes.byteCount - 1) != 0 { count += 1 }
    return (count, length)
  }

  /// The whole environment, or the value of the variable that the field names ("" if it is not set).
  mutating func environment(_ slot: UInt32, _ plan: Plan, _ state: borrowing SystemState) -> FieldValue {
    guard slot != Slot.none else { return constants[.none] }
    if plan.keyCount == 0 {
      let start = scratch.count
      join(state.threads[slot].env, state)
      return text(from: start)
    }
    let found = variable(key(plan), in: state.threads[slot].env, state)
    return found.isMissing ? constants[.none] : withoutOuterBlanks(found, state)
  }

  private mutating func withoutOuterBlanks(_ value: FieldValue, _ state: borrowing SystemState) -> FieldValue {
    let bytes = state.texts.bytes(value.handle)
    var start = value.offset
    var end = start + value.count
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }
    while start < end, isBlank(PathText.byte(bytes, start)) { start += 1 }
    while end > start, isBlank(PathText.byte(bytes, end - 1)) { end -= 1 }
    return .pool(value.handle, start..<end)
  }

  /// What follows `KEY=` in one of the strings that each end with a NUL; missing if none begins so.
  mutating func variable(_ key: Range<Int>, in strings: TextHandle, _ state: borrowing SystemState) -> FieldValue {
    let bytes = state.texts.bytes(strings)
    var at = 0
    next: while at < bytes.byteCount {
      var end = at
      while end < bytes.byteCount, PathText.byte(bytes, end) != 0 { end += 1 }
      defer { at = end + 1 }
      guard end - at > key.count, PathText.byte(bytes, at + key.count) == UInt8(ascii: "=") else { continue }
      for index in 0..<key.count where PathText.byte(bytes, at + index) != keys[key.lowerBound + index] {
        continue next
      }
      return .pool(strings, at + key.count + 1..<end)
    }
    return .missing
  }

  private mutating func capabilities(_ set: UInt64) -> FieldValue {
    let start = scratch.count
    if set != 0 { FlagText.append(Int64(bitPattern: set), .capabilities, separator: UInt8(ascii: " "), into: &scratch) }
    return text(from: start)
  }

  private mutating func standardStream(_ number: Int64, _ plan: Plan, _ state: borrowing SystemState) -> FieldValue {
    let slot = state.descriptors.find(state.threads.files(of: state.current.mainThread), number)
    guard slot != Slot.none else { return .missing }
    switch plan.id {
    case .procStdinType, .procStdoutType, .procStderrType: return constants.kind(state.descriptors[slot].kind)
    default: return .pool(state.descriptors[slot].name)
    }
  }
}
