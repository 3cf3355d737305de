public import ProcFS

/// Reads threads from /proc that no event introduced, and not more of them than ``StateLimits/lookupsPerSecond``:
/// each reading costs some hundred microseconds that the event loop lacks.
struct ThreadLookup {
  let procfs: ProcFS
  /// The current second of event time, and how many lookups it has had.
  var second: UInt64 = 0
  var used = 0

  init(_ procfs: ProcFS) { self.procfs = procfs }
}

extension SystemState {
  /// From now on unknown threads are read from /proc: for a live source on this host.
  public mutating func lookUpThreads(in procfs: ProcFS) { lookup = ThreadLookup(procfs) }

  private mutating func mayLookUp() -> Bool {
    guard var state = lookup else { return false }
    let second = current.timestamp / 1_000_000_000
    if second != state.second {
      state.second = second
      state.used = 0
    }
    state.used += 1
    lookup = state
    if state.used <= limits.lookupsPerSecond { return true }
    counters.threadLookupsLimited &+= 1
    return false
  }

  /// Reads a thread, and its main thread if that is not known either.
  ///
  /// The reading counts as one of the event's time: what it shows may be newer, and the events in between repeat it.
  ///
  /// - Returns: ``Slot/none`` if there is no such thread now, or the id has another owner than at the event's time.
  mutating func readThread(_ tid: Int32) -> UInt32 {
    guard mayLookUp(), let procfs = lookup?.procfs else { return Slot.none }
    counters.threadLookups &+= 1
    var reader = ProcessReader(procfs)
    guard let pid = reader.process(ofThread: tid) else { return failedLookup() }
    let known = threads.find(pid)
    let isKnown = known != Slot.none && !threads[known].isPlaceholder
    guard
      let process = reader.read(
        pid, wantsThreads: tid != pid, descriptorLimit: isKnown ? 0 : limits.descriptorsPerProcess)
    else { return failedLookup() }
    let thread = tid == pid ? process.main : process.threads.first { $0.tid == tid }
    // Start times come in steps of 10 ms.
    guard let thread, machine.bootTime == 0 || machine.bootTime + thread.startTime <= current.timestamp + 20_000_000
    else { return failedLookup() }

    var wanted = ProcessReading(main: process.main)
    wanted.threads = tid == pid ? [] : [thread]
    wanted.descriptors = process.descriptors
    var slot: UInt32
    if isKnown, tid != pid {
      slot = addThread(thread, of: known)
    } else {
      slot = Slot.none
      for added in add(wanted, readAt: current.timestamp) {
        threads.link(added)
        if threads[added].tid == tid { slot = added }
      }
    }
    if slot != Slot.none { threads[slot].namespaceStart = threads[slot].isInPidNamespace ? 0 : machine.bootTime }
    return slot
  }

  private mutating func failedLookup() -> UInt32 {
    counters.threadLookupsFailed &+= 1
    return Slot.none
  }

  private mutating func addThread(_ thread: ThreadReading, of main: UInt32) -> UInt32 {
    let slot = add(thread, readAt: current.timestamp, main: main)
    if slot != Slot.none { threads.link(slot) }
    return slot
  }

  /// Reads one descriptor of the event's process: one that came from another process.
  mutating func readDescriptor(_ number: Int64) {
    guard number >= 0, number <= Int64(Int32.max), mayLookUp(), let procfs = lookup?.procfs else { return }
    var reader = ProcessReader(procfs)
    guard let reading = reader.readDescriptor(Int32(number), of: threads[current.mainThread].pid) else { return }
    let known = descriptors.find(current.mainThread, number)
    if known != Slot.none { removeDescriptor(current.mainThread, known) }
    put(reading, in: current.mainThread)
  }

  /// Drops what is probably gone without an exit event: placeholders, and threads that were silent for half an hour
  /// and that /proc does not show. For a live source, every 20 minutes or so.
  public mutating func removeGoneThreads(_ procfs: ProcFS, now: UInt64) {
    if pending.isAny { finishPending() }
    var reader = ProcessReader(procfs)
    for slot in 0..<threads.slotsEverUsed where threads.isLive(slot) {
      let silence = now - min(now, threads[slot].lastSeen)
      if threads[slot].isPlaceholder {
        if silence > 60 * 1_000_000_000 { removeThread(slot, reaper: -1) }
      } else if silence > 1800 * 1_000_000_000, reader.process(ofThread: threads[slot].tid) == nil {
        removeThread(slot, reaper: -1)
      }
    }
  }
}
