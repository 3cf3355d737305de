internal import ByteText
internal import EventSchema
internal import SystemState

/// The descriptor that the event is about.
extension FieldExtractor {
  mutating func descriptorValue(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let plan = plans[field]
    switch plan.id {
    case .fdlistNums, .fdlistNames, .fdlistCips, .fdlistSips, .fdlistCports, .fdlistSports:
      return descriptorList(plan, event, state)
    default: break
    }
    guard isAboutDescriptor(event),
      state.current.thread != Slot.none || event.threadID != .max
    else { return .missing }
    let slot = state.current.descriptor
    switch plan.id {
    case .fdTypes: return kinds(plan, state)
    case .fdNum: return .signed(state.current.descriptorNumber)
    case .fdName: return slot == Slot.none ? nameWithoutDescriptor(event, state) : .pool(state.descriptors[slot].name)
    case .fdTypechar:
      return slot == Slot.none
        ? characterWithoutDescriptor(event) : constants.character(state.descriptors[slot].kind)
    case .fdDirectory: return directory(slot, event, state)
    case .fdUid:
      let start = scratch.count
      scratch.append(decimal: Int64(bitPattern: event.threadID))
      scratch.append(decimal: state.current.descriptorNumber)
      return text(from: start)
    case .fdNameraw: return rawName(slot, event, state)
    case .fdContainername, .fdContainerdirectory:
      let name = plan.id == .fdContainername
        ? (slot == Slot.none ? nameWithoutDescriptor(event, state) : .pool(state.descriptors[slot].name))
        : directory(slot, event, state)
      guard !name.isMissing else { return .missing }
      let start = scratch.count
      if state.current.thread != Slot.none { append(state.threads[state.current.thread].containerID, state) }
      scratch.append(UInt8(ascii: ":"))
      append(name, event, state)
      return text(from: start)
    default: break
    }
    guard slot != Slot.none else { return .missing }
    switch plan.id {
    case .fdType: return constants.kind(state.descriptors[slot].kind)
    case .fdFilename:
      guard state.descriptors[slot].kind == .file else { return .missing }
      let name = state.descriptors[slot].name
      let start = Self.lastComponent(state.texts.bytes(name))
      return .pool(name, start..<Int(name.length))
    case .fdRealpath: return realPath(slot, state)
    case .fdL4proto:
      return constants.transport(state.descriptors[slot].shownTransport)
    case .fdSockfamily:
      if state.descriptors[slot].isIPSocket { return constants[.ip] }
      return state.descriptors[slot].kind == .unix ? constants[.unix] : .missing
    case .fdIsServer: return .boolean(isServer(slot, state))
    case .fdConnected: return .boolean(state.descriptors[slot].flags.contains(.connected))
    case .fdNameChanged: return .boolean(state.current.changedName)
    case .fdDev: return .unsigned(UInt64(state.descriptors[slot].device), plan.type, format: plan.format)
    case .fdDevMajor: return .unsigned(UInt64(state.descriptors[slot].device >> 8 & 0xfff), plan.type)
    case .fdDevMinor:
      let device = state.descriptors[slot].device
      return .unsigned(UInt64(device & 0xff | device >> 12 & 0xf_ff00), plan.type)
    case .fdIno: return .signed(Int64(bitPattern: state.descriptors[slot].inode))
    case .fdIsUpperLayer: return .boolean(state.descriptors[slot].flags.contains(.upperLayer))
    case .fdIsLowerLayer: return .boolean(state.descriptors[slot].flags.contains(.lowerLayer))
    default: return socketValue(plan, slot, state)
    }
  }

  /// The fallback of `fd.name` where no descriptor is known: what a failed open or connect was about.
  mutating func nameWithoutDescriptor(_ event: borrowing EventView, _ state: borrowing SystemState) -> FieldValue {
    switch event.type {
    case .open, .creat, .accept, .accept4, .connect: return argument(1, event, state)
    case .open_by_handle_at: return argument(3, event, state)
    case .openat, .openat2: return openedName(directory: 1, name: 2, event, state)
    case .openat_enter, .openat2_enter: return openedName(directory: 0, name: 1, event, state)
    case .open_enter, .creat_enter: return argument(0, event, state)
    default: return constants[.none]
    }
  }

  private mutating func openedName(
    directory: Int, name: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    guard !event.isEmpty(name) else { return .missing }
    let range = event.textRange(of: name)
    let path = event.record.extracting(range)
    if path.byteCount == 0 || PathText.isNormal(path) { return .record(range) }
    let start = scratch.count
    PathText.append(
      path, belowDescriptor: event.int64(directory, or: Int64(WH_AT_FDCWD)), state, into: &scratch)
    return text(from: start)
  }

  private mutating func characterWithoutDescriptor(_ event: borrowing EventView) -> FieldValue {
    switch event.type {
    case .openat, .openat2, .creat, .openat_enter, .openat2_enter, .creat_enter: constants.character(.file)
    case .socket, .accept, .accept4: constants.character(.ipv4)
    case .pipe, .pipe2: constants.character(.fifo)
    case .eventfd, .eventfd2: constants.character(.event)
    case .signalfd, .signalfd4: constants.character(.signalfd)
    case .timerfd_create: constants.character(.timerfd)
    case .inotify_init, .inotify_init1: constants.character(.inotify)
    default: constants.character(.unknown)
    }
  }

  private mutating func directory(
    _ slot: UInt32, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let name: FieldValue
    if slot == Slot.none {
      name = nameWithoutDescriptor(event, state)
      guard !name.isMissing else { return .missing }
    } else {
      switch state.descriptors[slot].kind {
      case .directory: return .pool(state.descriptors[slot].name)
      case .file: name = .pool(state.descriptors[slot].name)
      default: return .missing
      }
    }
    let slash = UInt8(ascii: "/")
    let (count, last, endsWithSlash) = slashes(name, event, state)
    if endsWithSlash && count > 0 { return name }
    if last <= 0 {
      let start = scratch.count
      scratch.append(slash)
      return text(from: start)
    }
    return part(of: name, 0..<last)
  }

  /// Length of a text, position of its last slash (-1 for none), and whether that ends it.
  private mutating func slashes(
    _ name: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> (count: Int, last: Int, endsWithSlash: Bool) {
    let bytes = bytes(name, event, state)
    let start = Self.lastComponent(bytes)
    return (bytes.byteCount, start - 1, start > 0 && start == bytes.byteCount)
  }

  mutating func part(of value: FieldValue, _ range: Range<Int>) -> FieldValue {
    FieldValue(
      value.kind, value.type, word: value.word, low: FieldValue.packed(value.offset + range.lowerBound, range.count),
      place: value.place)
  }

  /// Where the text behind the last slash begins.
  static func lastComponent(_ path: RawSpan) -> Int {
    let slashes: UInt64 = 0x2f2f_2f2f_2f2f_2f2f
    let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    var end = path.byteCount
    // Eight bytes at a time: bit 7 of each that is a slash, and only of those.
    while end >= 8 {
      let word = unsafe path.unsafeLoadUnaligned(fromUncheckedByteOffset: end &- 8, as: UInt64.self) ^ slashes
      let found = ~(((word & low) &+ low) | word | low)
      if found != 0 { return end &- (found.leadingZeroBitCount &>> 3) }
      end &-= 8
    }
    while end > 0, PathText.byte(path, end &- 1) != UInt8(ascii: "/") { end &-= 1 }
    return end
  }

  /// The path as the program passed it, runs of slashes made one.
  private mutating func rawName(
    _ slot: UInt32, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    var value = constants[.none]
    if slot != Slot.none {
      value = .pool(state.descriptors[slot].rawName)
      // A name as the state holds it has no runs of slashes, and is mostly what the program passed.
      if state.descriptors[slot].rawName == state.descriptors[slot].name { return value }
    } else {
      switch event.type {
      case .open, .creat, .accept, .accept4, .connect: value = rawText(1, event, state)
      case .open_by_handle_at: value = rawText(3, event, state)
      case .open_enter, .creat_enter: value = rawText(0, event, state)
      case .openat, .openat2: value = event.isEmpty(2) ? .missing : .record(event.textRange(of: 2))
      case .openat_enter, .openat2_enter: value = event.isEmpty(1) ? .missing : .record(event.textRange(of: 1))
      default: break
      }
      if value.isMissing { return .missing }
    }
    return withSingleSlashes(value, event, state)
  }

  private mutating func rawText(
    _ position: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let start = scratch.count
    ParameterPrinter.appendRaw(event, state, position, into: &scratch)
    return text(from: start)
  }

  mutating func withSingleSlashes(
    _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let slash = UInt8(ascii: "/")
    let hasRuns = PathText.mayHoldRuns(bytes(value, event, state))
    guard hasRuns else { return value }
    let start = scratch.count
    append(value, event, state)
    var kept = start
    for index in start..<scratch.count
    where scratch[index] != slash || kept == start || scratch[kept - 1] != slash {
      scratch[kept] = scratch[index]
      kept += 1
    }
    scratch.removeSubrange(kept...)
    return text(from: start)
  }

  /// What the kernel said when the file was opened; a scan of /proc reads the kernel's own path to begin with.
  private mutating func realPath(_ slot: UInt32, _ state: borrowing SystemState) -> FieldValue {
    let real = state.descriptors[slot].realName
    if !real.isEmpty { return .pool(real) }
    switch state.descriptors[slot].kind {
    case .file, .directory:
      return state.descriptors[slot].flags.contains(.fromProcFS) ? .pool(state.descriptors[slot].name) : .missing
    default: return .missing
    }
  }

  /// The kinds of all descriptors of the process, each once; or of the one at the field's index. A thread of which nothing
  /// is known has none, and all of none are whatever a rule asks.
  private mutating func kinds(_ plan: Plan, _ state: borrowing SystemState) -> FieldValue {
    let main = state.current.mainThread
    let first = items.count
    if plan.index >= 0 {
      let slot = state.descriptors.find(state.current.files, Int64(plan.index))
      guard slot != Slot.none else { return .missing }
      items.append(constants.kind(state.descriptors[slot].kind))
      return .list(first, 1, plan.type)
    }
    var seen: UInt32 = 0
    var slot = state.threads.firstDescriptor(of: state.current.thread)
    while slot != Slot.none {
      let kind: DescriptorKind =
        switch state.descriptors[slot].kind {
        case .ipv4Server: .ipv4
        case .ipv6Server: .ipv6
        case .unsupported: .unknown
        case let kind: kind
        }
      seen |= 1 << UInt32(kind.rawValue)
      slot = state.descriptors[slot].nextInTable
    }
    for kind in DescriptorKind.allCases where seen & (1 << UInt32(kind.rawValue)) != 0 {
      items.append(constants.kind(kind))
    }
    return .list(first, items.count - first, plan.type)
  }
}
