internal import EventSchema

/// The soft limit of open descriptors. It belongs to the process: the main thread's entry keeps it.
extension SystemState {
  mutating func limit(_ event: borrowing EventView) {
    guard event.int64(0, or: -1) >= 0, isDescriptorLimit(event, 3), !isOlderThanReading else { return }
    setDescriptorLimit(of: current.mainThread, event.int64(1, or: -1))
  }

  /// prlimit may set another process's limit; without a new limit the old one is what holds.
  mutating func processLimit(_ event: borrowing EventView) {
    guard event.int64(0, or: -1) == 0, isDescriptorLimit(event, 6), !isOlderThanReading else { return }
    let pid = event.int64(5, or: 0)
    let target = pid == 0 ? current.mainThread : threads.mainThread(of: threads.find(Int32(truncatingIfNeeded: pid)))
    let new = event.int64(1, or: 0)
    setDescriptorLimit(of: target, new > 0 ? new : event.int64(3, or: -1))
  }

  private func isDescriptorLimit(_ event: borrowing EventView, _ parameter: Int) -> Bool {
    UInt32(event.value(parameter, as: UInt8.self) ?? 255) == UInt32(WH_FLAG_rlimit_resources_RLIMIT_NOFILE)
  }

  private mutating func setDescriptorLimit(of main: UInt32, _ limit: Int64) {
    if main != Slot.none, limit > 0 { threads[main].descriptorLimit = limit }
  }
}
