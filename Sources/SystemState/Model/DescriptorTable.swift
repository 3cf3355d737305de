/// The open descriptors of all processes, by table (``ThreadEntry/files``) and number.
///
/// The descriptors of one table also form a list, from ``ThreadTable/firstDescriptor(of:)`` on.
public struct DescriptorTable: ~Copyable {
  @usableFromInline var entries: Slab<Descriptor>
  @usableFromInline var byKey: IndexTable

  init(limit: Int) {
    entries = Slab(limit: limit)
    byKey = IndexTable(capacity: 8192)
  }

  public var count: Int { entries.count }

  @inlinable static func key(_ files: UInt32, _ number: Int64) -> UInt64 {
    UInt64(files) << 32 | UInt64(UInt32(truncatingIfNeeded: number))
  }

  /// The slot of a descriptor, or ``Slot/none``.
  ///
  /// - Parameter files: The table that it is in, ``ThreadTable/files(of:)``, or none.
  @inlinable @inline(__always) public func find(_ files: UInt32, _ number: Int64) -> UInt32 {
    guard files != Slot.none, UInt64(bitPattern: number) <= 0x7fff_ffff else { return Slot.none }
    return byKey.find(DescriptorTable.key(files, number)) ?? Slot.none
  }

  /// - Precondition: `slot` is that of a live entry.
  @inlinable public subscript(slot: UInt32) -> Descriptor {
    @inline(__always) _read { yield entries[slot] }
    @inline(__always) _modify { yield &entries[slot] }
  }

  /// Stores an entry that the table does not have yet; its place in the list is the caller's.
  ///
  /// - Returns: ``Slot/none`` if the table is full.
  mutating func insert(_ descriptor: borrowing Descriptor, _ files: UInt32) -> UInt32 {
    guard let slot = entries.allocate(copy descriptor) else { return Slot.none }
    byKey.insert(DescriptorTable.key(files, descriptor.number), slot)
    return slot
  }

  /// Ends an entry that was taken out of its list.
  mutating func remove(_ slot: UInt32, _ files: UInt32) {
    byKey.remove(DescriptorTable.key(files, entries[slot].number))
    entries.free(slot)
  }
}
