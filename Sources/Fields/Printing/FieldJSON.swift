internal import ByteText
public import EventSchema
public import JSONText
public import SystemState

/// Values of fields as JSON: numbers as numbers, truth as truth, no value as `null`.
extension FieldExtractor {
  /// Writes a field's value on the current event.
  ///
  /// Numbers that print in hexadecimal or octal become strings, times of day the event's nanoseconds since the epoch.
  public mutating func write(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState, into json: inout JSONWriter
  ) {
    if plans[field].area == .expression { return write(value(field, event, state), event, state, into: &json) }
    switch plans[field].id {
    case .evtTime, .evtTimeS, .evtTimeIso8601, .evtDatetime, .evtDatetimeS, .evtOutputtime:
      json.number(event.timestamp)
      return
    default: break
    }
    let value = printed(field, event, state)
    if value.kind == .list, fields[field].hasCandidates {
      if value.count == 0 || fields[field].info.flags.contains(.filterOnly) { return json.null() }
      let start = scratch.count
      for index in 0..<value.count {
        if index > 0 { scratch.append(UInt8(ascii: " ")) }
        append(item(index, of: value), event, state)
      }
      json.string(bytes(text(from: start), event, state))
      return
    }
    write(value, event, state, into: &json)
  }

  /// Writes a value.
  public borrowing func write(
    _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState, into json: inout JSONWriter
  ) {
    switch value.kind {
    case .missing: json.null()
    case .unsigned where value.format == .decimal || value.format == .padded9: json.number(value.word)
    case .signed where value.format == .decimal || value.format == .padded9: json.number(value.signed)
    case .boolean: json.boolean(value.word != 0)
    case .double: json.number(value.double)
    case .text: json.string(bytes(value, event, state))
    case .list:
      json.beginArray()
      for index in 0..<value.count { write(item(index, of: value), event, state, into: &json) }
      json.endArray()
    default:
      var text: [UInt8] = []
      render(value, event, state, into: &text)
      json.string(text)
    }
  }
}
