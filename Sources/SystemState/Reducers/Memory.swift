internal import EventSchema

/// Counters that some events carry along; KiB and numbers of page faults.
extension SystemState {
  /// - Parameter size: The first of three parameters: virtual size, resident size, swap.
  @inline(__always) mutating func memory(_ event: borrowing EventView, size: Int) {
    let slot = current.thread
    guard slot != Slot.none else { return }
    threads[slot].vmSize = event.uint32(size, or: threads[slot].vmSize)
    threads[slot].vmRSS = event.uint32(size + 1, or: threads[slot].vmRSS)
    threads[slot].vmSwap = event.uint32(size + 2, or: threads[slot].vmSwap)
  }

  /// Page faults, then memory.
  mutating func counters(_ event: borrowing EventView, of slot: UInt32, from first: Int) {
    threads[slot].majorFaults = event.uint64(first, or: threads[slot].majorFaults)
    threads[slot].minorFaults = event.uint64(first + 1, or: threads[slot].minorFaults)
    threads[slot].vmSize = event.uint32(first + 2, or: threads[slot].vmSize)
    threads[slot].vmRSS = event.uint32(first + 3, or: threads[slot].vmRSS)
    threads[slot].vmSwap = event.uint32(first + 4, or: threads[slot].vmSwap)
  }

  mutating func contextSwitch(_ event: borrowing EventView) {
    if current.thread != Slot.none { counters(event, of: current.thread, from: 1) }
  }
}
