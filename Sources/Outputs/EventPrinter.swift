internal import ByteText
public import EventSchema
internal import Fields
internal import JSONText
public import SystemState

/// Events as lines, for looking at what a source delivers: every parameter by name.
public struct EventPrinter: ~Copyable {
  private var extractor: FieldExtractor
  private var text: [UInt8] = []
  private var json = JSONWriter()

  private static let fields: [ResolvedField] = ["evt.type", "proc.name", "proc.pid"].map {
    guard case .success(let field) = FieldCatalogue.resolve(name: $0) else { fatalError("the catalogue lacks \($0)") }
    return field
  }

  public init() { extractor = FieldExtractor(EventPrinter.fields) }

  /// Appends `TIME CPU COMM (TID) DIRECTION TYPE name=value …` and a newline, for the event applied last.
  public mutating func appendText(
    _ event: borrowing EventView, _ state: borrowing SystemState, into line: inout [UInt8]
  ) {
    extractor.begin()
    line.append(time: event.timestamp, .localTime)
    line.append(UInt8(ascii: " "))
    line.append(decimal: UInt64(event.cpu))
    line.append(UInt8(ascii: " "))
    extractor.render(1, event, state, into: &line)
    line.append(" (")
    line.append(decimal: Int64(bitPattern: event.threadID))
    line.append(") ")
    line.append(Schema.event(event.type)?.direction == .WH_DIRECTION_EXIT ? UInt8(ascii: "<") : UInt8(ascii: ">"))
    line.append(UInt8(ascii: " "))
    extractor.render(0, event, state, into: &line)
    let start = line.count
    line.append(UInt8(ascii: " "))
    ParameterPrinter.appendAll(event, state, into: &line)
    if line.count == start + 1 { line.removeLast() }
    for index in start..<line.count where line[index] == UInt8(ascii: "\n") || line[index] == UInt8(ascii: "\r") {
      line[index] = UInt8(ascii: ".")
    }
    line.append(UInt8(ascii: "\n"))
  }

  /// Appends an object with the keys `ts`, `cpu`, `pid`, `tid`, `type` and `params`, and a newline, for the event
  /// applied last. Numbers are numbers, flags and readable numbers their text, empty values `null`.
  public mutating func appendJSON(
    _ event: borrowing EventView, _ state: borrowing SystemState, into line: inout [UInt8]
  ) {
    extractor.begin()
    json.reset()
    json.beginObject()
    json.key("ts")
    json.number(event.timestamp)
    json.key("cpu")
    json.number(UInt64(event.cpu))
    json.key("pid")
    extractor.write(2, event, state, into: &json)
    json.key("tid")
    json.number(Int64(bitPattern: event.threadID))
    json.key("type")
    extractor.write(0, event, state, into: &json)
    json.key("params")
    json.beginObject()
    if let info = Schema.event(event.type) {
      for (position, parameter) in info.parameters.enumerated()
      where !ParameterPrinter.isHidden(event, position) {
        json.key(parameter.name)
        write(event, state, position, parameter)
      }
    }
    json.endObject()
    json.endObject()
    line.append(contentsOf: json.bytes)
    line.append(UInt8(ascii: "\n"))
  }

  private mutating func write(
    _ event: borrowing EventView, _ state: borrowing SystemState, _ position: Int, _ parameter: ParameterInfo
  ) {
    let bytes = event.bytes(position)
    guard bytes.byteCount > 0 else { return json.null() }
    text.removeAll(keepingCapacity: true)
    switch parameter.type {
    case .WH_PT_INT8, .WH_PT_INT16, .WH_PT_INT32, .WH_PT_INT64, .WH_PT_ERRNO, .WH_PT_FD, .WH_PT_PID, .WH_PT_FD32,
      .WH_PT_PID32:
      json.number(Int64(bitPattern: integer(bytes, isSigned: true)))
    case .WH_PT_UINT8, .WH_PT_UINT16, .WH_PT_UINT32, .WH_PT_UINT64, .WH_PT_RELTIME, .WH_PT_ABSTIME, .WH_PT_UID,
      .WH_PT_GID, .WH_PT_PORT, .WH_PT_SYSCALLID:
      json.number(integer(bytes, isSigned: false))
    case .WH_PT_FLAGS8, .WH_PT_FLAGS16, .WH_PT_FLAGS32, .WH_PT_ENUMFLAGS8, .WH_PT_ENUMFLAGS16, .WH_PT_ENUMFLAGS32,
      .WH_PT_MODE, .WH_PT_SIGTYPE:
      if ParameterPrinter.appendResolved(event, state, position, into: &text) {
        json.string(text)
      } else {
        json.number(integer(bytes, isSigned: false))
      }
    default:
      ParameterPrinter.appendRaw(event, state, position, into: &text)
      json.string(text)
    }
  }

  private func integer(_ bytes: RawSpan, isSigned: Bool) -> UInt64 {
    var value: UInt64 = 0
    let width = min(8, bytes.byteCount)
    for index in 0..<width {
      value |= UInt64(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) << UInt64(8 * index)
    }
    guard isSigned, width < 8 else { return value }
    let shift = Int64(64 - 8 * width)
    return UInt64(bitPattern: (Int64(bitPattern: value) << shift) >> shift)
  }
}
