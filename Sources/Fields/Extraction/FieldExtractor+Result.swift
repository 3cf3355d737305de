internal import ByteText
internal import EventSchema
internal import SystemState

/// Parameters and results of an event, and what follows from them.
extension FieldExtractor {
  mutating func resultValue(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let plan = plans[field]
    switch plan.id {
    case .evtArg: return argument(position(plan, event.type), event, state)
    case .evtRawarg: return rawArgument(position(plan, event.type), event)
    case .evtArgs, .evtInfo:
      let start = scratch.count
      ParameterPrinter.appendAll(event, state, into: &scratch)
      return text(from: start)
    case .evtRes:
      guard let result = result(event) else { return .missing }
      return result >= 0 ? constants[.success] : constants.error(result)
    case .evtRawres:
      guard let result = result(event) else { return .missing }
      return .signed(result)
    case .evtIsOpenCreate: return .boolean(hasCreated(event))
    case .evtIsOpenExec: return .boolean(createsExecutable(event))
    case .evtBuffer:
      let position = Int(tables.data[code(event)])
      return position < 0 ? .missing : .record(event.range(of: position), .bytes, .WH_PT_BYTEBUF)
    case .evtBuflen, .evtBuflenIn, .evtBuflenOut, .evtBuflenFile, .evtBuflenFileIn, .evtBuflenFileOut, .evtBuflenNet,
      .evtBuflenNetIn, .evtBuflenNetOut:
      return bufferLength(plan, event, state)
    case .evtCountError, .evtCountErrorFile, .evtCountErrorNet, .evtCountErrorMemory, .evtCountErrorOther:
      return errorCount(plan, event, state)
    default: return .missing
    }
  }

  /// The first parameter of a finished system call as a number; `nil` for calls and events without a result.
  @inline(__always)
  mutating func result(_ event: borrowing EventView) -> Int64? {
    let code = Int(event.type.rawValue)
    guard code < tables.count else { return nil }
    switch tables.results[code] {
    case .none: return nil
    case .long: return event.value(0, as: Int64.self)
    case .signed: return event.value(0, as: Int32.self).map(Int64.init)
    case .unsigned: return event.value(0, as: UInt32.self).map(Int64.init)
    }
  }

  /// The readable form of a parameter, or the raw one where there is none; texts stay where they are.
  mutating func argument(
    _ position: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    guard let traits = ParameterTraits(event.type, position) else { return .missing }
    if traits.type.isText {
      let range = event.textRange(of: position)
      if range.isEmpty { return event.isEmpty(position) ? constants[.na] : .record(range) }
      if traits.type == .WH_PT_CHARBUF || PathText.isAbsolute(event.record.extracting(range)) { return .record(range) }
    }
    let start = scratch.count
    ParameterPrinter.append(event, state, position, into: &scratch)
    return text(from: start)
  }

  private mutating func rawArgument(_ position: Int, _ event: borrowing EventView) -> FieldValue {
    guard let traits = ParameterTraits(event.type, position) else { return .missing }
    let range = event.range(of: position)
    guard !range.isEmpty else { return .missing }
    let format: NumberFormat =
      switch traits.format {
      case .WH_FORMAT_HEX: .hex
      case .WH_FORMAT_OCT: .octal
      default: .decimal
      }
    if traits.type == .WH_PT_DYN {
      guard let dynamic = DynamicValue(event.type, event.bytes(position)) else { return .missing }
      return raw(range.lowerBound + 1..<range.upperBound, dynamic.type, format, event)
    }
    return raw(range, traits.type, format, event)
  }

  private mutating func raw(
    _ range: Range<Int>, _ type: ParameterType, _ format: NumberFormat, _ event: borrowing EventView
  ) -> FieldValue {
    let bytes = event.record.extracting(range)
    switch type {
    case .WH_PT_CHARBUF, .WH_PT_FSPATH, .WH_PT_FSRELPATH:
      return .record(range.lowerBound..<range.lowerBound + ParameterPrinter.trimmed(bytes).byteCount, .text, type)
    case .WH_PT_BYTEBUF, .WH_PT_SOCKADDR, .WH_PT_SOCKTUPLE, .WH_PT_FDLIST, .WH_PT_CHARBUFARRAY:
      return .record(range, .bytes, type)
    case .WH_PT_INT8, .WH_PT_INT16, .WH_PT_INT32, .WH_PT_INT64, .WH_PT_ERRNO, .WH_PT_FD, .WH_PT_PID, .WH_PT_FD32,
      .WH_PT_PID32:
      let width = Int(wh_param_size(type.rawValue))
      return FieldValue(.signed, type, word: ParameterPrinter.integer(bytes, width, isSigned: true), format: format)
    default:
      let width = Int(wh_param_size(type.rawValue))
      return .unsigned(ParameterPrinter.integer(bytes, width, isSigned: false), type, format: format)
    }
  }

  /// Portable open flags; 0 for everything but open, openat, openat2 and open_by_handle_at.
  @inline(__always)
  mutating func openFlags(_ event: borrowing EventView) -> UInt32 {
    let position = Int(tables.openFlags[code(event)])
    return position < 0 ? 0 : event.uint32(position, or: 0)
  }

  private mutating func hasCreated(_ event: borrowing EventView) -> Bool {
    let flags = openFlags(event)
    if flags & UInt32(WH_FLAG_file_flags_O_F_CREATED) != 0 { return true }
    return flags & UInt32(WH_FLAG_file_flags_O_TMPFILE) != 0 && (result(event) ?? -1) >= 0
  }

  private mutating func createsExecutable(_ event: borrowing EventView) -> Bool {
    let position = Int(tables.openMode[code(event)])
    guard position >= 0, event.uint32(position, or: 0) & 0o111 != 0 else { return false }
    if event.type == .creat || event.type == .creat_enter { return true }
    let creating = UInt32(WH_FLAG_file_flags_O_CREAT) | UInt32(WH_FLAG_file_flags_O_TMPFILE)
    return openFlags(event) & creating != 0
  }

  private mutating func bufferLength(
    _ plan: Plan, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let category = ParameterTraits.category(event.type)
    switch category {
    case .WH_CATEGORY_IO_READ, .WH_CATEGORY_IO_WRITE, .WH_CATEGORY_IO_OTHER: break
    default: return .missing
    }
    let slot = state.current.descriptor
    guard slot != Slot.none, let result = result(event), result >= 0 else { return .missing }
    switch plan.id {
    case .evtBuflenIn, .evtBuflenFileIn, .evtBuflenNetIn: guard category == .WH_CATEGORY_IO_READ else { return .missing }
    case .evtBuflenOut, .evtBuflenFileOut, .evtBuflenNetOut:
      guard category == .WH_CATEGORY_IO_WRITE else { return .missing }
    default: break
    }
    switch plan.id {
    case .evtBuflenFile, .evtBuflenFileIn, .evtBuflenFileOut:
      guard state.descriptors[slot].kind == .file else { return .missing }
    case .evtBuflenNet, .evtBuflenNetIn, .evtBuflenNetOut:
      guard state.descriptors[slot].isIPSocket else { return .missing }
    default: break
    }
    return .unsigned(UInt64(result), plan.type)
  }

  private mutating func errorCount(
    _ plan: Plan, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    guard let result = result(event) else { return .missing }
    let count = FieldValue.unsigned(result < 0 ? 1 : 0, plan.type)
    if plan.id == .evtCountError { return count }
    let slot = state.current.descriptor
    var isFile = false
    var isNet = false
    if slot != Slot.none {
      switch state.descriptors[slot].kind {
      case .file, .directory: isFile = true
      case .ipv4, .ipv6, .ipv4Server, .ipv6Server, .unix: isNet = true
      default: break
      }
    } else {
      switch event.type {
      case .open, .creat, .openat, .openat2, .open_by_handle_at: isFile = true
      case .accept, .accept4, .connect: isNet = true
      default: break
      }
    }
    let isMemory = ParameterTraits.category(event.type) == .WH_CATEGORY_MEMORY
    switch plan.id {
    case .evtCountErrorFile: return isFile ? count : .missing
    case .evtCountErrorNet: return isNet ? count : .missing
    case .evtCountErrorMemory: return isMemory ? count : .missing
    default: return isFile || isNet || isMemory ? .missing : count
    }
  }
}
