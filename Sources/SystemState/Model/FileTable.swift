/// One table of descriptors, as the kernel has it (`struct files_struct`): threads share theirs, and processes too that
/// were made with CLONE_FILES. It lives as long as a thread that has it.
///
/// The descriptors themselves are in ``DescriptorTable``; here is where the list of them begins.
struct FileTable: BitwiseCopyable {
  /// Threads in ``ThreadTable`` whose ``ThreadEntry/files`` this is.
  var sharers: UInt32 = 1
  var first: UInt32 = Slot.none
  var count: UInt32 = 0
}

extension ThreadTable {
  /// The table of descriptors that a thread uses, or ``Slot/none``.
  @inlinable public func files(of slot: UInt32) -> UInt32 { slot == Slot.none ? Slot.none : entries[slot].files }

  /// How many descriptors a thread's table holds.
  public func descriptorCount(of slot: UInt32) -> Int {
    let table = files(of: slot)
    return table == Slot.none ? 0 : Int(fileTables[table].count)
  }

  /// The first descriptor of a thread's table; ``Descriptor/nextInTable`` leads to the others.
  public func firstDescriptor(of slot: UInt32) -> UInt32 {
    let table = files(of: slot)
    return table == Slot.none ? Slot.none : fileTables[table].first
  }

  /// An empty table with one sharer. There is room for one per thread, so it cannot fail for a thread without one.
  mutating func makeFileTable() -> UInt32 { fileTables.allocate(FileTable()) ?? Slot.none }

  /// Makes a thread without a table a sharer of one.
  mutating func share(files table: UInt32, with slot: UInt32) {
    guard table != Slot.none else { return }
    fileTables[table].sharers += 1
    entries[slot].files = table
  }
}
