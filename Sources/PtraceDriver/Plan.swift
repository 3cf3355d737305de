internal import CPtrace
internal import Capture
public import EventSchema

extension PtraceDriver {
  /// Events that a tracer can see: all but page faults and task switches, which no stop tells of.
  public static let available: EventTypeSet = {
    var events = EventTypeSet(Schema.syscalls.lazy.filter { $0.nativeNumber != nil }.map(\.event))
    for entry in Schema.events.compactMap(\.type.entry) { events.insert(entry) }
    for point in [EventType.procexit, .signaldeliver] { events.insert(point) }
    return events
  }()

  /// Calls that never come back to where they were made, so that no driver sees them finish.
  static let withoutEnd = SyscallSet([.exit, .exit_group, .rt_sigreturn])

  /// Whether a filter may let the closes of other descriptors than the standard ones pass: a stop at each would tell the
  /// state no more than the next call that gives the number out again.
  static func passesCloses(_ interest: Interest) -> Bool { interest.forState.contains(.close) }
}

extension wh_plan {
  /// What is to become of each call.
  init(_ interest: Interest) {
    self.init()
    let events = interest.events
    for slot in Schema.callSlots {
      let call = slot.syscall
      let number = slot.slot
      set(\.code, number, call.code.rawValue)
      if PtraceDriver.withoutEnd.contains(call.code) { continue }
      if interest.wants(call) { set(\.exit_event, number, call.event.rawValue) }
      if let entry = interest.entry(of: call) { set(\.entry_event, number, entry.rawValue) }
    }
    // A successful exec of either call is reported as execve.
    if events.contains(.execve) || events.contains(.execveat) { exec_event = EventType.execve.rawValue }
    if events.contains(.procexit) { end_event = EventType.procexit.rawValue }
    if events.contains(.signaldeliver) { signal_event = EventType.signaldeliver.rawValue }
    resolves_paths = interest.resolvesPaths
    passes_closes = PtraceDriver.passesCloses(interest)
    is_empty = !hasCalls && exec_event == 0 && end_event == 0 && signal_event == 0
  }

  /// A table of C is a tuple in Swift: its elements are reached through memory.
  private mutating func set<Table>(_ table: WritableKeyPath<wh_plan, Table>, _ index: Int, _ value: UInt16) {
    unsafe withUnsafeMutableBytes(of: &self[keyPath: table]) {
      unsafe $0.storeBytes(of: value, toByteOffset: 2 * index, as: UInt16.self)
    }
  }

  private var hasCalls: Bool {
    unsafe withUnsafeBytes(of: exit_event) { unsafe $0.contains { $0 != 0 } }
      || withUnsafeBytes(of: entry_event) { unsafe $0.contains { $0 != 0 } }
  }
}
