internal import EventSchema

extension SystemState {
  /// Keeps what the entry side of an open or connect says until the thread's next exit event.
  mutating func rememberEntry(_ event: borrowing EventView, _ type: EventType) {
    if type == .connect_enter { use(event, 0) }
    let slot = current.thread
    guard slot != Slot.none, !event.isEmpty(0) else { return }
    if threads[slot].pendingEntry != Slot.none { dropCallEntry(of: slot) }

    var entry: CallEntry
    switch type {
    case .open_enter:
      entry = CallEntry(exit: .open)
      entry.flags = event.uint32(1, or: 0)
    case .creat_enter: entry = CallEntry(exit: .creat)
    case .openat_enter, .openat2_enter:
      entry = CallEntry(exit: type == .openat_enter ? .openat : .openat2)
      entry.directory = event.int64(0, or: -100)
      entry.flags = event.uint32(2, or: 0)
    case .connect_enter:
      entry = CallEntry(exit: .connect)
      entry.address = SocketAddress(event.bytes(1))
    default: return
    }
    guard let kept = callEntries.allocate(entry) else {
      counters.callEntriesRefused &+= 1
      return
    }
    switch type {
    case .open_enter, .creat_enter: callEntries[kept].name = texts.store(event.bytes(0).untilNUL())
    case .openat_enter, .openat2_enter: callEntries[kept].name = texts.store(event.bytes(1).untilNUL())
    default:
      if entry.address.family == .unix {
        callEntries[kept].name = texts.store(SocketAddress.path(in: event.bytes(1)))
      }
    }
    threads[slot].pendingEntry = kept
  }

  mutating func dropCallEntry(of slot: UInt32) {
    let entry = threads[slot].pendingEntry
    texts.release(callEntries[entry].name)
    callEntries.free(entry)
    threads[slot].pendingEntry = Slot.none
  }
}
