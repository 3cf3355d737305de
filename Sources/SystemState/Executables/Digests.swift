/// Whose executable's hash is wanted, and what it is.
extension SystemState {
  /// From now on the hash of every executable is asked for, those of running processes first. Whoever computes them
  /// calls ``takeNewExecutables()`` and ``setDigest(_:of:serial:)``.
  public mutating func digestExecutables() {
    digests.isWanted = true
    for slot in 0..<threads.slotsEverUsed where threads.isLive(slot) && threads[slot].main == slot {
      if threads[slot].digest == Slot.none { askForDigest(of: slot) }
    }
  }

  /// - Parameter slot: A main thread that runs another executable from now on.
  mutating func askForDigest(of slot: UInt32) {
    dropDigest(of: slot)
    // Threads of the kernel run no file.
    guard !threads[slot].exepath.isEmpty, !threads[slot].isPlaceholder else { return }
    guard digests.new.count < DigestTable.newLimit else {
      counters.digestsRefused &+= 1
      return
    }
    digests.lastSerial += 1
    var entry = ExecutableDigest(serial: digests.lastSerial)
    entry.users = 1
    guard let digest = digests.entries.allocate(entry) else {
      counters.digestsRefused &+= 1
      return
    }
    threads[slot].digest = digest
    let isOnHost = threads[slot].containerID.isEmpty && !threads[slot].isInPidNamespace
    digests.new.append(
      NewExecutable(
        slot: digest, serial: entry.serial, process: threads[slot].pid,
        hostPath: isOnHost ? string(threads[slot].exepath) : "", changeTime: threads[slot].exeChangeTime))
  }

  mutating func shareDigest(of process: UInt32, with slot: UInt32) {
    let digest = threads[process].digest
    guard digest != Slot.none else { return }
    digests.entries[digest].users += 1
    threads[slot].digest = digest
  }

  mutating func dropDigest(of slot: UInt32) {
    let digest = threads[slot].digest
    guard digest != Slot.none else { return }
    threads[slot].digest = Slot.none
    digests.entries[digest].users -= 1
    if digests.entries[digest].users == 0 {
      digests.entries[digest].unusedSince = current.timestamp
      digests.unusedCount += 1
    }
  }

  /// Executables whose hash was asked for since the last call. Cheap if there is none.
  public mutating func takeNewExecutables() -> [NewExecutable] {
    if digests.unusedCount > 0, current.timestamp >= digests.nextSweep { removeUnusedDigests() }
    if digests.new.isEmpty { return [] }
    let new = digests.new
    digests.new = []
    return new
  }

  private mutating func removeUnusedDigests() {
    digests.nextSweep = current.timestamp + 1_000_000_000
    for slot in 0..<digests.entries.fresh where digests.entries.isUsed(slot) && digests.entries[slot].users == 0 {
      let since = digests.entries[slot].unusedSince
      guard current.timestamp &- min(since, current.timestamp) >= DigestTable.graceTime else { continue }
      digests.entries.free(slot)
      digests.unusedCount -= 1
    }
  }

  /// Takes an answer over, unless everybody it is about has been gone for a while.
  ///
  /// - Parameter digest: `nil` if it cannot be told.
  public mutating func setDigest(_ digest: FileDigest?, of slot: UInt32, serial: UInt64) {
    guard digests.holds(slot, serial) else { return }
    digests.entries[slot].knowledge = digest == nil ? .unavailable : .known
    if let digest { digests.entries[slot].value = digest }
  }
}
