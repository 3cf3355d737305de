public import EventSchema

extension Interest {
  /// Whether a finished call makes an event: its own, or the generic one.
  public func wants(_ call: SyscallInfo) -> Bool {
    call.event == .generic
      ? events.contains(.generic) && genericCalls.contains(call.code) : events.contains(call.event)
  }

  /// The event that a starting call makes, `nil` for none.
  public func entry(of call: SyscallInfo) -> EventType? {
    guard let entry = call.event.entry, events.contains(entry) else { return nil }
    return entry
  }
}
