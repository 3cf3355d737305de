/// All threads by id, with the links between them.
public struct ThreadTable: ~Copyable {
  @usableFromInline var entries: Slab<ThreadEntry>
  @usableFromInline var byID: IndexTable
  var fileTables: Slab<FileTable>
  public let limit: Int
  /// Where the last search for an entry to drop ended.
  var evictionHand: UInt32 = 0

  init(limit: Int) {
    self.limit = limit
    entries = Slab(limit: limit)
    byID = IndexTable(capacity: 4096)
    fileTables = Slab(limit: limit)
  }

  public var count: Int { entries.count }

  /// The slot of a thread, or ``Slot/none``.
  @inlinable @inline(__always) public func find(_ tid: Int32) -> UInt32 { byID.find(UInt64(UInt32(bitPattern: tid))) ?? Slot.none }

  /// - Precondition: `slot` is that of a live entry, not ``Slot/none``.
  @inlinable public subscript(slot: UInt32) -> ThreadEntry {
    @inline(__always) _read { yield entries[slot] }
    @inline(__always) _modify { yield &entries[slot] }
  }

  /// Notes that an event of a thread was seen.
  ///
  /// - Returns: Its main thread, which may have become known only now, and its table of descriptors; ``Slot/none`` each
  ///   if it still is not.
  @inline(__always) mutating func see(_ slot: UInt32, at time: UInt64) -> (main: UInt32, files: UInt32) {
    let seen = ThreadTable.see(&entries[slot], at: time)
    if seen.main != Slot.none { return seen }
    linkToProcessIfPossible(slot)
    return (entries[slot].main, entries[slot].files)
  }

  /// One look at the entry for both: each access through the table computes and checks its place again.
  @inline(__always) private static func see(
    _ entry: inout ThreadEntry, at time: UInt64
  ) -> (main: UInt32, files: UInt32) {
    entry.lastSeen = time
    return (entry.main, entry.files)
  }

  /// Notes the descriptor number of a thread's last event.
  ///
  /// - Returns: What the entry side of the call in progress left, ``Slot/none`` for nothing.
  @inline(__always) mutating func note(_ descriptor: Int64, for slot: UInt32) -> UInt32 {
    ThreadTable.note(descriptor, in: &entries[slot])
  }

  @inline(__always) private static func note(_ descriptor: Int64, in entry: inout ThreadEntry) -> UInt32 {
    entry.lastDescriptor = descriptor
    return entry.pendingEntry
  }

  /// The main thread of the process that `slot` belongs to, or ``Slot/none``.
  @inlinable public func mainThread(of slot: UInt32) -> UInt32 { slot == Slot.none ? Slot.none : entries[slot].main }

  /// The main thread of the parent process: one step up the ancestry, or ``Slot/none`` at its end.
  @inlinable public func parentProcess(of slot: UInt32) -> UInt32 {
    guard slot != Slot.none else { return Slot.none }
    let parent = entries[slot].parent
    return parent == Slot.none ? Slot.none : entries[parent].main
  }
}
