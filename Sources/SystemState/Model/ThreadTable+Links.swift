/// Adding and removing entries, and the lists between them: children of a thread, threads of a process.
///
/// The lists run through the entries by slot. A parent is a thread, not a process: the kernel reports who called
/// clone. Ids come from outside and may contradict each other, so a walk along `parent` must bound its steps.
extension ThreadTable {
  /// Stores an entry under its id, linked to nobody.
  ///
  /// - Precondition: The id is not in the table.
  /// - Returns: Its slot, or ``Slot/none`` if the table is full.
  mutating func insert(_ entry: ThreadEntry) -> UInt32 {
    guard let slot = entries.allocate(entry) else { return Slot.none }
    byID.insert(UInt64(UInt32(bitPattern: entry.tid)), slot)
    return slot
  }

  /// Ends an entry that was unlinked before.
  mutating func free(_ slot: UInt32) {
    byID.remove(UInt64(UInt32(bitPattern: entries[slot].tid)))
    entries.free(slot)
  }

  /// Whether a slot holds an entry: for walks over all slots below ``slotsEverUsed``.
  public func isLive(_ slot: UInt32) -> Bool { entries.isUsed(slot) }
  /// One past the highest slot that was ever in use.
  public var slotsEverUsed: UInt32 { entries.fresh }

  /// Makes a thread known to its process and its parent. Nothing happens for a placeholder.
  ///
  /// A parent that is not in the table, or is a placeholder, makes the parent's id 0.
  mutating func link(_ slot: UInt32) {
    if entries[slot].isPlaceholder { return }
    linkToProcess(slot)
    let (tid, ptid) = (entries[slot].tid, entries[slot].ptid)
    let parent = tid == 1 ? Slot.none : find(ptid)
    guard parent != Slot.none, parent != slot, !entries[parent].isPlaceholder else {
      entries[slot].ptid = 0
      return
    }
    attach(slot, toParent: parent)
  }

  /// The process half of ``link(_:)``: also for a thread that was seen before its main thread.
  mutating func linkToProcess(_ slot: UInt32) {
    guard entries[slot].main == Slot.none else { return }
    if entries[slot].isMainThread {
      entries[slot].main = slot
      entries[slot].liveThreads = entries[slot].isDead ? 0 : 1
      if entries[slot].pid == 1 || entries[slot].vpid == 1 { entries[slot].isReaper = true }
      if entries[slot].files == Slot.none { entries[slot].files = makeFileTable() }
      return
    }
    let main = find(entries[slot].pid)
    guard main != Slot.none, entries[main].main == main else { return }
    entries[slot].main = main
    let next = entries[main].nextInGroup
    entries[slot].nextInGroup = next
    entries[slot].previousInGroup = main
    if next != Slot.none { entries[next].previousInGroup = slot }
    entries[main].nextInGroup = slot
    if !entries[slot].isDead { entries[main].liveThreads += 1 }
    if entries[slot].files == Slot.none { share(files: entries[main].files, with: slot) }
  }

  /// For a thread whose main thread was not known when it was linked.
  @inline(never) mutating func linkToProcessIfPossible(_ slot: UInt32) {
    if !entries[slot].isPlaceholder { linkToProcess(slot) }
  }

  mutating func attach(_ slot: UInt32, toParent parent: UInt32) {
    let first = entries[parent].firstChild
    entries[slot].parent = parent
    entries[slot].previousSibling = Slot.none
    entries[slot].nextSibling = first
    if first != Slot.none { entries[first].previousSibling = slot }
    entries[parent].firstChild = slot
  }

  mutating func detachFromParent(_ slot: UInt32) {
    let parent = entries[slot].parent
    guard parent != Slot.none else { return }
    let (next, previous) = (entries[slot].nextSibling, entries[slot].previousSibling)
    if previous == Slot.none {
      entries[parent].firstChild = next
    } else {
      entries[previous].nextSibling = next
    }
    if next != Slot.none { entries[next].previousSibling = previous }
    entries[slot].parent = Slot.none
    entries[slot].nextSibling = Slot.none
    entries[slot].previousSibling = Slot.none
  }

  /// Takes a thread out of its process's list. The count of live threads is the caller's.
  mutating func detachFromProcess(_ slot: UInt32) {
    let (next, previous) = (entries[slot].nextInGroup, entries[slot].previousInGroup)
    if previous != Slot.none { entries[previous].nextInGroup = next }
    if next != Slot.none { entries[next].previousInGroup = previous }
    entries[slot].nextInGroup = Slot.none
    entries[slot].previousInGroup = Slot.none
    entries[slot].main = Slot.none
  }

  /// Gives all children of a thread to another one, or to nobody.
  mutating func moveChildren(of slot: UInt32, to reaper: UInt32) {
    var child = entries[slot].firstChild
    entries[slot].firstChild = Slot.none
    while child != Slot.none {
      let next = entries[child].nextSibling
      entries[child].parent = Slot.none
      entries[child].nextSibling = Slot.none
      entries[child].previousSibling = Slot.none
      if reaper != Slot.none, reaper != child {
        entries[child].ptid = entries[reaper].tid
        attach(child, toParent: reaper)
      } else {
        entries[child].ptid = 0
      }
      child = next
    }
  }
}
