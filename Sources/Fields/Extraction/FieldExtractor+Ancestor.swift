internal import ByteText
internal import EventSchema
internal import SystemState

/// Parents and other ancestors, and the leaders of session and process group.
extension FieldExtractor {
  /// How many steps up are taken at most, should the links of the tables ever form a ring.
  private var maximumDepth: Int { 1024 }

  mutating func ancestorValue(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let plan = plans[field]
    let slot = state.current.thread
    guard slot != Slot.none else { return .missing }
    switch plan.id {
    case .procPname, .procPexe, .procPexepath, .procPcmdline, .procPpid:
      let parent = state.threads.parentProcess(of: slot)
      return parent == Slot.none ? .missing : detail(plan, parent, state)
    case .procAname, .procAexe, .procAexepath, .procAcmdline, .procAargs, .procApid:
      return plan.index < 0 ? all(plan, state) : nth(plan, state)
    case .procAenv: return ancestorEnvironment(plan, state)
    case .procPpidDuration:
      let parent = state.threads.parentProcess(of: slot)
      guard parent != Slot.none, state.threads[parent].cloneTime != 0, state.threads[parent].cloneTime <= event.timestamp
      else { return .missing }
      return .unsigned(event.timestamp - state.threads[parent].cloneTime, plan.type)
    case .procPpidTs:
      let parent = state.threads[slot].parent
      return parent == Slot.none ? .missing : .unsigned(state.threads[parent].cloneTime, plan.type)
    case .procPvpid:
      let parent = state.threads[slot].parent
      guard parent != Slot.none, state.threads[parent].vpid >= 0 else { return .missing }
      return .signed(Int64(state.threads[parent].vpid))
    case .procLoginshellid: return loginShell(state)
    default:
      let leader = leader(plan, slot, state)
      return leader == Slot.none ? constants[.none] : detail(plan, leader, state)
    }
  }

  /// What the field shows of a process that was found.
  private mutating func detail(_ plan: Plan, _ slot: UInt32, _ state: borrowing SystemState) -> FieldValue {
    let isUnknown = state.threads[slot].pid < 0
    switch plan.id {
    case .procPname, .procAname, .procSname, .procVpgidName, .procPgidName:
      return name(state.threads[slot].comm, isUnknown)
    case .procPexe, .procAexe, .procSidExe, .procVpgidExe, .procPgidExe:
      return name(state.threads[slot].exe, isUnknown)
    case .procPexepath, .procAexepath, .procSidExepath, .procVpgidExepath, .procPgidExepath:
      return .pool(state.threads[slot].exepath)
    case .procPcmdline, .procAcmdline: return name(state.threads[slot].cmdline, isUnknown)
    case .procAargs: return arguments(slot, plan, state)
    default: return .signed(Int64(state.threads[slot].pid))
    }
  }

  /// 0 is the process itself, 1 its parent.
  private mutating func nth(_ plan: Plan, _ state: borrowing SystemState) -> FieldValue {
    var slot = state.current.mainThread
    var steps = plan.index
    while steps > 0, slot != Slot.none {
      slot = state.threads.parentProcess(of: slot)
      steps -= 1
    }
    return slot == Slot.none ? .missing : detail(plan, slot, state)
  }

  /// All ancestors from the parent up; missing if there is none.
  private mutating func all(_ plan: Plan, _ state: borrowing SystemState) -> FieldValue {
    var slot = state.threads.parentProcess(of: state.current.mainThread)
    guard slot != Slot.none else { return .missing }
    let first = items.count
    while slot != Slot.none, items.count - first < maximumDepth {
      let value = detail(plan, slot, state)
      items.append(value)
      slot = state.threads.parentProcess(of: slot)
    }
    if plan.id == .procAargs { return joined(first) }
    return .list(first, items.count - first, plan.type)
  }

  /// The arguments of all ancestors as one text: they are no candidates, and each is in the scratch already.
  private mutating func joined(_ first: Int) -> FieldValue {
    let start = scratch.count
    for index in first..<items.count {
      if index > first { scratch.append(UInt8(ascii: " ")) }
      let item = items[index]
      for at in item.offset..<item.offset + item.count { scratch.append(scratch[at]) }
    }
    items.removeSubrange(first...)
    return text(from: start)
  }

  /// With a name: the first value that is not empty, from the parent up. With a number: that ancestor's environment.
  /// Otherwise: the environments of all ancestors.
  private mutating func ancestorEnvironment(_ plan: Plan, _ state: borrowing SystemState) -> FieldValue {
    var slot = state.current.mainThread
    if plan.index >= 0 {
      var steps = plan.index
      while steps > 0, slot != Slot.none {
        slot = state.threads.parentProcess(of: slot)
        steps -= 1
      }
      return slot == Slot.none ? .missing : environment(slot, plan, state)
    }
    slot = state.threads.parentProcess(of: slot)
    if plan.keyCount > 0 {
      var steps = 0
      while slot != Slot.none, steps < 20 {
        let value = environment(slot, plan, state)
        if value.count > 0 { return value }
        slot = state.threads.parentProcess(of: slot)
        steps += 1
      }
      return constants[.none]
    }
    guard slot != Slot.none else { return .missing }
    let first = items.count
    while slot != Slot.none, items.count - first < maximumDepth {
      let value = environment(slot, plan, state)
      items.append(value)
      slot = state.threads.parentProcess(of: slot)
    }
    return .list(first, items.count - first, plan.type)
  }

  /// The farthest process, the own one included, whose name ends in `sh`.
  private mutating func loginShell(_ state: borrowing SystemState) -> FieldValue {
    var slot = state.current.mainThread
    var found = FieldValue.missing
    var steps = 0
    while slot != Slot.none, steps < maximumDepth {
      let comm = state.texts.bytes(state.threads[slot].comm)
      let count = comm.byteCount
      if count >= 2, PathText.byte(comm, count - 2) == UInt8(ascii: "s"),
        PathText.byte(comm, count - 1) == UInt8(ascii: "h")
      {
        found = .signed(Int64(state.threads[slot].pid))
      }
      slot = state.threads.parentProcess(of: slot)
      steps += 1
    }
    return found
  }

  /// The leader by id where the id can be looked up, otherwise the farthest of the ancestors in a row that share it.
  ///
  /// Session and inner group are numbers of the thread's own pid namespace, so a look-up in the host's numbers is
  /// right only outside of one; the host's group number can always be looked up.
  private mutating func leader(_ plan: Plan, _ slot: UInt32, _ state: borrowing SystemState) -> UInt32 {
    let kind: LeaderKind =
      switch plan.id {
      case .procSname, .procSidExe, .procSidExepath: .session
      case .procVpgidName, .procVpgidExe, .procVpgidExepath: .innerGroup
      default: .group
      }
    let id = kind.id(slot, state)
    guard id >= 0 else { return Slot.none }
    if kind == .group || !state.threads[slot].isInPidNamespace {
      let found = state.threads.find(id)
      if found != Slot.none { return found }
    }
    var leader = Slot.none
    var at = state.threads.parentProcess(of: slot)
    var steps = 0
    while at != Slot.none, kind.id(at, state) == id, steps < maximumDepth {
      leader = at
      at = state.threads.parentProcess(of: at)
      steps += 1
    }
    return leader
  }

  private enum LeaderKind {
    case session, innerGroup, group

    func id(_ slot: UInt32, _ state: borrowing SystemState) -> Int32 {
      switch self {
      case .session: state.threads[slot].sid
      case .innerGroup: state.threads[slot].vpgid
      case .group: state.threads[slot].pgid
      }
    }
  }
}
