/// What a block of a capture file holds, from the number that its frame carries.
///
/// Numbers and layouts are frozen since format 1.2: newer writers append fields inside an entry's length. The second
/// number of the older kinds comes from files made before the numbers were registered.
enum BlockKind: Equatable {
  case section
  case machine
  /// Version 1 to 9: which fields an entry has.
  case processes(version: Int)
  case descriptors(version: Int)
  case interfaces(version: Int)
  case users(version: Int)
  case event(EventBlock)

  init?(_ type: UInt32) {
    switch type {
    case 0x0A0D_0D0A: self = .section
    case 0x201, 0x8002_ABCD: self = .machine
    case 0x202, 0x8000_ABCD: self = .processes(version: 1)
    case 0x207, 0x8013_ABCD: self = .processes(version: 2)
    case 0x209, 0x8014_ABCD: self = .processes(version: 3)
    case 0x210...0x215: self = .processes(version: Int(type - 0x210) + 4)
    case 0x203, 0x8001_ABCD: self = .descriptors(version: 1)
    case 0x218: self = .descriptors(version: 2)
    case 0x205, 0x8011_ABCD: self = .interfaces(version: 1)
    case 0x219: self = .interfaces(version: 2)
    case 0x206, 0x8012_ABCD: self = .users(version: 1)
    case 0x220: self = .users(version: 2)
    case 0x204, 0x8010_ABCD: self = .event(EventBlock(hasParameterCount: false))
    case 0x208: self = .event(EventBlock(hasParameterCount: false, hasFlags: true))
    case 0x216: self = .event(EventBlock())
    case 0x217: self = .event(EventBlock(hasFlags: true))
    case 0x221: self = .event(EventBlock(isLarge: true))
    case 0x222: self = .event(EventBlock(hasFlags: true, isLarge: true))
    default: return nil
    }
  }
}

/// How an event lies in its block: CPU number, flags if there are any, then the record.
struct EventBlock: Equatable {
  /// Version 1 records have 22 bytes of header, without the parameter count.
  var hasParameterCount = true
  var hasFlags = false
  /// May be larger than 64 KiB.
  var isLarge = false

  /// Bit of the flags: for the state only, not to be shown.
  static let stateOnly: UInt32 = 1
}

struct BlockHeader: Equatable {
  var type: UInt32
  /// With frame and padding; a multiple of 4.
  var length: UInt32
  /// Where the block begins.
  var offset: UInt64

  static let size = 8
  static let trailerSize = 4
  var bodyLength: Int { Int(length) - Self.size - Self.trailerSize }
  var bodyOffset: UInt64 { offset + UInt64(Self.size) }
}

enum SectionHeader {
  static let magic: UInt32 = 0x1A2B_3C4D
  static let bodyLength = 16
}
