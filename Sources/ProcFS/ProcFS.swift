/// The /proc of a host, under a root: `/` for this host, another directory for a host mounted into a container or for
/// a test's copy.
///
/// Values are readings of one moment: processes come and go meanwhile, so every read may find its subject gone. The
/// kernel's text formats are those of proc(5); what cannot be parsed reads as unknown, never as an error.
public struct ProcFS: Sendable {
  public let root: String

  /// - Parameter root: Holds `proc` and `etc`; no trailing slash needed.
  public init(root: String = "/") {
    var root = root
    while root.hasSuffix("/") { root.removeLast() }
    self.root = root
  }

  func path(_ rest: String) -> String { root + rest }
}

/// How often something was not readable, and why. Both are normal: processes end, and not everybody is root.
public struct ReadingErrors: Sendable, Equatable {
  public var vanished = 0
  public var denied = 0
  public var other = 0
  public init() {}

  mutating func count(_ error: Int32) {
    switch error {
    case 0: break
    case 2, 3: vanished += 1  // ENOENT, ESRCH
    case 1, 13: denied += 1  // EPERM, EACCES
    default: other += 1
    }
  }
}

/// What /proc says of one thread. Texts are bytes: nothing says that a path is valid UTF-8.
public struct ThreadReading: Sendable {
  /// As seen from the reader's pid namespace; -1 while unknown.
  public var tid: Int32
  public var pid: Int32 = -1
  /// The parent process.
  public var ptid: Int32 = -1
  public var sid: Int32 = -1
  public var pgid: Int32 = -1
  /// As seen from the thread's own pid namespace.
  public var vpgid: Int32 = -1
  public var vtid: Int32 = -1
  public var vpid: Int32 = -1
  /// Effective ids.
  public var uid: UInt32 = .max
  public var gid: UInt32 = .max
  public var loginuid: UInt32 = .max
  /// Device number as stat(2) of old encodes it: minor low 8 bits, major << 8, rest of minor << 12.
  public var tty: UInt32 = 0
  public var capInheritable: UInt64 = 0
  public var capPermitted: UInt64 = 0
  public var capEffective: UInt64 = 0
  /// Nanoseconds after boot, in steps of a clock tick (10 ms).
  public var startTime: UInt64 = 0
  public var majorFaults: UInt64 = 0
  public var minorFaults: UInt64 = 0
  /// KiB.
  public var vmSize: UInt32 = 0
  public var vmRSS: UInt32 = 0
  public var vmSwap: UInt32 = 0
  /// Soft limit of open descriptors; -1 if unknown or unlimited.
  public var descriptorLimit: Int64 = -1
  public var exeInode: UInt64 = 0
  /// Nanoseconds since the epoch.
  public var exeChangeTime: UInt64 = 0
  public var exeModificationTime: UInt64 = 0
  /// The thread's user may write to the executable file.
  public var isExeWritable = false
  /// Known from a capture file only: which layer of an overlay the executable lies on, that it is a memfd, the clone
  /// flags that the thread was made with (wire values), and when its pid namespace began (nanoseconds since the epoch).
  public var isExeUpperLayer = false
  public var isExeLowerLayer = false
  public var isExeFromMemory = false
  public var cloneFlags: UInt32 = 0
  public var namespaceStart: UInt64 = 0

  public var comm: [UInt8] = []
  /// argv[0].
  public var exe: [UInt8] = []
  /// argv[1] and on, each with its NUL.
  public var arguments: [UInt8] = []
  /// `NAME=value` strings, each with its NUL; at most 4096 bytes.
  public var environment: [UInt8] = []
  /// Without the kernel's ` (deleted)`.
  public var exepath: [UInt8] = []
  public var cwd: [UInt8] = []
  public var root: [UInt8] = []
  /// `subsystem=path` strings, each with its NUL.
  public var cgroups: [UInt8] = []

  public init(tid: Int32) { self.tid = tid }
}

/// A process: its main thread, the ids of the others, its descriptors.
public struct ProcessReading: Sendable {
  public var main: ThreadReading
  /// Threads besides the main one. They share executable, arguments, environment, directories and descriptors.
  public var threads: [ThreadReading] = []
  public var descriptors: [DescriptorReading] = []

  public init(main: ThreadReading) { self.main = main }
}

public struct DescriptorReading: Sendable {
  public enum Kind: Sendable, Equatable {
    case file, directory, fifo, memfd
    case event, eventpoll, inotify, signalfd, timerfd, ioUring, userfaultfd, pidfd, bpf
    case socket(SocketReading)
    case unsupported
  }
  public var number: Int32
  public var kind: Kind
  public var name: [UInt8] = []
  /// The kernel's own open flags (`O_`), with close-on-exec.
  public var flags: UInt32 = 0
  /// Open flags in wire values, where a capture file gives those instead of ``flags``.
  public var portableFlags: UInt32?
  public var mountID: UInt32 = 0
  /// Same encoding as ``ThreadReading/tty``.
  public var device: UInt32 = 0
  public var inode: UInt64 = 0

  public init(number: Int32, kind: Kind) {
    self.number = number
    self.kind = kind
  }
}

public struct SocketReading: Sendable, Equatable {
  public enum Family: Sendable { case ipv4, ipv6, unix, netlink }
  public enum Transport: Sendable { case tcp, udp, icmp, raw, other }
  public var family: Family
  public var transport: Transport = .other
  /// 16 bytes in network order as two words loaded little-endian; IPv4 in the first four.
  public var local: (high: UInt64, low: UInt64) = (0, 0)
  public var remote: (high: UInt64, low: UInt64) = (0, 0)
  /// Host order.
  public var localPort: UInt16 = 0
  public var remotePort: UInt16 = 0
  /// The kernel's address of a unix socket; 0 where it is hidden.
  public var pointer: UInt64 = 0
  /// The kernel's address of the other end; known from a capture file only.
  public var peerPointer: UInt64 = 0
  /// Waits for connections: only the local address counts. `nil` where that is told by the other end's being zero.
  public var isServer: Bool?
  public var path: [UInt8] = []

  public init(family: Family, transport: Transport = .other) {
    self.family = family
    self.transport = transport
  }

  public static func == (a: SocketReading, b: SocketReading) -> Bool {
    a.family == b.family && a.transport == b.transport && a.local == b.local && a.remote == b.remote
      && a.localPort == b.localPort && a.remotePort == b.remotePort && a.pointer == b.pointer && a.peerPointer == b.peerPointer && a.isServer == b.isServer && a.path == b.path
  }
}
