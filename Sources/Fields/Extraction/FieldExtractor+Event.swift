internal import ByteText
internal import EventSchema
internal import SystemState

/// Number, time and type of an event.
extension FieldExtractor {
  mutating func eventValue(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let plan = plans[field]
    switch plan.id {
    case .evtType: return typeName(event)
    case .syscallType: return tables.isSyscall[code(event)] ? typeName(event) : .missing
    case .evtTypeIs: return typeIs(plan, event)
    case .evtDir: return constants[ParameterTraits.isExit(event.type) ? .exitSign : .enterSign]
    case .evtCategory: return category(event, state)
    case .evtCpu: return .signed(Int64(event.cpu), plan.type)
    case .evtIsIo: return .boolean(!event.type.flags.isDisjoint(with: [.readsFromDescriptor, .writesToDescriptor]))
    case .evtIsIoRead: return .boolean(event.type.flags.contains(.readsFromDescriptor))
    case .evtIsIoWrite: return .boolean(event.type.flags.contains(.writesToDescriptor))
    case .evtIoDir:
      let flags = event.type.flags
      if flags.contains(.writesToDescriptor) { return constants[.write] }
      return flags.contains(.readsFromDescriptor) ? constants[.read] : .missing
    case .evtIsWait: return .boolean(event.type.flags.contains(.waits))
    case .evtIsSyslog: return .boolean(isSyslog(event, state))
    case .evtNum: return .unsigned(state.current.number, plan.type)
    case .evtTime, .evtTimeS, .evtTimeIso8601, .evtDatetime, .evtDatetimeS, .evtOutputtime:
      return time(plan.id, event.timestamp)
    case .evtRawtime: return .unsigned(event.timestamp, plan.type)
    case .evtRawtimeS: return .unsigned(event.timestamp / 1_000_000_000, plan.type)
    case .evtRawtimeNs: return .unsigned(event.timestamp % 1_000_000_000, plan.type, format: plan.format)
    case .evtReltime: return .unsigned(relativeTime(event, state), plan.type)
    case .evtReltimeS: return .unsigned(relativeTime(event, state) / 1_000_000_000, plan.type)
    case .evtReltimeNs:
      return .unsigned(relativeTime(event, state) % 1_000_000_000, plan.type, format: plan.format)
    case .evtDeltatime: return .unsigned(gap(field, event), plan.type)
    case .evtDeltatimeS: return .unsigned(gap(field, event) / 1_000_000_000, plan.type)
    case .evtDeltatimeNs: return .unsigned(gap(field, event) % 1_000_000_000, plan.type, format: plan.format)
    case .evtLatency, .evtLatencyS, .evtLatencyQuantized, .evtWaitLatency: return .unsigned(0, plan.type)
    case .evtLatencyNs: return .unsigned(0, plan.type, format: plan.format)
    case .evtLatencyHuman: return constants[.zeroTime]
    case .evtSource: return source
    case .evtIsAsync: return .boolean(tables.isMeta[code(event)])
    case .evtAsynctype: return event.type == .asyncevent ? .record(event.textRange(of: 1)) : .missing
    case .evtHostname:
      let start = scratch.count
      scratch.append(text: state.machine.hostName)
      return text(from: start)
    case .evtCount: return .unsigned(1, plan.type)
    case .evtCountExit: return ParameterTraits.isExit(event.type) ? .unsigned(1, plan.type) : .missing
    case .evtCountProcinfo:
      let thread = state.current.thread
      guard event.type == .procinfo, thread != Slot.none, state.threads[thread].isMainThread else { return .missing }
      return .unsigned(1, plan.type)
    case .evtCountThreadinfo: return event.type == .procinfo ? .unsigned(1, plan.type) : .missing
    case .evtAround: return .unsigned(distance(event.timestamp, memory[field]), plan.type)
    case .utilCnt:
      memory[field] &+= 1
      return .unsigned(memory[field], plan.type)
    default: return .missing
    }
  }

  @inline(__always)
  mutating func code(_ event: borrowing EventView) -> Int { min(Int(event.type.rawValue), tables.count - 1) }

  @inline(__always)
  mutating func typeName(_ event: borrowing EventView) -> FieldValue {
    switch event.type {
    case .generic: return constants.syscall(event.value(0, as: UInt16.self) ?? 0)
    case .asyncevent: return .record(event.textRange(of: 1))
    default: return constants.event(event.type)
    }
  }

  private mutating func typeIs(_ plan: Plan, _ event: borrowing EventView) -> FieldValue {
    let name = constants.event(event.type)
    let key = key(plan)
    var isEqual = name.count == key.count
    if isEqual {
      for index in 0..<key.count where scratch[name.offset + index] != keys[key.lowerBound + index] { isEqual = false }
    }
    return .unsigned(isEqual ? 1 : 0, plan.type)
  }

  /// Reads, writes and the like go by what they read or write.
  private mutating func category(_ event: borrowing EventView, _ state: borrowing SystemState) -> FieldValue {
    switch ParameterTraits.category(event.type) {
    case .WH_CATEGORY_IO_READ, .WH_CATEGORY_IO_WRITE, .WH_CATEGORY_IO_OTHER:
      let slot = state.current.descriptor
      guard slot != Slot.none else { return constants[.unknown] }
      switch state.descriptors[slot].kind {
      case .file, .directory: return constants[.file]
      case .ipv4, .ipv6, .ipv4Server, .ipv6Server: return constants[.net]
      case .fifo, .unix, .event, .signalfd, .inotify, .userfaultfd: return constants[.ipc]
      default: return constants[.unknown]
      }
    case .WH_CATEGORY_OTHER: return constants[.other]
    case .WH_CATEGORY_FILE: return constants[.file]
    case .WH_CATEGORY_NET: return constants[.net]
    case .WH_CATEGORY_IPC: return constants[.ipcTable]
    case .WH_CATEGORY_MEMORY: return constants[.memory]
    case .WH_CATEGORY_PROCESS: return constants[.process]
    case .WH_CATEGORY_SLEEP: return constants[.sleep]
    case .WH_CATEGORY_SYSTEM: return constants[.system]
    case .WH_CATEGORY_SIGNAL: return constants[.signal]
    case .WH_CATEGORY_USER: return constants[.user]
    case .WH_CATEGORY_TIME: return constants[.time]
    case .WH_CATEGORY_WAIT: return constants[.wait]
    case .WH_CATEGORY_SCHEDULER: return constants[.scheduler]
    case .WH_CATEGORY_INTERNAL: return constants[.internal]
    default: return constants[.unknown]
    }
  }

  private mutating func isSyslog(_ event: borrowing EventView, _ state: borrowing SystemState) -> Bool {
    let slot = state.current.descriptor
    guard event.type.flags.contains(.writesToDescriptor), slot != Slot.none else { return false }
    let name = state.texts.bytes(state.descriptors[slot].name)
    let wanted: StaticString = "/dev/log"
    guard name.byteCount >= wanted.utf8CodeUnitCount else { return false }
    search: for start in 0...(name.byteCount - wanted.utf8CodeUnitCount) {
      for index in 0..<wanted.utf8CodeUnitCount
      where unsafe PathText.byte(name, start + index) != wanted.utf8Start[index] { continue search }
      return true
    }
    return false
  }

  private mutating func time(_ id: FieldID, _ nanoseconds: UInt64) -> FieldValue {
    let start = scratch.count
    let style: TimeStyle =
      switch id {
      case .evtTimeS: .localTimeSeconds
      case .evtTimeIso8601: .utcWithOffset
      case .evtDatetime: .localDateTime
      case .evtDatetimeS: .localDateTimeSeconds
      default: .localTime
      }
    scratch.append(time: nanoseconds, style)
    return text(from: start)
  }

  private mutating func relativeTime(_ event: borrowing EventView, _ state: borrowing SystemState) -> UInt64 {
    let first = state.current.firstTimestamp
    return event.timestamp >= first ? event.timestamp - first : 0
  }

  private mutating func gap(_ field: Int, _ event: borrowing EventView) -> UInt64 {
    let before = memory[field]
    memory[field] = event.timestamp
    return before == 0 || event.timestamp < before ? 0 : event.timestamp - before
  }

  /// In milliseconds, begun ones counted.
  private mutating func distance(_ a: UInt64, _ b: UInt64) -> UInt64 { ((a > b ? a - b : b - a) + 999_999) / 1_000_000 }
}
