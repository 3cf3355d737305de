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
    let main = threads.find(pid)
    let isMainKnown = main != Slot.none && !threads[main].isPlaceholder
    var thread: ThreadReading?
    if tid != pid {
      thread = reader.readThread(tid, of: pid)
      guard let thread, existed(thread) else { return failedLookup() }
      if isMainKnown { return finishLookup(add(thread, readAt: current.timestamp, main: main)) }
    }
    guard
      var process = reader.read(pid, wantsThreads: false, descriptorLimit: limits.descriptorsPerProcess),
      existed(process.main)
    else { return failedLookup() }
    if let thread { process.threads = [thread] }
    var wanted = Slot.none
    for slot in add(process, readAt: current.timestamp) {
      _ = finishLookup(slot)
      if threads[slot].tid == tid { wanted = slot }
    }
    return wanted
  }

  /// Whether a thread was there at the event's time already; the id may have a new owner. Start times come in steps of
  /// 10 ms.
  private func existed(_ thread: ThreadReading) -> Bool {
    machine.bootTime == 0 || machine.bootTime + thread.startTime <= current.timestamp + 20_000_000
  }

  private mutating func finishLookup(_ slot: UInt32) -> UInt32 {
    guard slot != Slot.none else { return slot }
    threads.link(slot)
    threads[slot].namespaceStart = threads[slot].isInPidNamespace ? 0 : machine.bootTime
    return slot
  }

  private mutating func failedLookup() -> UInt32 {
    counters.threadLookupsFailed &+= 1
    return Slot.none
  }

  /// Reads one descriptor of the event's process: one that came from another process.
  mutating func readDescriptor(_ number: Int64) {
    guard number >= 0, number <= Int64(Int32.max), mayLookUp(), let procfs = lookup?.procfs else { return }
    var reader = ProcessReader(procfs)
    guard let reading = reader.readDescriptor(Int32(number), of: threads[current.mainThread].pid) else { return }
    let known = descriptors.find(current.files, number)
    if known != Slot.none { removeDescriptor(current.files, known) }
    put(reading, in: current.thread)
  }

  /// Whether a process has a timer under this number that an exec closes; `nil` if it has none now, or may not be asked.
  mutating func timerClosesOnExec(_ number: Int64, of pid: Int32) -> Bool? {
    guard let number = Int32(exactly: number), mayLookUp(), let procfs = lookup?.procfs else { return nil }
    var reader = ProcessReader(procfs)
    guard let reading = reader.readDescriptor(number, of: pid), reading.kind == .timerfd else { return nil }
    // The kernel's O_CLOEXEC, the same on every architecture that we run on.
    return reading.flags & 0o2000000 != 0
  }

  /// Reads the event's thread's capabilities; they stay as they are while replaying.
  mutating func readCapabilities() {
    guard mayLookUp(), let procfs = lookup?.procfs else { return }
    var reader = ProcessReader(procfs)
    let thread = current.thread
    guard let reading = reader.readThread(threads[thread].tid, of: threads[thread].pid) else { return }
    threads[thread].capInheritable = reading.capInheritable
    threads[thread].capPermitted = reading.capPermitted
    threads[thread].capEffective = reading.capEffective
  }

  /// What a thread is called now; `nil` while replaying, and if there is no such thread.
  mutating func readName(_ tid: Int32) -> [UInt8]? {
    guard mayLookUp(), let procfs = lookup?.procfs else { return nil }
    var reader = ProcessReader(procfs)
    return reader.readName(tid)
  }

  /// Drops threads that had no event since a time, nanoseconds since the epoch, and that /proc does not show.
  public mutating func removeGoneThreads(_ procfs: ProcFS, silentSince time: UInt64) {
    if pending.isAny { finishPending() }
    var reader = ProcessReader(procfs)
    for slot in 0..<threads.slotsEverUsed where threads.isLive(slot) && threads[slot].lastSeen < time {
      if reader.process(ofThread: threads[slot].tid) == nil { removeThread(slot, reaper: -1) }
    }
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
