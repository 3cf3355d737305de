/// What the last event ended. It stays visible while rules look at that event, and goes before the next one.
struct PendingRemovals: BitwiseCopyable {
  var thread = Slot.none
  /// The thread that the kernel gave the children to; -1 if it did not say, 0 if there are none.
  var reaper: Int64 = -1
  var files = Slot.none
  var descriptor = Slot.none

  var isAny: Bool { thread & descriptor != Slot.none }

  /// A slot is freed by another way: it may soon hold someone else.
  mutating func forget(thread slot: UInt32) {
    if thread == slot { thread = Slot.none }
  }
}

extension SystemState {
  /// Lets go at once what the last event ended: for who looks at the tables between two events.
  public mutating func finishPending() {
    if pending.descriptor != Slot.none {
      let (files, slot) = (pending.files, pending.descriptor)
      pending.files = Slot.none
      pending.descriptor = Slot.none
      removeDescriptor(files, slot)
    }
    if pending.thread != Slot.none {
      let slot = pending.thread
      pending.thread = Slot.none
      finishExit(slot, reaper: pending.reaper)
    }
  }
}
