internal import CLinux
public import ProcFS

/// What a reading of /proc changed in a state that had missed events.
public struct ReconcileResult: Sendable, Equatable {
  /// Processes that are the same as before, refreshed or not.
  public var kept = 0
  public var added = 0
  /// Ids that have a new owner.
  public var replaced = 0
  /// Threads and processes that /proc does not show any more.
  public var removed = 0
  public var descriptorsAdded = 0
  public var descriptorsRemoved = 0
  /// False if the deadline passed first: the rest stays as it was.
  public var isComplete = true
  public init() {}
}

extension SystemState {
  /// Brings the state up to what runs now, after a time without events: a driver died, another one captures already.
  ///
  /// As with ``scanProcesses(_:deadline:progress:)`` the new driver's events come afterwards, and those that are older
  /// than a reading do not undo it. A thread that /proc shows with the start time that the entry has is the same one:
  /// its entry stays, with what only events told (roles of sockets, paths as programs gave them, ancestors that are
  /// gone), and takes over what may have changed: program, credentials, directory, parent, descriptors. A thread with
  /// another start time is a new owner of the id. What /proc does not show is removed, or kept for a while where events of
  /// its last moments may still come: a process can end while this reads.
  ///
  /// - Parameters:
  ///   - limit: The longest time to take; a process that was begun is finished.
  ///   - removesGone: If not, ``removeGoneThreads(_:silentSince:)`` has to be called later.
  public mutating func reconcile(
    _ procfs: ProcFS, deadline limit: Duration = .seconds(30), removesGone: Bool = true
  ) -> ReconcileResult {
    if pending.isAny { finishPending() }
    current.thread = Slot.none
    current.mainThread = Slot.none
    current.descriptor = Slot.none
    // Their calls may have ended unseen.
    for slot in 0..<threads.slotsEverUsed where threads.isLive(slot) && threads[slot].pendingEntry != Slot.none {
      dropCallEntry(of: slot)
    }
    var result = ReconcileResult()
    var reader = ProcessReader(procfs)
    let end = wh_clock_monotonic() + UInt64(limit / .nanoseconds(1))
    var seen = Set<Int32>()
    var added: [UInt32] = []
    var moved: [UInt32] = []
    for pid in reader.processes() {
      if wh_clock_monotonic() > end {
        result.isComplete = false
        break
      }
      let time = now
      guard let process = reader.read(pid, wantsThreads: true, descriptorLimit: limits.descriptorsPerProcess) else {
        continue
      }
      seen.insert(pid)
      for thread in process.threads { seen.insert(thread.tid) }
      let known = threads.find(pid)
      if known != Slot.none, threads[known].main == known, isSame(known, process.main) {
        result.kept += 1
        refresh(known, from: process, at: time, added: &added, &result)
        if let parent = newParent(of: known, process.main.ptid) {
          threads[known].ptid = parent
          moved.append(known)
        }
        continue
      }
      if known != Slot.none, !threads[known].isPlaceholder { result.replaced += 1 } else { result.added += 1 }
      for thread in process.threads {
        let stale = threads.find(thread.tid)
        if stale != Slot.none, stale != known { removeThread(stale, reaper: -1) }
      }
      added += add(process, readAt: time)
    }
    for slot in moved where threads.isLive(slot) {
      threads.detachFromParent(slot)
      let parent = threads.find(threads[slot].ptid)
      if parent != Slot.none, parent != slot { threads.attach(slot, toParent: parent) }
    }
    linkReadings(added.filter { threads.isLive($0) && threads[$0].main == Slot.none })
    for slot in 0..<threads.slotsEverUsed where threads.isLive(slot) && !seen.contains(threads[slot].tid) {
      if reader.process(ofThread: threads[slot].tid) == nil {
        if removesGone { removeThread(slot, reaper: -1) }
        result.removed += 1
      }
    }
    return result
  }

  // MARK: Is it the same?

  /// The event of a clone comes at the call's return, the kernel's start time from its middle, in steps of 10 ms; a new
  /// thread may wait for a CPU in between. Ids come round again much later.
  private static let startTolerance: UInt64 = 2_000_000_000

  private func isSame(_ slot: UInt32, _ reading: ThreadReading) -> Bool {
    let entry = threads[slot]
    if entry.isPlaceholder || entry.isDead || entry.pid != reading.pid { return false }
    if entry.cloneTime == 0 || machine.bootTime == 0 { return isSameImage(slot, reading) }
    let started = machine.bootTime + reading.startTime
    let difference = started > entry.cloneTime ? started - entry.cloneTime : entry.cloneTime - started
    return difference <= SystemState.startTolerance
  }

  private func isSameImage(_ slot: UInt32, _ reading: ThreadReading) -> Bool {
    let entry = threads[slot]
    return unsafe texts.bytes(entry.exe).equals(reading.exe.span.bytes)
      && texts.bytes(entry.args).equals(reading.arguments.span.bytes)
      && (entry.exeInode == 0 || reading.exeInode == 0 || entry.exeInode == reading.exeInode)
  }

  /// The id of the process that adopted the thread, if it has another parent now. Entries name the thread that called
  /// clone, /proc its process.
  private func newParent(of slot: UInt32, _ reading: Int32) -> Int32? {
    let parent = threads[slot].parent
    if parent == Slot.none { return reading > 0 ? reading : nil }
    return threads[parent].pid == reading ? nil : max(reading, 0)
  }

  private func isSame(_ descriptor: Descriptor, _ reading: DescriptorReading) -> Bool {
    switch reading.kind {
    case .file, .directory, .fifo, .memfd:
      let kinds: [DescriptorKind] = [.file, .directory, .fifo, .memfd, .unknown]
      guard kinds.contains(descriptor.kind) else { return false }
      // Devices are left out: stat(2) shows others than the kernel has on some file systems.
      if descriptor.inode != 0, reading.inode != 0 { return descriptor.inode == reading.inode }
      return unsafe texts.bytes(descriptor.name).equals(reading.name.span.bytes)
    case .socket(let socket):
      switch socket.family {
      case .netlink: return descriptor.kind == .netlink
      case .unix:
        return descriptor.kind == .unix
          && (socket.pointer == 0 || descriptor.sourcePointer == 0 || socket.pointer == descriptor.sourcePointer)
      case .ipv4, .ipv6:
        guard descriptor.isIPSocket else { return false }
        if descriptor.isServerSocket { return descriptor.destinationPort == socket.localPort }
        let ports = (descriptor.sourcePort, descriptor.destinationPort)
        return ports == (socket.localPort, socket.remotePort) || ports == (socket.remotePort, socket.localPort)
      }
    case .event: return descriptor.kind == .event
    case .eventpoll: return descriptor.kind == .eventpoll
    case .inotify: return descriptor.kind == .inotify
    case .signalfd: return descriptor.kind == .signalfd
    case .timerfd: return descriptor.kind == .timerfd
    case .ioUring: return descriptor.kind == .ioUring
    case .userfaultfd: return descriptor.kind == .userfaultfd
    case .pidfd: return descriptor.kind == .pidfd
    case .bpf: return descriptor.kind == .bpf
    case .unsupported: return descriptor.kind == .unsupported || descriptor.kind == .unknown
    }
  }

  // MARK: Taking over

  private mutating func refresh(
    _ main: UInt32, from process: borrowing ProcessReading, at time: UInt64, added: inout [UInt32],
    _ result: inout ReconcileResult
  ) {
    let reading = process.main
    if !isSameImage(main, reading) { takeImage(of: main, reading, at: time) }
    takeIdentity(of: main, reading, at: time)
    if !reading.cwd.isEmpty {
      scratch.removeAll()
      scratch.append(reading.cwd)
      if scratch.count > 0, scratch[scratch.count - 1] != UInt8(ascii: "/") { scratch.append(UInt8(ascii: "/")) }
      texts.replace(&threads[main].cwd, with: scratch)
    }
    if !reading.root.isEmpty { unsafe texts.replace(&threads[main].root, with: reading.root.span.bytes) }
    setCgroups(of: main, reading.cgroups, like: main)
    threads[main].descriptorLimit = reading.descriptorLimit
    refreshThreads(of: main, process, at: time, added: &added, &result)
    refreshDescriptors(of: main, process, &result)
  }

  /// The process ran exec in the time that nobody saw.
  private mutating func takeImage(of slot: UInt32, _ reading: ThreadReading, at time: UInt64) {
    unsafe texts.replace(&threads[slot].exe, with: reading.exe.span.bytes)
    unsafe texts.replace(&threads[slot].args, with: reading.arguments.span.bytes)
    unsafe texts.replace(&threads[slot].exepath, with: reading.exepath.span.bytes)
    unsafe texts.replace(&threads[slot].env, with: reading.environment.span.bytes)
    threads[slot].exeInode = reading.exeInode
    threads[slot].exeChangeTime = reading.exeChangeTime
    threads[slot].exeModificationTime = reading.exeModificationTime
    threads[slot].executable = reading.isExeWritable ? .writable : []
    threads[slot].execTime = time
    threads[slot].exeChangeToClone = 0
    threads[slot].exeChangeSinceNamespace = 0
    unsafe texts.replace(&threads[slot].comm, with: reading.comm.span.bytes)
    setCommandLine(of: slot)
  }

  private mutating func takeIdentity(of slot: UInt32, _ reading: ThreadReading, at time: UInt64) {
    unsafe texts.replace(&threads[slot].comm, with: reading.comm.span.bytes)
    threads[slot].sid = reading.sid
    threads[slot].pgid = reading.pgid
    threads[slot].vpgid = reading.vpgid
    threads[slot].uid = reading.uid
    threads[slot].gid = reading.gid
    threads[slot].loginuid = reading.loginuid
    threads[slot].tty = reading.tty
    threads[slot].capInheritable = reading.capInheritable
    threads[slot].capPermitted = reading.capPermitted
    threads[slot].capEffective = reading.capEffective
    threads[slot].readTime = time
  }

  private mutating func refreshThreads(
    of main: UInt32, _ process: borrowing ProcessReading, at time: UInt64, added: inout [UInt32],
    _ result: inout ReconcileResult
  ) {
    let alive = Set(process.threads.map(\.tid))
    var other = threads[main].nextInGroup
    while other != Slot.none {
      let next = threads[other].nextInGroup
      if !alive.contains(threads[other].tid) {
        removeThread(other, reaper: -1)
        result.removed += 1
      }
      other = next
    }
    for reading in process.threads {
      let known = threads.find(reading.tid)
      if known != Slot.none, threads[known].main == main {
        takeIdentity(of: known, reading, at: time)
        continue
      }
      let slot = add(reading, readAt: time, main: main)
      if slot != Slot.none {
        added.append(slot)
        result.added += 1
      }
    }
  }

  private mutating func refreshDescriptors(
    of main: UInt32, _ process: borrowing ProcessReading, _ result: inout ReconcileResult
  ) {
    var readings: [Int64: Int] = [:]
    for index in process.descriptors.indices { readings[Int64(process.descriptors[index].number)] = index }
    let files = threads[main].files
    var at = threads.firstDescriptor(of: main)
    while at != Slot.none {
      let next = descriptors[at].nextInTable
      let number = descriptors[at].number
      if let index = readings[number], isSame(descriptors[at], process.descriptors[index]) {
        readings[number] = nil
      } else {
        removeDescriptor(files, at)
        result.descriptorsRemoved += 1
      }
      at = next
    }
    for index in process.descriptors.indices where readings[Int64(process.descriptors[index].number)] != nil {
      put(process.descriptors[index], in: main)
      result.descriptorsAdded += 1
    }
  }
}
