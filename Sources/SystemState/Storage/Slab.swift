/// Entries of one plain type, addressed by a slot number that stays theirs until they are freed.
///
/// Bounded: beyond `limit` entries ``allocate(_:)`` refuses, and the caller counts that. The lowest free slot is used
/// first, so that entries gather at the low end, and whole pages without entries go back to the system:
/// ``endPeriod()``, ``giveBack(_:)``.
@safe public struct Slab<Entry: BitwiseCopyable>: ~Copyable {
  @usableFromInline let region: Region
  /// Slots below ``fresh`` that hold no entry.
  private var freed: BitSets
  /// The slot that was freed last, kept out of ``freed`` for the next entry: what comes and goes, as most descriptors do,
  /// needs no search then. `.max` for no slot.
  private var spare: UInt32 = .max
  /// One past the highest slot that was ever in use.
  @usableFromInline var fresh: UInt32 = 0
  public let limit: Int
  public private(set) var count = 0
  private var water = HighWater()
  /// Where giving back goes on, and where it ends.
  private var sweep = 0..<0
  /// The highest count of the period that ended last.
  private(set) var lastPeak = 0

  public init(limit: Int) {
    precondition(limit < Int(UInt32.max))
    self.limit = limit
    region = Region(reserving: limit * MemoryLayout<Entry>.stride)
    freed = BitSets(capacity: limit)
  }

  /// Stores an entry.
  /// - Returns: Its slot, or `nil` if the table is full.
  public mutating func allocate(_ entry: Entry) -> UInt32? {
    let slot: UInt32
    if spare != .max {
      slot = spare
      spare = .max
    } else if count < Int(fresh), let lowest = freed.lowest() {
      freed.remove(lowest)
      slot = UInt32(truncatingIfNeeded: lowest)
    } else {
      guard Int(fresh) < limit else { return nil }
      slot = fresh
      fresh += 1
    }
    count += 1
    water.note(count)
    unsafe address(slot).storeBytes(of: entry, as: Entry.self)
    return slot
  }

  /// Ends an entry. Its slot may come back from the next ``allocate(_:)``.
  public mutating func free(_ slot: UInt32) {
    precondition(isUsed(slot), "a slot freed twice")
    count -= 1
    if spare == .max {
      spare = slot
      return
    }
    // The lower one is used first, so that entries gather at the low end.
    freed.insert(Int(max(slot, spare)))
    spare = min(slot, spare)
  }

  /// Whether a slot holds an entry.
  @inline(__always) public func isUsed(_ slot: UInt32) -> Bool {
    slot < fresh && slot != spare && !freed.contains(Int(slot))
  }

  /// Decides whether memory is to be given back; call it every few seconds.
  mutating func endPeriod() {
    lastPeak = water.peak
    if spare != .max {
      freed.insert(Int(spare))
      spare = .max
    }
    if water.endPeriod(use: count, slack: (64 << 10) / MemoryLayout<Entry>.stride) { sweep = 0..<Int(fresh) }
  }

  var isGivingBack: Bool { !sweep.isEmpty }

  /// Gives pages that hold no entry back to the system.
  ///
  /// - Parameter budget: Bytes that may still be given back in this step.
  mutating func giveBack(_ budget: inout Int) {
    let stride = MemoryLayout<Entry>.stride
    while !sweep.isEmpty, budget > 0 {
      let start = freed.next(from: sweep.lowerBound, below: sweep.upperBound, isMember: true)
      let affordable = min(sweep.upperBound, start + budget / stride + 1)
      let end = freed.next(from: start, below: affordable, isMember: false)
      region.discard(from: start * stride, to: end * stride)
      budget -= (end - start) * stride
      sweep = end..<sweep.upperBound
    }
  }

  /// Bytes of the entries' pages that are backed by memory, for tests.
  var residentBytes: Int { region.residentBytes(below: Int(fresh) * MemoryLayout<Entry>.stride) }

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
