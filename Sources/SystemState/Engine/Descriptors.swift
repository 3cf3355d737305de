extension SystemState {
  /// Puts a descriptor into a table, in place of one that has the number already.
  ///
  /// Takes over the owner's share of its texts, also when it is refused.
  ///
  /// - Parameter files: ``ThreadEntry/files``, or none.
  /// - Returns: Its slot; ``Slot/none`` without a table, or if a table is full (counted).
  @discardableResult
  mutating func put(_ descriptor: borrowing Descriptor, in files: UInt32) -> UInt32 {
    if files != Slot.none {
      let slot = descriptors.find(files, descriptor.number)
      if slot != Slot.none {
        replace(slot, with: descriptor)
        return slot
      }
      if Int(threads.fileTables[files].count) < limits.descriptorsPerProcess,
        UInt64(bitPattern: descriptor.number) <= 0x7fff_ffff
      {
        let first = threads.fileTables[files].first
        let slot = descriptors.insert(descriptor, files)
        if slot != Slot.none {
          descriptors[slot].nextInTable = first
          descriptors[slot].previousInTable = Slot.none
          if first != Slot.none { descriptors[first].previousInTable = slot }
          threads.fileTables[files].first = slot
          threads.fileTables[files].count &+= 1
          counters.descriptorsAdded &+= 1
          return slot
        }
      }
      counters.descriptorsRefused &+= 1
    }
    releaseTexts(of: descriptor)
    return Slot.none
  }

  /// Adds an owner of each text of a descriptor.
  @inline(__always) private mutating func retainTexts(of descriptor: borrowing Descriptor) {
    texts.retain(descriptor.name)
    texts.retain(descriptor.rawName)
    texts.retain(descriptor.realName)
  }

  @inline(__always) private mutating func releaseTexts(of descriptor: borrowing Descriptor) {
    texts.release(descriptor.name)
    texts.release(descriptor.rawName)
    texts.release(descriptor.realName)
  }

  private mutating func replace(_ slot: UInt32, with descriptor: borrowing Descriptor) {
    let (next, previous) = (descriptors[slot].nextInTable, descriptors[slot].previousInTable)
    if descriptors[slot].flags.contains(.namesThread) { readName(of: descriptors[slot]) }
    releaseTexts(of: descriptors[slot])
    descriptors[slot] = copy descriptor
    descriptors[slot].nextInTable = next
    descriptors[slot].previousInTable = previous
  }

  /// Makes `descriptor` the one that the event is about, and puts it into the table of the event's thread.
  @inline(__always) mutating func open(_ descriptor: borrowing Descriptor) {
    current.descriptorNumber = descriptor.number
    current.descriptor = put(descriptor, in: current.files)
  }

  /// - Parameter files: The table that the entry is in.
  mutating func removeDescriptor(_ files: UInt32, _ slot: UInt32) {
    let (next, previous) = (descriptors[slot].nextInTable, descriptors[slot].previousInTable)
    if previous == Slot.none {
      threads.fileTables[files].first = next
    } else {
      descriptors[previous].nextInTable = next
    }
    if next != Slot.none { descriptors[next].previousInTable = previous }
    threads.fileTables[files].count &-= 1
    release(slot, of: files)
  }

  private mutating func release(_ slot: UInt32, of files: UInt32) {
    if descriptors[slot].flags.contains(.namesThread) { readName(of: descriptors[slot]) }
    releaseTexts(of: descriptors[slot])
    descriptors.remove(slot, files)
    counters.descriptorsRemoved &+= 1
    if current.descriptor == slot { current.descriptor = Slot.none }
    if pending.descriptor == slot { pending.descriptor = Slot.none }
  }

  /// Ends a thread's use of its table; the last one takes the descriptors along.
  mutating func dropFiles(of thread: UInt32) {
    let files = threads[thread].files
    guard files != Slot.none else { return }
    threads[thread].files = Slot.none
    guard threads.fileTables[files].sharers == 1 else {
      threads.fileTables[files].sharers -= 1
      return
    }
    var slot = threads.fileTables[files].first
    while slot != Slot.none {
      let next = descriptors[slot].nextInTable
      release(slot, of: files)
      slot = next
    }
    threads.fileTables.free(files)
  }

  /// Gives a thread that shares its table one of its own with the same descriptors.
  mutating func unshareFiles(of thread: UInt32) {
    let shared = threads[thread].files
    guard shared != Slot.none, threads.fileTables[shared].sharers > 1 else { return }
    threads.fileTables[shared].sharers -= 1
    threads[thread].files = threads.makeFileTable()
    copyDescriptors(from: shared, to: threads[thread].files, adding: [])
    if current.thread == thread { current.files = threads[thread].files }
  }

  /// Removes what the exec of a process closes. Of what only /proc can tell, it keeps what is still there.
  mutating func removeCloseOnExec(from files: UInt32, of pid: Int32) {
    guard files != Slot.none else { return }
    var slot = threads.fileTables[files].first
    while slot != Slot.none {
      let next = descriptors[slot].nextInTable
      let flags = descriptors[slot].flags
      if flags.contains(.closeOnExec) {
        removeDescriptor(files, slot)
      } else if flags.contains(.mayCloseOnExec) {
        descriptors[slot].flags.remove(.mayCloseOnExec)
        if timerClosesOnExec(descriptors[slot].number, of: pid) == nil { removeDescriptor(files, slot) }
      }
      slot = next
    }
  }

  /// Copies all descriptors of a table into another one; they share the texts.
  ///
  /// - Parameters:
  ///   - marks: Flags that the copies get on top of their own.
  ///   - replacing: Whether a copy takes the place of what has its number.
  mutating func copyDescriptors(
    from source: UInt32, to files: UInt32, adding marks: DescriptorFlags, replacing: Bool = true
  ) {
    var slot = threads.fileTables[source].first
    while slot != Slot.none {
      var descriptor = descriptors[slot]
      slot = descriptor.nextInTable
      if !replacing, descriptors.find(files, descriptor.number) != Slot.none { continue }
      retainTexts(of: descriptor)
      descriptor.flags.formUnion(marks)
      put(descriptor, in: files)
    }
  }

  /// Copies one descriptor under another number, as dup(2) does: the copy is not close-on-exec.
  ///
  /// - Returns: The copy, with its own share of the texts.
  mutating func duplicate(_ slot: UInt32, as number: Int64) -> Descriptor {
    var copy = descriptors[slot]
    copy.number = number
    copy.flags.subtract([.closeOnExec, .mayCloseOnExec, .cloned, .fromProcFS])
    retainTexts(of: copy)
    return copy
  }
}
