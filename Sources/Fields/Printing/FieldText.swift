internal import ByteText
public import EventSchema
public import SystemState

/// Values of fields as people read them in alerts.
extension FieldExtractor {
  /// Lists and buffers print no more than this many bytes.
  static var longestText: Int { 1023 }

  /// Appends a field's text on the current event; `<NA>` if it has no value.
  ///
  /// - Parameter field: The position in the fields that the extractor was made with.
  public mutating func render(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState, into text: inout [UInt8]
  ) {
    let value = printed(field, event, state)
    if value.kind == .list, field < fields.count, fields[field].hasCandidates {
      if value.count == 0 || fields[field].info.flags.contains(.filterOnly) { return text.append("<NA>") }
      for index in 0..<value.count {
        if index > 0 { text.append(UInt8(ascii: " ")) }
        render(item(index, of: value), event, state, into: &text)
      }
      return
    }
    render(value, event, state, into: &text)
  }

  /// Appends the text of a value.
  public borrowing func render(
    _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState, into text: inout [UInt8]
  ) {
    switch value.kind {
    case .missing: text.append("<NA>")
    case .unsigned:
      switch value.format {
      case .decimal: text.append(decimal: value.word)
      case .padded9: text.append(decimal: value.word, width: 9)
      case .hex: text.append(hex: value.word, uppercase: true)
      case .octal: text.append(octal: value.word)
      }
    case .signed:
      switch value.format {
      case .decimal, .padded9: text.append(decimal: value.signed)
      case .hex: text.append(hex: masked(value), uppercase: true)
      case .octal: text.append(octal: masked(value))
      }
    case .boolean: if value.word != 0 { text.append("true") } else { text.append("false") }
    case .double: text.append(fixed: value.double, decimals: 1)
    case .text: text.append(bytes(value, event, state))
    case .bytes: renderBytes(value, event, state, into: &text)
    case .ipv4: text.append(ipv4: value.ipv4)
    case .ipv6: text.append(ipv6: value.word, value.low)
    case .list:
      let start = text.count
      text.append(UInt8(ascii: "("))
      for index in 0..<value.count {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        render(item(index, of: value), event, state, into: &text)
      }
      text.append(UInt8(ascii: ")"))
      if text.count - start > Self.longestText { text.removeSubrange((start + Self.longestText)...) }
    }
  }

  /// Addresses as text, other bytes with dots; nothing prints `NULL`.
  private borrowing func renderBytes(
    _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState, into text: inout [UInt8]
  ) {
    let bytes = bytes(value, event, state)
    if bytes.byteCount == 0 { return text.append("NULL") }
    switch value.type {
    case .WH_PT_SOCKADDR, .WH_PT_SOCKTUPLE, .WH_PT_FDLIST:
      ParameterPrinter.appendRaw(bytes, value.type, .WH_FORMAT_NA, state, into: &text)
    default:
      ParameterPrinter.append(dotted: bytes.extracting(0..<min(bytes.byteCount, 65_535)), into: &text)
    }
  }

  /// The value in the width of its type: -1 as a 32-bit number is `FFFFFFFF`.
  private borrowing func masked(_ value: FieldValue) -> UInt64 {
    let width = Int(wh_param_size(value.type.rawValue))
    return width == 0 || width >= 8 ? value.word : value.word & (1 << UInt64(8 * width) - 1)
  }

  /// What output shows of a field where that differs from what conditions compare.
  mutating func printed(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let plan = plans[field]
    if plan.area == .expression { return value(field, event, state) }
    if plan.index < 0, plan.keyCount == 0 {
      switch plan.id {
      case .procApid:
        let slot = state.current.thread
        return slot == Slot.none ? .missing : .signed(Int64(state.threads[slot].pid))
      case .procAenv:
        return state.current.thread == Slot.none ? .missing : environment(state.current.mainThread, plan, state)
      case .evtAround: return .missing
      default: break
      }
    }
    return plan.id == .evtAround ? .missing : value(field, event, state)
  }
}
