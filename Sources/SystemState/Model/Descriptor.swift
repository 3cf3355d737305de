/// What is known of one open descriptor of one process. Plain data, like ``ThreadEntry``.
public struct Descriptor: BitwiseCopyable, Sendable {
  public var number: Int64
  public var kind: DescriptorKind
  public var l4: TransportProtocol = .unknown
  public var flags: DescriptorFlags = []
  /// Portable open flags (`file_flags`).
  public var openFlags: UInt32 = 0
  /// Device number in the wire's encoding, and inode; 0 while unknown.
  public var device: UInt32 = 0
  public var mountID: UInt32 = 0
  public var inode: UInt64 = 0
  /// Absolute path, tuple text, socket path or what the kind gives; may be empty.
  public var name: TextHandle = .empty
  /// The path as the program passed it; empty if there was none.
  public var rawName: TextHandle = .empty
  /// Where the opened file lies, symbolic links resolved, as the kernel said when it was opened; empty if it did not.
  public var realName: TextHandle = .empty
  /// Ends of an internet socket: source is the client once the role is known. A listening socket keeps its address
  /// and port in `destination` and `destinationPort`.
  public var source: IPAddress = .zero
  public var destination: IPAddress = .zero
  /// Host order.
  public var sourcePort: UInt16 = 0
  public var destinationPort: UInt16 = 0
  /// Kernel addresses of the ends of a unix socket; the process id of a pidfd in `sourcePointer`,
  /// and the thread that a file names.
  public var sourcePointer: UInt64 = 0
  public var destinationPointer: UInt64 = 0

  /// Links of the list of descriptors in one ``FileTable``. Kept by ``SystemState``.
  public internal(set) var nextInTable: UInt32 = Slot.none
  public internal(set) var previousInTable: UInt32 = Slot.none

  public init(number: Int64, kind: DescriptorKind) {
    self.number = number
    self.kind = kind
  }

  public var isIPSocket: Bool {
    kind == .ipv4 || kind == .ipv6 || kind == .ipv4Server || kind == .ipv6Server
  }
  public var isServerSocket: Bool { kind == .ipv4Server || kind == .ipv6Server }
  public var isSocket: Bool { isIPSocket || kind == .unix || kind == .netlink }
  /// A role is known: which end is the client.
  public var hasRole: Bool { flags.contains(.roleClient) || flags.contains(.roleServer) }
  /// What fields show of ``l4``: a socket that has not been used yet shows only that it is raw, as rules in use expect.
  public var shownTransport: TransportProtocol {
    guard isIPSocket else { return .unknown }
    return hasRole || isServerSocket || l4 == .raw ? l4 : .unknown
  }
}

public enum DescriptorKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case unknown, file, directory, ipv4, ipv6, ipv4Server, ipv6Server, fifo, unix, event, signalfd, eventpoll, inotify
  case timerfd, netlink, bpf, userfaultfd, ioUring, memfd, pidfd, unsupported

  /// The text of `fd.type`.
  public var name: String {
    switch self {
    case .unknown, .unsupported: "<NA>"
    case .file: "file"
    case .directory: "directory"
    case .ipv4, .ipv4Server: "ipv4"
    case .ipv6, .ipv6Server: "ipv6"
    case .fifo: "pipe"
    case .unix: "unix"
    case .event: "event"
    case .signalfd: "signalfd"
    case .eventpoll: "eventpoll"
    case .inotify: "inotify"
    case .timerfd: "timerfd"
    case .netlink: "netlink"
    case .bpf: "bpf"
    case .userfaultfd: "userfaultfd"
    case .ioUring: "io_uring"
    case .memfd: "memfd"
    case .pidfd: "pidfd"
    }
  }

  /// The character of `fd.typechar`, as ASCII.
  public var character: UInt8 {
    switch self {
    case .unknown: UInt8(ascii: "o")
    case .unsupported: UInt8(ascii: "X")
    case .file: UInt8(ascii: "f")
    case .directory: UInt8(ascii: "d")
    case .ipv4, .ipv4Server: UInt8(ascii: "4")
    case .ipv6, .ipv6Server: UInt8(ascii: "6")
    case .fifo: UInt8(ascii: "p")
    case .unix: UInt8(ascii: "u")
    case .event: UInt8(ascii: "e")
    case .signalfd: UInt8(ascii: "s")
    case .eventpoll: UInt8(ascii: "l")
    case .inotify: UInt8(ascii: "i")
    case .timerfd: UInt8(ascii: "t")
    case .netlink: UInt8(ascii: "n")
    case .bpf: UInt8(ascii: "b")
    case .userfaultfd: UInt8(ascii: "u")
    case .ioUring: UInt8(ascii: "r")
    case .memfd: UInt8(ascii: "m")
    case .pidfd: UInt8(ascii: "P")
    }
  }
}

public enum TransportProtocol: UInt8, BitwiseCopyable, Sendable {
  case unknown, tcp, udp, icmp, raw

  /// The text of `fd.l4proto`.
  public var name: String {
    switch self {
    case .unknown: "<NA>"
    case .tcp: "tcp"
    case .udp: "udp"
    case .icmp: "icmp"
    case .raw: "raw"
    }
  }
}

public struct DescriptorFlags: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let closeOnExec = DescriptorFlags(rawValue: 1 << 0)
  public static let roleClient = DescriptorFlags(rawValue: 1 << 1)
  public static let roleServer = DescriptorFlags(rawValue: 1 << 2)
  public static let connected = DescriptorFlags(rawValue: 1 << 3)
  public static let upperLayer = DescriptorFlags(rawValue: 1 << 4)
  public static let lowerLayer = DescriptorFlags(rawValue: 1 << 5)
  /// Copied from the parent at fork, not opened by this process.
  public static let cloned = DescriptorFlags(rawValue: 1 << 6)
  public static let fromProcFS = DescriptorFlags(rawValue: 1 << 7)
  /// Writing to it gives a thread another name; its id is in `sourcePointer`.
  static let namesThread = DescriptorFlags(rawValue: 1 << 8)
  /// Nobody has told whether an exec closes it.
  static let mayCloseOnExec = DescriptorFlags(rawValue: 1 << 9)
}

/// An IPv4 or IPv6 address as it lies in memory in network order; IPv4 uses the first four bytes of `high`.
public struct IPAddress: BitwiseCopyable, Sendable, Equatable, Hashable {
  public var high: UInt64
  public var low: UInt64

  @inlinable public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
  /// - Parameter v4: The four bytes as they lie in memory, loaded little-endian.
  @inlinable public init(v4: UInt32) {
    high = UInt64(v4)
    low = 0
  }
  @inlinable public var v4: UInt32 { UInt32(truncatingIfNeeded: high) }
  public static let zero = IPAddress(high: 0, low: 0)
  /// `::1`.
  static let loopbackV6 = IPAddress(high: 0, low: 1 << 56)
  @inlinable public var isZero: Bool { high == 0 && low == 0 }
  /// `::ffff:a.b.c.d`.
  @inlinable public var isMappedV4: Bool { high == 0 && low & 0xffff_ffff == 0xffff_0000 }
  /// `::ffff:a.b.c.d` for an IPv4 address.
  public var mapped: IPAddress { IPAddress(high: 0, low: UInt64(v4) << 32 | 0xffff_0000) }
  @inlinable public var mappedV4: UInt32 { UInt32(truncatingIfNeeded: low >> 32) }
}
