internal import EventSchema

/// Processes, descriptors, users and containers of the watched host, kept current by its events.
///
/// One thread owns it, applies each event, then looks at ``current`` and the tables. Nothing here is safe to share.
/// Everything is bounded: what does not fit is refused or evicted, and counted in ``counters``.
public struct SystemState: ~Copyable {
  /// The bytes behind every ``TextHandle`` below.
  public internal(set) var texts: TextPool
  public internal(set) var threads: ThreadTable
  public internal(set) var descriptors: DescriptorTable
  public internal(set) var users: UserTable
  public internal(set) var containers: ContainerTable
  /// Hashes of executables; empty unless ``digestExecutables()`` was called.
  public internal(set) var digests: DigestTable
  public internal(set) var machine: Machine
  /// What the last applied event was about.
  public internal(set) var current = CurrentEvent()
  public internal(set) var counters = StateCounters()
  /// Whether threads that rename themselves have the new name from then on. Replays keep the one that clone or exec told,
  /// as whoever made the file would show it.
  public var followsNames = true

  let limits: StateLimits
  /// Where the text of the moment is put together.
  var scratch = ByteBuffer(capacity: 1 << 16)
  /// Entry sides of calls in progress, one per thread at most.
  var callEntries: Slab<CallEntry>
  var recentExits = RecentExits()
  /// What the last event ended and the next one removes, so that rules still see it.
  var pending = PendingRemovals()
  var memoryReturn = MemoryReturn()
  /// Reads threads that no event introduced; none while replaying.
  var lookup: ThreadLookup?

  /// An existential keeps the type in memory: a borrow then passes its address. Without it, each borrow across modules
  /// copies the whole value (some hundred bytes) to the stack, which costs a tenth of the event path.
  private let addressOnly: any Sendable = ()

  public init(limits: StateLimits = StateLimits(), machine: Machine = Machine()) {
    self.limits = limits
    texts = TextPool(limitBytes: limits.textBytes)
    threads = ThreadTable(limit: limits.threads)
    descriptors = DescriptorTable(limit: limits.descriptors)
    callEntries = Slab(limit: limits.callEntries)
    users = UserTable()
    digests = DigestTable(limit: limits.digests)
    containers = ContainerTable(limit: limits.containers)
    self.machine = machine
  }
}

/// Upper bounds of the tables. Address space is reserved for all of it, memory used only for what is there.
public struct StateLimits: Sendable {
  public var threads = 262_144
  /// Over all processes; each process holds at most ``descriptorsPerProcess``.
  public var descriptors = 2_097_152
  public var descriptorsPerProcess = 4096
  public var textBytes = 1 << 30
  /// Those with threads, and those that ended a moment ago.
  public var containers = 8192
  /// Executables whose hash is known or asked for: one per process that did an exec, shared by its children.
  public var digests = 65_536
  /// Threads that are inside open or connect at the same time.
  public var callEntries = 65_536
  /// How many unknown threads are looked up in /proc within one second of event time.
  public var lookupsPerSecond = 1000
  public init() {}
}

/// What the tables could not keep, by reason, and how often they were asked.
public struct StateCounters: Sendable, Equatable {
  public var threadsRefused: UInt64 = 0
  public var threadsEvicted: UInt64 = 0
  public var descriptorsRefused: UInt64 = 0
  public var threadLookups: UInt64 = 0
  public var threadLookupsFailed: UInt64 = 0
  /// Unknown threads that were not looked up because of ``StateLimits/lookupsPerSecond``.
  public var threadLookupsLimited: UInt64 = 0
  public var descriptorLookupsFailed: UInt64 = 0
  public var threadsAdded: UInt64 = 0
  public var threadsRemoved: UInt64 = 0
  public var descriptorsAdded: UInt64 = 0
  public var descriptorsRemoved: UInt64 = 0
  /// Entry sides of open and connect that found no room: the exit side's arguments were used.
  public var callEntriesRefused: UInt64 = 0
  /// Containers that found no room: their threads show the id, and nothing else of them.
  public var containersRefused: UInt64 = 0
  public var containersAdded: UInt64 = 0
  public var containersRemoved: UInt64 = 0
  /// Executables that found no room, or that too many waited with: their hash stays unknown.
  public var digestsRefused: UInt64 = 0
  /// Container events whose payload is no JSON, names no container, or is longer than 1 MiB.
  public var containerEventsUnreadable: UInt64 = 0
  /// Opens whose path in the program's memory was another one at the return than at the entry: somebody changed it to
  /// mislead whoever looks late. The descriptor has the path of the entry.
  public var pathsRewritten: UInt64 = 0
  public init() {}
}

/// Facts of the machine that fields and sockets need.
public struct Machine: Sendable {
  public var hostName = ""
  /// Nanoseconds since the epoch at boot.
  public var bootTime: UInt64 = 0
  /// The first 32 bits of the random id that the kernel gives each boot; 0 where it is not known.
  public var bootID: UInt32 = 0
  /// Addresses of the host's interfaces; loopback is always local.
  public var addressesV4: [IPAddress] = []
  /// The network mask of each of ``addressesV4``, in the same order and byte order.
  public var masksV4: [UInt32] = []
  public var addressesV6: [IPAddress] = []
  /// The first name that the host's own file gives an address. IPv4 addresses are in the mapped form, `::ffff:a.b.c.d`.
  public var hostNames: [IPAddress: [UInt8]] = [:]
  public init() {}
}
