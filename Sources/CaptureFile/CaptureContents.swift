public import ProcFS

/// What a section of a capture file says of its machine before the first event.
public struct CaptureContents: Sendable {
  public var machine = MachineRecord()
  public var interfaces: [InterfaceRecord] = []
  public var users: [UserReading] = []
  public var groups: [GroupReading] = []
  public var processes: [ProcessReading] = []
  /// Entries that were left out because a list had more than ``Limits`` allow.
  public var refused = 0

  /// What is kept of the lists of one section; the rest is counted.
  enum Limits {
    static let threads = 262_144
    static let descriptors = 2_097_152
    static let accounts = 262_144
    static let interfaces = 65_536
    /// Memory for the entries of all lists: a small compressed file can hold lists of gigabytes.
    static let bytes = 256 << 20
  }

  public init() {}
}

/// The machine that a capture comes from; zeros where the file does not say.
public struct MachineRecord: Sendable, Equatable {
  public var cpuCount: UInt32 = 0
  public var memoryBytes: UInt64 = 0
  public var largestProcessID: UInt64 = 0
  public var hostName: [UInt8] = []
  /// Nanoseconds since the epoch.
  public var bootTime: UInt64 = 0
  public var flags: UInt64 = 0

  public init() {}
}

/// A network address of that machine. Addresses as ``SocketReading/local``: network order, IPv4 in the first four bytes.
public struct InterfaceRecord: Sendable, Equatable {
  public var isV6: Bool
  public var name: [UInt8] = []
  public var address: (high: UInt64, low: UInt64) = (0, 0)
  public var mask: (high: UInt64, low: UInt64) = (0, 0)
  public var broadcast: (high: UInt64, low: UInt64) = (0, 0)
  /// Bits per second; 0 where unknown.
  public var linkSpeed: UInt64 = 0

  public init(isV6: Bool) { self.isV6 = isV6 }

  public static func == (a: InterfaceRecord, b: InterfaceRecord) -> Bool {
    a.isV6 == b.isV6 && a.name == b.name && a.address == b.address && a.mask == b.mask && a.broadcast == b.broadcast
      && a.linkSpeed == b.linkSpeed
  }
}
