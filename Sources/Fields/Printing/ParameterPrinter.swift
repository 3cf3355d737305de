internal import ByteText
public import EventSchema
public import SystemState

/// Text of an event's parameters: each has a raw form, many also a readable one.
///
/// Readable forms look at the state as it is after the event was applied: a successful open shows its new descriptor.
/// Appends UTF-8 (texts as the kernel gave them, so not always valid) to a buffer of the caller.
public enum ParameterPrinter {
  /// Appends what `evt.args` shows: `name=raw` or `name=raw(readable)` for each parameter, joined by blanks; nothing for
  /// system calls without an event of their own.
  public static func appendAll(
    _ event: borrowing EventView, _ state: borrowing SystemState, into text: inout [UInt8]
  ) {
    let type = event.type
    guard type != .generic else { return }
    for position in 0..<ParameterTraits.count(type) {
      if isHidden(event, position) { continue }
      if position > 0 { text.append(UInt8(ascii: " ")) }
      ParameterTraits.appendName(type, position, into: &text)
      text.append(UInt8(ascii: "="))
      appendRaw(event, state, position, into: &text)
      let start = text.count
      text.append(UInt8(ascii: "("))
      if appendResolved(event, state, position, into: &text) {
        text.append(UInt8(ascii: ")"))
      } else {
        text.removeSubrange(start...)
      }
    }
  }

  /// Whether listings leave a parameter out: one of our own, unknown to other readers, that says nothing in this event.
  public static func isHidden(_ event: borrowing EventView, _ position: Int) -> Bool {
    event.isEmpty(position) && ParameterTraits.isOwn(event.type, position)
  }

  /// Appends what `evt.arg` shows: the readable form, or the raw one where there is none.
  public static func append(
    _ event: borrowing EventView, _ state: borrowing SystemState, _ position: Int, into text: inout [UInt8]
  ) {
    if !appendResolved(event, state, position, into: &text) { appendRaw(event, state, position, into: &text) }
  }

  /// Appends the value as the program passed it. An empty value shows as `<NA>` or `NULL`, by its type.
  public static func appendRaw(
    _ event: borrowing EventView, _ state: borrowing SystemState, _ position: Int, into text: inout [UInt8]
  ) {
    guard let traits = ParameterTraits(event.type, position) else { return }
    let bytes = event.bytes(position)
    guard bytes.byteCount > 0 else {
      if traits.type.printsNullWhenEmpty { text.append("NULL") } else { text.append("<NA>") }
      return
    }
    if traits.type == .WH_PT_DYN {
      guard let value = DynamicValue(event.type, bytes) else { return text.append("NULL") }
      appendRaw(bytes.extracting(1...), value.type, traits.format, state, into: &text)
    } else {
      appendRaw(bytes, traits.type, traits.format, state, into: &text)
    }
  }

  /// Appends the readable form.
  /// - Returns: `false`, with nothing appended, if the value has none.
  public static func appendResolved(
    _ event: borrowing EventView, _ state: borrowing SystemState, _ position: Int, into text: inout [UInt8]
  ) -> Bool {
    guard let traits = ParameterTraits(event.type, position) else { return false }
    let bytes = event.bytes(position)
    guard bytes.byteCount > 0 else { return false }
    if traits.type == .WH_PT_DYN {
      guard let value = DynamicValue(event.type, bytes) else { return false }
      return appendResolved(
        bytes.extracting(1...), value.type, traits.group, event, state, position, into: &text)
    }
    return appendResolved(bytes, traits.type, traits.group, event, state, position, into: &text)
  }

  /// Appends bytes with a dot for each that is no printable ASCII character.
  public static func append(dotted bytes: RawSpan, into text: inout [UInt8]) {
    for index in 0..<bytes.byteCount {
      let byte = PathText.byte(bytes, index)
      text.append(byte >= 0x20 && byte < 0x7f ? byte : UInt8(ascii: "."))
    }
  }

  static func appendRaw(
    _ bytes: RawSpan, _ type: ParameterType, _ format: ParameterFormat, _ state: borrowing SystemState,
    into text: inout [UInt8]
  ) {
    switch type {
    case .WH_PT_CHARBUF, .WH_PT_FSPATH, .WH_PT_FSRELPATH:
      text.append(trimmed(bytes))
    case .WH_PT_BYTEBUF, .WH_PT_CHARBUFARRAY:
      append(dotted: bytes, into: &text)
    case .WH_PT_SOCKADDR:
      AddressText.append(address: bytes, into: &text)
    case .WH_PT_SOCKTUPLE:
      AddressText.append(tuple: bytes, into: &text)
    case .WH_PT_FDLIST:
      append(descriptorList: bytes, state, into: &text)
    case .WH_PT_SIGSET:
      appendSignals(integer(bytes, 4, isSigned: false), into: &text)
    case .WH_PT_RELTIME:
      let value = integer(bytes, 8, isSigned: false)
      if value == .max { text.append("none") } else { text.append(decimal: value) }
    case .WH_PT_ABSTIME:
      text.append(time: integer(bytes, 8, isSigned: false), .localDateTime)
    case .WH_PT_UID, .WH_PT_GID:
      let value = integer(bytes, 4, isSigned: false)
      if value == UInt64(UInt32.max) { text.append("-1") } else { text.append(decimal: value) }
    case .WH_PT_FD32, .WH_PT_PID32, .WH_PT_PORT, .WH_PT_IPV4ADDR, .WH_PT_IPV6ADDR:
      text.append("(n.a.)")
    case .WH_PT_FLAGS8, .WH_PT_ENUMFLAGS8, .WH_PT_SIGTYPE:
      text.append(decimal: integer(bytes, 1, isSigned: false))
    case .WH_PT_FLAGS16, .WH_PT_ENUMFLAGS16, .WH_PT_SYSCALLID:
      text.append(decimal: integer(bytes, 2, isSigned: false))
    case .WH_PT_FLAGS32, .WH_PT_ENUMFLAGS32:
      text.append(decimal: integer(bytes, 4, isSigned: false))
    case .WH_PT_ERRNO, .WH_PT_FD, .WH_PT_PID:
      text.append(decimal: Int64(bitPattern: integer(bytes, 8, isSigned: true)))
    default:
      let width = min(Int(wh_param_size(type.rawValue)), bytes.byteCount)
      switch format {
      case .WH_FORMAT_HEX: text.append(hex: integer(bytes, width, isSigned: false), uppercase: true)
      case .WH_FORMAT_OCT: text.append(octal: integer(bytes, width, isSigned: false))
      default: text.append(decimal: Int64(bitPattern: integer(bytes, width, isSigned: true)))
      }
    }
  }

  private static func appendResolved(
    _ bytes: RawSpan, _ type: ParameterType, _ group: FlagGroup, _ event: borrowing EventView,
    _ state: borrowing SystemState, _ position: Int, into text: inout [UInt8]
  ) -> Bool {
    switch type {
    case .WH_PT_ERRNO:
      let value = Int64(bitPattern: integer(bytes, 8, isSigned: true))
      return value < 0 && FlagText.append(value, .errno, into: &text)
    case .WH_PT_FD:
      return append(descriptor: Int64(bitPattern: integer(bytes, 8, isSigned: true)), state, into: &text)
    case .WH_PT_PID:
      let value = Int64(bitPattern: integer(bytes, 8, isSigned: true))
      guard let tid = Int32(exactly: value), tid >= 0 else { return false }
      let slot = state.threads.find(tid)
      guard slot != Slot.none, !state.threads[slot].comm.isEmpty else { return false }
      text.append(state.texts.bytes(state.threads[slot].comm))
      return true
    case .WH_PT_FSPATH, .WH_PT_FSRELPATH:
      let path = trimmed(bytes)
      guard path.byteCount > 0, !PathText.isAbsolute(path) else { return false }
      if type == .WH_PT_FSPATH {
        PathText.append(path, belowWorkingDirectory: state, into: &text)
      } else {
        PathText.append(
          path, belowDescriptor: event.int64(position - 1, or: Int64(WH_AT_FDCWD)), state, into: &text)
      }
      return true
    case .WH_PT_FLAGS8, .WH_PT_ENUMFLAGS8:
      return FlagText.append(Int64(integer(bytes, 1, isSigned: false)), group, into: &text)
    case .WH_PT_FLAGS16, .WH_PT_ENUMFLAGS16:
      return FlagText.append(Int64(integer(bytes, 2, isSigned: false)), group, into: &text)
    case .WH_PT_FLAGS32, .WH_PT_ENUMFLAGS32, .WH_PT_MODE:
      return FlagText.append(Int64(integer(bytes, 4, isSigned: false)), group, into: &text)
    case .WH_PT_SYSCALLID:
      guard let code = SyscallCode(rawValue: UInt16(integer(bytes, 2, isSigned: false))),
        let info = Schema.syscall(code)
      else { return false }
      text.append(text: info.name)
      return true
    case .WH_PT_SIGTYPE:
      let signal = integer(bytes, 1, isSigned: false)
      return signal > 0 && signal < 32 && FlagText.append(Int64(signal), .signals, into: &text)
    case .WH_PT_RELTIME:
      let value = integer(bytes, 8, isSigned: false)
      guard value != .max else { return false }
      text.append(general: Double(value) / 1e9)
      text.append(UInt8(ascii: "s"))
      return true
    case .WH_PT_UID, .WH_PT_GID:
      append(user: UInt32(truncatingIfNeeded: integer(bytes, 4, isSigned: false)), isGroup: type == .WH_PT_GID, state, into: &text)
      return true
    default:
      return false
    }
  }

  /// `<f>/etc/passwd`; `AT_FDCWD` and names of errors for negative numbers.
  private static func append(
    descriptor number: Int64, _ state: borrowing SystemState, into text: inout [UInt8]
  ) -> Bool {
    if number == Int64(WH_AT_FDCWD) {
      text.append("AT_FDCWD")
      return true
    }
    guard number >= 0 else { return FlagText.append(number, .errno, into: &text) }
    let slot = find(number, state)
    guard slot != Slot.none else { return false }
    text.append(UInt8(ascii: "<"))
    text.append(state.descriptors[slot].kind.character)
    switch state.descriptors[slot].shownTransport {
    case .tcp: text.append(UInt8(ascii: "t"))
    case .udp: text.append(UInt8(ascii: "u"))
    case .icmp: text.append(UInt8(ascii: "i"))
    case .raw: text.append(UInt8(ascii: "r"))
    case .unknown: break
    }
    text.append(UInt8(ascii: ">"))
    text.append(state.texts.bytes(state.descriptors[slot].name))
    return true
  }

  /// The event's own descriptor may already be out of the table (a close), so it is asked first.
  private static func find(_ number: Int64, _ state: borrowing SystemState) -> UInt32 {
    let own = state.current.descriptor
    if own != Slot.none, state.descriptors[own].number == number { return own }
    return state.descriptors.find(state.current.files, number)
  }

  private static func append(
    descriptorList bytes: RawSpan, _ state: borrowing SystemState, into text: inout [UInt8]
  ) {
    for index in 0..<DescriptorList.count(bytes) {
      let (number, events) = DescriptorList.entry(bytes, index)
      if index > 0 { text.append(UInt8(ascii: " ")) }
      text.append(decimal: number)
      text.append(UInt8(ascii: ":"))
      let slot = find(number, state)
      text.append(slot == Slot.none ? UInt8(ascii: "?") : state.descriptors[slot].kind.character)
      text.append(hex: UInt64(events), uppercase: false)
    }
  }

  private static func append(
    user id: UInt32, isGroup: Bool, _ state: borrowing SystemState, into text: inout [UInt8]
  ) {
    if id == .max {
      text.append("<NONE>")
    } else if let container = container(state) {
      let accounts = state.containers[container].accounts
      let range = isGroup ? state.groupAccount(id, of: container) : state.account(id, part: 0, of: container)
      if let range {
        text.append(state.texts.bytes(accounts).extracting(range))
      } else {
        appendDefault(id, into: &text)
      }
    } else if isGroup {
      if let name = state.users.group(id) { text.append(state.texts.bytes(name)) } else { appendDefault(id, into: &text) }
    } else {
      if let user = state.users.user(id) { text.append(state.texts.bytes(user.name)) } else { appendDefault(id, into: &text) }
    }
  }

  /// The container of the event's thread.
  private static func container(_ state: borrowing SystemState) -> UInt32? {
    let thread = state.current.thread
    guard thread != Slot.none, state.threads[thread].container != Slot.none else { return nil }
    return state.threads[thread].container
  }

  private static func appendDefault(_ id: UInt32, into text: inout [UInt8]) {
    if id == 0 { text.append("root") } else { text.append("<NA>") }
  }

  /// Bit i stands for signal i + 1.
  private static func appendSignals(_ mask: UInt64, into text: inout [UInt8]) {
    let start = text.count
    for bit in 0..<31 where mask & (1 << UInt64(bit)) != 0 {
      if text.count > start { text.append(UInt8(ascii: " ")) }
      FlagText.append(Int64(bit + 1), .signals, into: &text)
    }
  }

  /// Up to the first NUL.
  @_lifetime(copy bytes)
  static func trimmed(_ bytes: RawSpan) -> RawSpan {
    var end = 0
    while end < bytes.byteCount, PathText.byte(bytes, end) != 0 { end += 1 }
    return bytes.extracting(0..<end)
  }

  /// The first `width` bytes as a little-endian number.
  static func integer(_ bytes: RawSpan, _ width: Int, isSigned: Bool) -> UInt64 {
    var value: UInt64 = 0
    let width = min(width, bytes.byteCount)
    for index in 0..<width { value |= UInt64(PathText.byte(bytes, index)) << UInt64(8 * index) }
    if isSigned, width > 0, width < 8 {
      let shift = UInt64(64 - 8 * width)
      value = UInt64(bitPattern: Int64(bitPattern: value << shift) >> Int64(shift))
    }
    return value
  }
}

/// A value whose first byte says its type: which one depends on the event.
struct DynamicValue {
  let type: ParameterType

  /// - Returns: `nil` for a selector without value, or one that is not known.
  init?(_ event: EventType, _ bytes: RawSpan) {
    guard bytes.byteCount > 1 else { return nil }
    switch (event, PathText.byte(bytes, 0)) {
    case (.setsockopt, 0), (.getsockopt, 0): type = .WH_PT_BYTEBUF
    case (.setsockopt, 1), (.getsockopt, 1): type = .WH_PT_ERRNO
    case (.setsockopt, 2), (.getsockopt, 2): type = .WH_PT_UINT32
    case (.setsockopt, 3), (.getsockopt, 3): type = .WH_PT_UINT64
    case (.setsockopt, 4), (.getsockopt, 4): type = .WH_PT_RELTIME
    case (.ptrace, 0): type = .WH_PT_UINT64
    case (.ptrace, 1): type = .WH_PT_SIGTYPE
    case (.keyctl, 0): type = .WH_PT_INT64
    case (.keyctl, 1): type = .WH_PT_CHARBUF
    default: return nil
    }
  }
}

/// The entries of an `FDLIST`: a count, then descriptor and poll events of each.
enum DescriptorList {
  /// As many as are claimed and present.
  static func count(_ bytes: RawSpan) -> Int {
    guard bytes.byteCount >= 2 else { return 0 }
    return min(Int(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self)), (bytes.byteCount - 2) / 10)
  }

  static func entry(_ bytes: RawSpan, _ index: Int) -> (number: Int64, events: UInt16) {
    let offset = 2 + 10 * index
    return (
      unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Int64.self),
      unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt16.self)
    )
  }
}
