internal import EventSchema
internal import Glibc

/// Type, format and flag group of one parameter, read from the schema's C tables: no `String`, no array.
struct ParameterTraits: BitwiseCopyable {
  let type: ParameterType
  let format: ParameterFormat
  let group: FlagGroup

  /// - Returns: `nil` for a position that the event does not have.
  @inline(__always)
  init?(_ event: EventType, _ position: Int) {
    guard let info = unsafe wh_event_info(event.rawValue), position >= 0,
      position < Int(unsafe info.pointee.nparams)
    else { return nil }
    let parameter = unsafe info.pointee.params[position]
    unsafe type = parameter.type
    unsafe format = parameter.format
    unsafe group = parameter.group
  }

  /// The position of the event's first parameter of this type; `nil` if it has none.
  static func position(of type: ParameterType, in event: EventType) -> Int? {
    guard let info = unsafe wh_event_info(event.rawValue) else { return nil }
    for position in 0..<Int(unsafe info.pointee.nparams) where unsafe info.pointee.params[position].type == type {
      return position
    }
    return nil
  }

  static func count(_ event: EventType) -> Int {
    guard let info = unsafe wh_event_info(event.rawValue) else { return 0 }
    return Int(unsafe info.pointee.nparams)
  }

  /// Whether a parameter is an addition of ours to an event that others know without it.
  static func isOwn(_ event: EventType, _ position: Int) -> Bool {
    switch event {
    case .open, .creat: position == 6
    case .openat: position == 7
    case .openat2: position == 8
    default: false
    }
  }

  static func category(_ event: EventType) -> EventCategory {
    guard let info = unsafe wh_event_info(event.rawValue) else { return .WH_CATEGORY_UNKNOWN }
    return unsafe info.pointee.category
  }

  static func isExit(_ event: EventType) -> Bool {
    guard let info = unsafe wh_event_info(event.rawValue) else { return false }
    return unsafe info.pointee.direction == .WH_DIRECTION_EXIT
  }

  /// A parameter's name as NUL-terminated bytes of the schema.
  static func appendName(_ event: EventType, _ position: Int, into text: inout [UInt8]) {
    guard let info = unsafe wh_event_info(event.rawValue), position < Int(unsafe info.pointee.nparams) else { return }
    let name = unsafe info.pointee.params[position].name!
    unsafe text.append(contentsOf: UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }
}

extension ParameterType {
  var isText: Bool { self == .WH_PT_CHARBUF || self == .WH_PT_FSPATH || self == .WH_PT_FSRELPATH }
  /// Empty values of these types print `NULL`, of all others `<NA>`.
  var printsNullWhenEmpty: Bool {
    switch self {
    case .WH_PT_BYTEBUF, .WH_PT_SOCKTUPLE, .WH_PT_FDLIST, .WH_PT_CHARBUFARRAY, .WH_PT_DYN: true
    default: false
    }
  }
}
