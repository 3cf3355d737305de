/// What is known of one thread. Plain data: texts are handles into ``SystemState/texts``, links are slots.
///
/// Environment, working directory and descriptor limit belong to the process: read them from its main thread's entry.
public struct ThreadEntry: BitwiseCopyable, Sendable {
  /// Ids in the initial pid namespace; -1 while unknown.
  public var tid: Int32
  public var pid: Int32 = -1
  /// The parent's id: a thread id where the kernel gives one. 0 if there is no parent in the table.
  public var ptid: Int32 = -1
  public var sid: Int32 = -1
  public var pgid: Int32 = -1
  /// Ids in the thread's own pid namespace.
  public var vpgid: Int32 = -1
  public var vtid: Int32 = -1
  public var vpid: Int32 = -1

  /// Effective ids; `UInt32.max` while unknown.
  public var uid: UInt32 = .max
  public var gid: UInt32 = .max
  public var loginuid: UInt32 = .max
  public var flags: ThreadFlags = []
  public var executable: ExecutableFlags = []
  /// Device number of the controlling terminal in the wire's encoding; 0 for none.
  public var tty: UInt32 = 0

  public var capInheritable: UInt64 = 0
  public var capPermitted: UInt64 = 0
  public var capEffective: UInt64 = 0
  /// Inode of the executable and its times, nanoseconds since the epoch; 0 while unknown.
  public var exeInode: UInt64 = 0
  public var exeChangeTime: UInt64 = 0
  public var exeModificationTime: UInt64 = 0
  /// Clone time minus change time of the executable, as of the last exec; 0 while unknown.
  public var exeChangeToClone: UInt64 = 0
  /// Change time of the executable minus start of the pid namespace, as of the last exec; 0 while unknown.
  public var exeChangeSinceNamespace: UInt64 = 0

  /// Nanoseconds since the epoch; 0 while unknown.
  public var cloneTime: UInt64 = 0
  public var execTime: UInt64 = 0
  public var namespaceStart: UInt64 = 0
  /// When an event of the thread was last seen: what eviction and clean-up go by.
  public var lastSeen: UInt64 = 0

  /// Soft limit of open descriptors; -1 while unknown.
  public var descriptorLimit: Int64 = -1
  public var majorFaults: UInt64 = 0
  public var minorFaults: UInt64 = 0
  /// KiB.
  public var vmSize: UInt32 = 0
  public var vmRSS: UInt32 = 0
  public var vmSwap: UInt32 = 0

  public var comm: TextHandle = .empty
  /// argv[0].
  public var exe: TextHandle = .empty
  public var exepath: TextHandle = .empty
  /// argv[1] and on, each followed by a NUL.
  public var args: TextHandle = .empty
  /// `comm` and the arguments joined by blanks, as of the last change of the arguments.
  public var cmdline: TextHandle = .empty
  /// `NAME=value` strings, each followed by a NUL.
  public var env: TextHandle = .empty
  /// Ends with a slash; empty while unknown.
  public var cwd: TextHandle = .empty
  public var root: TextHandle = .empty
  /// `subsystem=path` strings, each followed by a NUL.
  public var cgroups: TextHandle = .empty
  /// The first 12 characters of the container's id, or the runtime's own name for it; empty on the host.
  public var containerID: TextHandle = .empty
  public var containerFullID: TextHandle = .empty
  /// Its entry in ``SystemState/containers``; ``Slot/none`` on the host, and where that table is full.
  public internal(set) var container: UInt32 = Slot.none

  /// Kept in the main thread's entry: where the hash of the executable is in ``SystemState/digests``, or will be.
  public internal(set) var digest: UInt32 = Slot.none

  /// Slots of relatives in the thread table, ``Slot/none`` for none. Kept by ``ThreadTable``.
  public internal(set) var parent: UInt32 = Slot.none
  public internal(set) var firstChild: UInt32 = Slot.none
  public internal(set) var nextSibling: UInt32 = Slot.none
  public internal(set) var previousSibling: UInt32 = Slot.none
  /// The main thread's entry (its own slot for the main thread); none while it is unknown.
  public internal(set) var main: UInt32 = Slot.none
  /// Neighbours in the list of the process's threads, from the main thread on.
  public internal(set) var nextInGroup: UInt32 = Slot.none
  public internal(set) var previousInGroup: UInt32 = Slot.none
  /// Kept in the main thread's entry: threads of the process that have not exited.
  public internal(set) var liveThreads: UInt32 = 0
  /// Which ``FileTable`` the thread's descriptors are in; all threads of a process have the same one unless one of them
  /// asked for its own. ``Slot/none`` while the process is unknown.
  public internal(set) var files: UInt32 = Slot.none
  /// Set on the process that adopts orphans: pid 1, the init of a namespace, a subreaper.
  public var isReaper = false
  /// The container's health checks that it, or who started it, is the run of.
  public internal(set) var probes: ProbeFlags = []
  /// The number of the descriptor that the thread's last event used; what `fd.num` shows.
  public var lastDescriptor: Int64 = -1
  /// When /proc was read for this entry; 0 if it was made from events. Older events do not change what the reading
  /// already holds: see ``SystemState/scanProcesses(_:deadline:progress:)``.
  public var readTime: UInt64 = 0
  /// After CLONE_PARENT: the process whose directory, descriptors and ids it was given; -1 for none.
  var inheritedFrom: Int32 = -1
  /// Slot of what the entry side of the call in progress said, ``Slot/none`` for nothing.
  var pendingEntry: UInt32 = Slot.none

  public init(tid: Int32) { self.tid = tid }

  /// An entry made for an event of a thread that nothing is known about.
  public var isPlaceholder: Bool { tid < 0 || pid < 0 || ptid < 0 }
  public var isMainThread: Bool { tid == pid || flags.contains(.isMainThread) }
  public var isDead: Bool { flags.contains(.closed) }
  public var isInPidNamespace: Bool { flags.contains(.childInPidNamespace) || (vtid >= 0 && vtid != tid) }
}

/// Commands that a container's runtime runs in it from outside to learn how it is.
public struct ProbeFlags: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let health = ProbeFlags(rawValue: 1 << 0)
  public static let liveness = ProbeFlags(rawValue: 1 << 1)
  public static let readiness = ProbeFlags(rawValue: 1 << 2)
}

/// Slot numbers of the tables in ``SystemState``.
public enum Slot {
  /// No entry.
  public static let none = UInt32.max
}

/// Clone flags as the wire codes them, and marks of ours in the bits that it leaves free.
public struct ThreadFlags: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let files = ThreadFlags(rawValue: 1 << 0)
  public static let newPidNamespace = ThreadFlags(rawValue: 1 << 6)
  public static let parent = ThreadFlags(rawValue: 1 << 8)
  public static let thread = ThreadFlags(rawValue: 1 << 13)
  /// The child's event came before the parent's.
  public static let inverted = ThreadFlags(rawValue: 1 << 16)
  public static let nameChanged = ThreadFlags(rawValue: 1 << 17)
  /// The thread has exited and goes with the next event.
  public static let closed = ThreadFlags(rawValue: 1 << 18)
  public static let active = ThreadFlags(rawValue: 1 << 19)
  public static let newUserNamespace = ThreadFlags(rawValue: 1 << 20)
  public static let pipeSource = ThreadFlags(rawValue: 1 << 21)
  public static let pipeDestination = ThreadFlags(rawValue: 1 << 22)
  public static let vfork = ThreadFlags(rawValue: 1 << 27)
  public static let childInPidNamespace = ThreadFlags(rawValue: 1 << 29)
  public static let isMainThread = ThreadFlags(rawValue: 1 << 30)
}

/// What the last successful exec said of the executable file: `execve_flags` on the wire.
public struct ExecutableFlags: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let writable = ExecutableFlags(rawValue: 1 << 0)
  public static let upperLayer = ExecutableFlags(rawValue: 1 << 1)
  public static let fromMemory = ExecutableFlags(rawValue: 1 << 2)
  public static let lowerLayer = ExecutableFlags(rawValue: 1 << 3)
}
