extension SystemState {
  /// When a process was started, in hundredths of a second since boot as /proc/PID/stat counts them; `nil` where it is not
  /// known.
  ///
  /// - Parameter slot: The main thread's. An exec by another thread leaves the start as it was: the kernel hands it on.
  public func startTicks(of slot: UInt32) -> UInt64? {
    let start = threads[slot].cloneTime
    guard machine.bootTime != 0, start >= machine.bootTime else { return nil }
    return (start - machine.bootTime) / 10_000_000
  }
}
