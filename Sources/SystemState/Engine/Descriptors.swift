extension SystemState {
  /// Puts a descriptor into a process's table, in place of one that has the number already.
  ///
  /// Takes over the owner's share of its texts, also when it is refused.
  ///
  /// - Parameter process: The slot of the main thread, or none.
  /// - Returns: Its slot; ``Slot/none`` without a process, or if a table is full (counted).
  @discardableResult
  mutating func put(_ descriptor: borrowing Descriptor, in process: UInt32) -> UInt32 {
    if process != Slot.none {
      let slot = descriptors.find(process, descriptor.number)
      if slot != Slot.none {
        replace(slot, with: descriptor)
        return slot
      }
      if Int(threads[process].descriptorCount) < limits.descriptorsPerProcess,
        UInt64(bitPattern: descriptor.number) <= 0x7fff_ffff
      {
        let first = threads[process].firstDescriptor
        let slot = descriptors.insert(descriptor, process)
        if slot != Slot.none {
          descriptors[slot].nextInProcess = first
          descriptors[slot].previousInProcess = Slot.none
          if first != Slot.none { descriptors[first].previousInProcess = slot }
          threads[process].firstDescriptor = slot
          threads[process].descriptorCount &+= 1
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
    let (next, previous) = (descriptors[slot].nextInProcess, descriptors[slot].previousInProcess)
    releaseTexts(of: descriptors[slot])
    descriptors[slot] = copy descriptor
    descriptors[slot].nextInProcess = next
    descriptors[slot].previousInProcess = previous
  }

  /// Makes `descriptor` the one that the event is about, and puts it into the event's process.
  @inline(__always) mutating func open(_ descriptor: borrowing Descriptor) {
    current.descriptorNumber = descriptor.number
    current.descriptor = put(descriptor, in: current.mainThread)
  }

  /// - Parameter process: The slot of the main thread that owns the entry.
  mutating func removeDescriptor(_ process: UInt32, _ slot: UInt32) {
    let (next, previous) = (descriptors[slot].nextInProcess, descriptors[slot].previousInProcess)
    if previous == Slot.none {
      threads[process].firstDescriptor = next
    } else {
      descriptors[previous].nextInProcess = next
    }
    if next != Slot.none { descriptors[next].previousInProcess = previous }
    threads[process].descriptorCount &-= 1
    release(slot, of: process)
  }

  private mutating func release(_ slot: UInt32, of process: UInt32) {
    releaseTexts(of: descriptors[slot])
    descriptors.remove(slot, process)
    counters.descriptorsRemoved &+= 1
    if current.descriptor == slot { current.descriptor = Slot.none }
    if pending.descriptor == slot { pending.descriptor = Slot.none }
  }

  mutating func removeDescriptors(of process: UInt32) {
    var slot = threads[process].firstDescriptor
    threads[process].firstDescriptor = Slot.none
    threads[process].descriptorCount = 0
    while slot != Slot.none {
      let next = descriptors[slot].nextInProcess
      release(slot, of: process)
      slot = next
    }
  }

  /// Removes what an exec closes.
  mutating func removeCloseOnExec(of process: UInt32) {
    var slot = threads[process].firstDescriptor
    while slot != Slot.none {
      let next = descriptors[slot].nextInProcess
      if descriptors[slot].flags.contains(.closeOnExec) { removeDescriptor(process, slot) }
      slot = next
    }
  }

  /// Gives a new process its parent's descriptors; they share the texts.
  mutating func copyDescriptors(of parent: UInt32, to child: UInt32) {
    var slot = threads[parent].firstDescriptor
    while slot != Slot.none {
      var descriptor = descriptors[slot]
      slot = descriptor.nextInProcess
      retainTexts(of: descriptor)
      descriptor.flags.insert(.cloned)
      put(descriptor, in: child)
    }
  }

  /// Copies one descriptor under another number, as dup(2) does: the copy is not close-on-exec.
  ///
  /// - Returns: The copy, with its own share of the texts.
  mutating func duplicate(_ slot: UInt32, as number: Int64) -> Descriptor {
    var copy = descriptors[slot]
    copy.number = number
    copy.flags.subtract([.closeOnExec, .cloned, .fromProcFS])
    retainTexts(of: copy)
    return copy
  }
}
