/// The open descriptors of all processes, by process (its main thread's slot) and number.
///
/// The descriptors of one process also form a list, from ``ThreadEntry/firstDescriptor`` on.
public struct DescriptorTable: ~Copyable {
  @usableFromInline var entries: Slab<Descriptor>
  @usableFromInline var byKey: IndexTable

  init(limit: Int) {
    entries = Slab(limit: limit)
    byKey = IndexTable(capacity: 8192)
  }

  public var count: Int { entries.count }

  @inlinable static func key(_ process: UInt32, _ number: Int64) -> UInt64 {
    UInt64(process) << 32 | UInt64(UInt32(truncatingIfNeeded: number))
  }

  /// The slot of a descriptor, or ``Slot/none``.
  ///
  /// - Parameter process: The slot of the process's main thread, or none.
  @inlinable @inline(__always) public func find(_ process: UInt32, _ number: Int64) -> UInt32 {
    guard process != Slot.none, UInt64(bitPattern: number) <= 0x7fff_ffff else { return Slot.none }
    return byKey.find(DescriptorTable.key(process, number)) ?? Slot.none
  }

  /// - Precondition: `slot` is that of a live entry.
  @inlinable public subscript(slot: UInt32) -> Descriptor {
    @inline(__always) _read { yield entries[slot] }
    @inline(__always) _modify { yield &entries[slot] }
  }

  /// Stores an entry that the table does not have yet; its place in the process's list is the caller's.
  ///
  /// - Returns: ``Slot/none`` if the table is full.
  mutating func insert(_ descriptor: borrowing Descriptor, _ process: UInt32) -> UInt32 {
    guard let slot = entries.allocate(copy descriptor) else { return Slot.none }
    byKey.insert(DescriptorTable.key(process, descriptor.number), slot)
    return slot
  }

  /// Ends an entry that was taken out of the process's list.
  mutating func remove(_ slot: UInt32, _ process: UInt32) {
    byKey.remove(DescriptorTable.key(process, entries[slot].number))
    entries.free(slot)
  }
}
