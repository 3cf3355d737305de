/// SHA-256 of a file.
public struct FileDigest: BitwiseCopyable, Sendable, Equatable {
  /// The bytes in their order, eight in each word, the first one lowest.
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  public init() {}

  /// - Precondition: 32 bytes.
  public init(_ bytes: [UInt8]) {
    precondition(bytes.count == 32, "a SHA-256 has 32 bytes")
    func word(_ at: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) } }
    words = (word(0), word(8), word(16), word(24))
  }

  public subscript(index: Int) -> UInt8 {
    let word =
      switch index >> 3 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return UInt8(truncatingIfNeeded: word >> UInt64(8 * (index & 7)))
  }

  public static func == (a: FileDigest, b: FileDigest) -> Bool { a.words == b.words }
}

/// What is known of the hash of an executable that one exec loaded.
public struct ExecutableDigest: BitwiseCopyable, Sendable {
  public enum Knowledge: UInt8, BitwiseCopyable, Sendable { case asked, known, unavailable }

  /// Tells an entry from the next one in its slot.
  public let serial: UInt64
  public internal(set) var knowledge = Knowledge.asked
  public internal(set) var value = FileDigest()
  /// Processes with it: the one that did the exec, and children without an exec of their own.
  var users: UInt32 = 0
  /// Event time since which it has none.
  var unusedSince: UInt64 = 0

  init(serial: UInt64) { self.serial = serial }
}

/// Hashes of executables, one entry per exec, shared by the children.
///
/// An entry stays for ten seconds after its last process, for alerts that wait.
public struct DigestTable: ~Copyable {
  var entries: Slab<ExecutableDigest>
  /// Whether some rule or output shows hashes.
  var isWanted = false
  var lastSerial: UInt64 = 0
  /// Asked for, and not handed out yet.
  var new: [NewExecutable] = []
  var unusedCount = 0
  var nextSweep: UInt64 = 0

  static let graceTime: UInt64 = 10_000_000_000
  /// How many wait to be handed out.
  static let newLimit = 16_384

  init(limit: Int) { entries = Slab(limit: limit) }

  public var count: Int { entries.count }
  /// - Precondition: `slot` is that of a live entry.
  public subscript(slot: UInt32) -> ExecutableDigest { entries[slot] }
  /// Whether a slot still holds the entry that had this serial number.
  public func holds(_ slot: UInt32, _ serial: UInt64) -> Bool { entries.isUsed(slot) && entries[slot].serial == serial }
}

/// An executable whose hash is wanted.
public struct NewExecutable: Sendable {
  public var slot: UInt32
  public var serial: UInt64
  /// The process that runs it, as the host numbers it.
  public var process: Int32
  /// Path in the process's own mount namespace; empty where that is not the host's.
  public var hostPath: String
  /// Change time, nanoseconds since the epoch; 0 where it is not known.
  public var changeTime: UInt64
}
