internal import EventSchema

extension SystemState {
  /// The descriptor goes after the event, so that rules still see what was closed.
  ///
  /// Linux frees the number before it can fail: after an error of the file system (EINTR, EIO, ENOSPC, EDQUOT) it is
  /// gone as well, and after EBADF it was not there. Source: close(2), fs/open.c.
  mutating func close(_ event: borrowing EventView) {
    let result = event.int64(0, or: 0)
    use(event, 1)
    let slot = current.descriptor
    guard slot != Slot.none else { return }
    switch result {
    case 0..., -4, -5, -9, -28, -122: break
    default: return
    }
    // A later reading of /proc found the number in use: by its next owner.
    if descriptors[slot].flags.contains(.fromProcFS), isOlderThanReading { return }
    pending.descriptor = slot
    pending.files = current.files
  }

  /// close_range removes at once: no single descriptor is what the event is about.
  mutating func closeRange(_ event: borrowing EventView) {
    guard event.int64(0, or: -1) >= 0, current.files != Slot.none, !isOlderThanReading,
      let first = event.value(1, as: UInt32.self), let last = event.value(2, as: UInt32.self), first <= last
    else { return }
    /// `close_range_flags` of the schema.
    let flags = event.uint32(3, or: 0)
    let onlyMarks = flags & UInt32(WH_FLAG_close_range_flags_CLOSE_RANGE_CLOEXEC) != 0
    if flags & UInt32(WH_FLAG_close_range_flags_CLOSE_RANGE_UNSHARE) != 0 { unshareFiles(of: current.thread) }
    let files = current.files
    var slot = threads.fileTables[files].first
    while slot != Slot.none {
      let next = descriptors[slot].nextInTable
      let number = descriptors[slot].number
      if number >= Int64(first), number <= Int64(last) {
        if onlyMarks {
          descriptors[slot].flags.insert(.closeOnExec)
        } else {
          removeDescriptor(files, slot)
        }
      }
      slot = next
    }
  }
}
