/// Entries of one plain type, addressed by a slot number that stays theirs until they are freed.
///
/// Bounded: beyond `limit` entries ``allocate(_:)`` refuses, and the caller counts that. Slots of freed entries are
/// used again, last freed first, so memory follows the highest number of entries at one time.
@safe public struct Slab<Entry: BitwiseCopyable>: ~Copyable {
  @usableFromInline let region: Region
  /// Freed slots, as a list through the first four bytes of each.
  @usableFromInline var freeHead: UInt32 = .max
  @usableFromInline var fresh: UInt32 = 0
  public let limit: Int
  public private(set) var count = 0

  public init(limit: Int) {
    precondition(limit < Int(UInt32.max) && MemoryLayout<Entry>.stride >= 4)
    self.limit = limit
    region = Region(reserving: limit * MemoryLayout<Entry>.stride)
  }

  /// Stores an entry.
  /// - Returns: Its slot, or `nil` if the table is full.
  public mutating func allocate(_ entry: Entry) -> UInt32? {
    let slot: UInt32
    if freeHead != .max {
      slot = freeHead
      freeHead = unsafe address(slot).loadUnaligned(as: UInt32.self)
    } else {
      guard Int(fresh) < limit else { return nil }
      slot = fresh
      fresh += 1
    }
    count += 1
    unsafe address(slot).storeBytes(of: entry, as: Entry.self)
    return slot
  }

  /// Ends an entry. Its slot may come back from the next ``allocate(_:)``.
  public mutating func free(_ slot: UInt32) {
    unsafe address(slot).storeBytes(of: freeHead, as: UInt32.self)
    freeHead = slot
    count -= 1
  }

  @inlinable @inline(__always)
  func address(_ slot: UInt32) -> UnsafeMutableRawPointer {
    unsafe region.base + Int(slot) &* MemoryLayout<Entry>.stride
  }

  /// - Precondition: `slot` came from ``allocate(_:)`` and was not freed since.
  @inlinable public subscript(slot: UInt32) -> Entry {
    @inline(__always) unsafeAddress {
      precondition(slot < fresh, "a slot beyond the table")
      return unsafe UnsafePointer(address(slot).assumingMemoryBound(to: Entry.self))
    }
    @inline(__always) unsafeMutableAddress {
      precondition(slot < fresh, "a slot beyond the table")
      return unsafe address(slot).assumingMemoryBound(to: Entry.self)
    }
  }
}
