internal import EventSchema

/// Which events have a name, for comparisons that the name decides when rules are loaded.
///
/// Those that carry their name in the record are left out: ``TypeTest/isDynamic(_:)``.
enum NamedEvents {
  static let types: [String: EventTypeSet] = {
    var types: [String: EventTypeSet] = [:]
    for event in Schema.events where !TypeTest.isDynamic(event.type) {
      types[event.name, default: EventTypeSet()].insert(event.type)
    }
    return types
  }()
  /// Calls that arrive as generic events.
  static let calls: [String: SyscallSet] = {
    var calls: [String: SyscallSet] = [:]
    for call in Schema.syscalls where call.event == .generic {
      calls[call.name, default: SyscallSet()].insert(call.code)
    }
    return calls
  }()
  static let allTypes = types.values.reduce(into: EventTypeSet()) { $0.formUnion($1) }
  static let allCalls = calls.values.reduce(into: SyscallSet()) { $0.formUnion($1) }
  static let systemCalls = EventTypeSet(Schema.events.filter { EventCategories.isSystemCall($0) }.map(\.type))
}
