internal import CLinux
public import ProcFS

/// What a scan found, and what it could not read.
public struct ScanResult: Sendable {
  public var processes = 0
  public var threads = 0
  public var descriptors = 0
  /// False if the deadline passed first: the rest is looked up when it makes events.
  public var isComplete = true
  public var errors = ReadingErrors()
  /// Processes of which something may not be read, and the first of them; 0 for none.
  public var hiddenProcesses = 0
  public var firstHidden: Int32 = 0
  public init() {}
}

extension SystemState {
  /// Fills the tables from /proc.
  ///
  /// Order at start-up: the driver begins to capture, then this scan runs, then the events that were captured meanwhile
  /// are applied. So nothing is missed, but some events are older than what /proc showed already. Each entry keeps
  /// when its reading began (``ThreadEntry/readTime``), and an event of an earlier time is applied by these rules:
  ///
  /// - a clone does not replace the entry, an exec does not change it, an exit does not end it (it was the id's owner
  ///   before);
  /// - working directory, root, credentials and limits stay as read;
  /// - a call that makes a descriptor (open, socket, accept, pipe …) sets it as always, for the event to be seen
  ///   right; its close removes it again;
  /// - a close leaves a descriptor alone that the scan found, as does a dup onto it: the number has its next owner.
  ///
  /// What the events say of later times is applied as always. Threads that the table has already keep their entries;
  /// placeholders are replaced.
  ///
  /// - Parameters:
  ///   - limit: The longest time to take; a process that was begun is finished.
  ///   - progress: Called after each process with how many are done and how many there are.
  @discardableResult
  public mutating func scanProcesses(
    _ procfs: ProcFS, deadline limit: Duration = .seconds(30), progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) -> ScanResult {
    if pending.isAny { finishPending() }
    var result = ScanResult()
    var reader = ProcessReader(procfs)
    let end = wh_clock_monotonic() + UInt64(limit / .nanoseconds(1))
    let processes = reader.processes()
    var added: [UInt32] = []
    for (index, pid) in processes.enumerated() {
      if wh_clock_monotonic() > end {
        result.isComplete = false
        break
      }
      let time = now
      let denied = reader.errors.denied
      let known = threads.find(pid)
      if known == Slot.none || threads[known].isPlaceholder,
        let process = reader.read(pid, wantsThreads: true, descriptorLimit: limits.descriptorsPerProcess)
      {
        let slots = add(process, readAt: time)
        if !slots.isEmpty { result.processes += 1 }
        result.threads += slots.count
        added += slots
      }
      if reader.errors.denied > denied {
        if result.hiddenProcesses == 0 { result.firstHidden = pid }
        result.hiddenProcesses += 1
      }
      progress(index + 1, processes.count)
    }
    linkReadings(added)
    for slot in added where threads[slot].main == slot { result.descriptors += threads.descriptorCount(of: slot) }
    result.errors = reader.errors
    return result
  }

  /// Fills the tables from readings made elsewhere, such as the process list of a capture file.
  ///
  /// - Parameter time: When they were made, nanoseconds since the epoch.
  public mutating func add(_ processes: [ProcessReading], readAt time: UInt64) {
    var added: [UInt32] = []
    for process in processes { added += add(process, readAt: time) }
    linkReadings(added)
  }

  /// Parents have any id, so links come last; main threads before the others.
  mutating func linkReadings(_ added: [UInt32]) {
    for slot in added where threads[slot].tid == threads[slot].pid { threads.link(slot) }
    for slot in added where threads[slot].tid != threads[slot].pid { threads.link(slot) }
    for slot in added { setNamespaceStart(of: slot) }
    settleRoles()
  }

  /// Nanoseconds since the epoch on the clock of the events: boot time plus time since boot.
  var now: UInt64 {
    machine.bootTime == 0 ? wh_clock_realtime() : machine.bootTime + wh_clock_boottime()
  }

  /// A namespace begins with its init: the farthest ancestor that is inside as well.
  private mutating func setNamespaceStart(of slot: UInt32) {
    // A capture file may say it.
    if threads[slot].namespaceStart != 0 { return }
    guard threads[slot].isInPidNamespace else {
      threads[slot].namespaceStart = machine.bootTime
      return
    }
    var ancestor = slot
    for _ in 0..<1024 {
      if ancestor == Slot.none || !threads[ancestor].isInPidNamespace { return }
      if threads[ancestor].vpid == 1 {
        threads[slot].namespaceStart = threads[ancestor].cloneTime
        return
      }
      ancestor = threads.parentProcess(of: ancestor)
    }
  }

  /// Which end is the client's cannot be read: a connection whose local port is that of a server socket was accepted,
  /// all others were made from here.
  private mutating func settleRoles() {
    var serverPorts = Set<UInt16>()
    forEachScannedSocket { descriptors, slot in
      if descriptors[slot].isServerSocket { serverPorts.insert(descriptors[slot].destinationPort) }
      return false
    }
    forEachScannedSocket { descriptors, slot in
      guard !descriptors[slot].isServerSocket, !descriptors[slot].hasRole else { return false }
      guard serverPorts.contains(descriptors[slot].sourcePort) else {
        descriptors[slot].flags.insert(.roleClient)
        return false
      }
      descriptors[slot].swapEnds()
      descriptors[slot].flags.insert(.roleServer)
      return true
    }
  }

  /// - Parameter body: Gets each internet socket that a scan found; true if its name is to be made anew.
  private mutating func forEachScannedSocket(_ body: (inout DescriptorTable, UInt32) -> Bool) {
    for slot in 0..<threads.slotsEverUsed where threads.isLive(slot) && threads[slot].main == slot {
      var at = threads.firstDescriptor(of: slot)
      while at != Slot.none {
        let next = descriptors[at].nextInTable
        if descriptors[at].flags.contains(.fromProcFS), descriptors[at].isIPSocket, body(&descriptors, at) {
          scratch.setName(of: descriptors[at])
          texts.replace(&descriptors[at].name, with: scratch)
        }
        at = next
      }
    }
  }
}
