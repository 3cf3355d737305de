/// When the tables give memory back that a storm of processes, descriptors or texts left behind.
///
/// Every five seconds each table looks whether it needed much less than it has; if so, its empty pages go back to the
/// system in small steps between batches of events. No event pays for it: entries keep their slots and texts their
/// places, and what is free is known without a look at the pages.
struct MemoryReturn {
  /// Nanoseconds between two looks, and between two steps.
  static let period: UInt64 = 5_000_000_000
  static let stepInterval: UInt64 = 100_000_000
  /// Bytes that one step may give back: some hundred microseconds.
  static let bytesPerStep = 4 << 20

  var periodEnd: UInt64 = 0
  var nextStep: UInt64 = 0
}

extension SystemState {
  /// Gives memory back that the tables have not needed for a while. Call it between batches of events; it returns at once
  /// while nothing is to be done.
  ///
  /// - Parameter now: Nanoseconds of the monotonic clock.
  /// - Returns: True when a table has just given back all that it had to spare.
  @discardableResult
  public mutating func returnMemory(at now: UInt64) -> Bool {
    if now < memoryReturn.nextStep { return false }
    if now >= memoryReturn.periodEnd {
      memoryReturn.periodEnd = now + MemoryReturn.period
      threads.endPeriod()
      descriptors.endPeriod()
      containers.endPeriod()
      callEntries.endPeriod()
      digests.entries.endPeriod()
      texts.endPeriod()
    }
    let wasGivingBack = isGivingBack
    var budget = MemoryReturn.bytesPerStep
    threads.entries.giveBack(&budget)
    threads.fileTables.giveBack(&budget)
    descriptors.entries.giveBack(&budget)
    containers.entries.giveBack(&budget)
    callEntries.giveBack(&budget)
    digests.entries.giveBack(&budget)
    texts.giveBack(&budget)
    memoryReturn.nextStep = isGivingBack ? now + MemoryReturn.stepInterval : memoryReturn.periodEnd
    return wasGivingBack && !isGivingBack
  }

  private var isGivingBack: Bool {
    threads.entries.isGivingBack || threads.fileTables.isGivingBack || descriptors.entries.isGivingBack || containers.entries.isGivingBack
      || callEntries.isGivingBack || digests.entries.isGivingBack || texts.isGivingBack
  }

  /// Bytes of the tables that are backed by memory, as the kernel sees it: for tests.
  var residentBytes: Int {
    threads.entries.residentBytes + threads.fileTables.residentBytes + threads.byID.byteCount + descriptors.entries.residentBytes
      + descriptors.byKey.byteCount + containers.entries.residentBytes + callEntries.residentBytes + texts.residentBytes
  }
}

extension ThreadTable {
  fileprivate mutating func endPeriod() {
    entries.endPeriod()
    fileTables.endPeriod()
    byID.shrink(expecting: entries.lastPeak)
  }
}

extension DescriptorTable {
  fileprivate mutating func endPeriod() {
    entries.endPeriod()
    byKey.shrink(expecting: entries.lastPeak)
  }
}
