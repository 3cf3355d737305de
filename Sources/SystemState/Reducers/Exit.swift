internal import EventSchema

extension SystemState {
  /// Marks the thread as dead; it goes with the next event, so that rules still see it.
  mutating func exit(_ event: borrowing EventView) {
    let slot = current.thread
    guard slot != Slot.none, !threads[slot].isDead else { return }
    // Its id was found in use by a later reading of /proc: this is the end of the owner before.
    if isOlderThanReading { return }
    threads[slot].flags.insert(.closed)
    let main = threads[slot].main
    if main != Slot.none { threads[main].liveThreads -= 1 }
    pending.thread = slot
    pending.reaper = event.int64(4, or: -1)
  }

  /// Removes a thread whose exit the last event reported. A main thread stays, dead, while others of its process live.
  mutating func finishExit(_ slot: UInt32, reaper: Int64) {
    let entry = threads[slot]
    recentExits.insert(tid: entry.tid, parentProcess: parentProcess(of: entry), pid: entry.pid, time: current.timestamp)
    moveChildren(of: slot, to: reaper)
    let main = entry.main
    if main == slot {
      if entry.liveThreads == 0 { removeThread(slot, reaper: reaper) }
      return
    }
    destroy(slot)
    if main != Slot.none, threads[main].liveThreads == 0, threads[main].isDead { removeThread(main, reaper: reaper) }
  }

  /// The process that made a thread's process, or has adopted it; the id that was told where that is in no table.
  func parentProcess(of entry: ThreadEntry) -> Int32 {
    entry.parent == Slot.none ? entry.ptid : threads[entry.parent].pid
  }

  /// Gives the children of a thread that goes to whom the kernel gives them.
  ///
  /// - Parameter reaper: The kernel's word for it; 0 or less if it said none.
  mutating func moveChildren(of slot: UInt32, to reaper: Int64) {
    guard threads[slot].firstChild != Slot.none else { return }
    let adopter = adopter(of: slot, named: reaper)
    if adopter != Slot.none {
      let main = threads[adopter].main
      if main != Slot.none, main != threads[slot].main { threads[main].isReaper = true }
    }
    threads.moveChildren(of: slot, to: adopter)
  }

  private func adopter(of slot: UInt32, named reaper: Int64) -> UInt32 {
    if reaper > 0, reaper <= Int64(Int32.max) {
      let named = threads.find(Int32(reaper))
      if named != Slot.none, named != slot, !threads[named].isPlaceholder { return named }
    }
    let sibling = liveThread(of: threads[slot].main, butNot: slot)
    if sibling != Slot.none { return sibling }
    // Up to the nearest reaper of the same pid namespace. Ids from outside may form a loop: it has to end.
    let isNamespaced = threads[slot].isInPidNamespace
    var ancestor = threads[slot].parent
    for _ in 0..<1024 {
      guard ancestor != Slot.none, threads[ancestor].isInPidNamespace == isNamespaced else { return Slot.none }
      let main = threads[ancestor].main
      if main != Slot.none, threads[main].isReaper {
        let live = liveThread(of: main, butNot: slot)
        if live != Slot.none { return live }
      }
      ancestor = threads[ancestor].parent
    }
    return Slot.none
  }

  /// A thread of the process that has not exited, the main thread first.
  private func liveThread(of main: UInt32, butNot excluded: UInt32) -> UInt32 {
    var thread = main
    while thread != Slot.none {
      if thread != excluded, !threads[thread].isDead { return thread }
      thread = threads[thread].nextInGroup
    }
    return Slot.none
  }
}
