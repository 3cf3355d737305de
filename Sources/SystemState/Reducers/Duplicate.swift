internal import EventSchema

extension SystemState {
  /// dup, dup2 and dup3 copy a descriptor; whatever had the new number is gone.
  mutating func duplicate(_ event: borrowing EventView, _ type: EventType) {
    let result = event.int64(0, or: -1)
    use(event, 1)
    guard result >= 0, current.thread != Slot.none else { return }
    let flags = type == .dup3 ? event.uint32(3, or: 0) : 0
    copyCurrentDescriptor(to: result, closesOnExec: flags & OpenFlags.closeOnExec != 0)
    // What a shell does to the ends of a pipeline.
    if result == 0 { threads[current.thread].flags.insert(.pipeDestination) }
    if result == 1 { threads[current.thread].flags.insert(.pipeSource) }
  }

  mutating func fcntl(_ event: borrowing EventView) {
    let result = event.int64(0, or: -1)
    use(event, 1)
    guard result >= 0, current.descriptor != Slot.none else { return }
    switch UInt32(event.value(2, as: UInt8.self) ?? 0) {
    case UInt32(WH_FLAG_fcntl_commands_FCNTL_F_DUPFD): copyCurrentDescriptor(to: result, closesOnExec: false)
    case UInt32(WH_FLAG_fcntl_commands_FCNTL_F_DUPFD_CLOEXEC): copyCurrentDescriptor(to: result, closesOnExec: true)
    case UInt32(WH_FLAG_fcntl_commands_FCNTL_F_SETFD):
      descriptors[current.descriptor].flags.remove(.mayCloseOnExec)
      // FD_CLOEXEC is 1 on every architecture.
      if event.uint64(3, or: 0) & 1 != 0 {
        descriptors[current.descriptor].flags.insert(.closeOnExec)
      } else {
        descriptors[current.descriptor].flags.remove(.closeOnExec)
      }
    default: break
    }
  }

  /// Copies the event's descriptor; the copy becomes the event's.
  private mutating func copyCurrentDescriptor(to number: Int64, closesOnExec: Bool) {
    let source = current.descriptor
    current.descriptorNumber = number
    guard source != Slot.none else { return replaceByUnknown(number) }
    if descriptors[source].number == number { return }
    let target = descriptors.find(current.files, number)
    if target != Slot.none, descriptors[target].flags.contains(.fromProcFS), isOlderThanReading {
      // /proc was read after this call: it knows better what the number is, the source may be another by now.
      current.descriptor = target
      return
    }
    var copy = duplicate(source, as: number)
    if closesOnExec { copy.flags.insert(.closeOnExec) }
    open(copy)
  }

  /// A copy of what no event told: whatever had the number is gone all the same. While watching, /proc says what it is now.
  private mutating func replaceByUnknown(_ number: Int64) {
    let target = descriptors.find(current.files, number)
    let isNewer = target != Slot.none && descriptors[target].flags.contains(.fromProcFS) && isOlderThanReading
    if target != Slot.none, !isNewer { removeDescriptor(current.files, target) }
    if !isNewer, current.mainThread != Slot.none { readDescriptor(number) }
    current.descriptor = descriptors.find(current.files, number)
  }
}
