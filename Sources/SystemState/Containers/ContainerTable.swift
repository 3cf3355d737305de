/// The containers of the host, by the id that threads carry.
public struct ContainerTable: ~Copyable {
  var entries: Slab<Container>
  private var byID: IndexTable
  /// Ids come from outside: a seed keeps anyone from choosing two that collide.
  private let seed = UInt64.random(in: .min ... .max)
  /// How many nobody has been told of, and how many have no thread.
  var newCount = 0
  var emptyCount = 0
  /// When ``SystemState/removeGoneContainers(at:)`` looks next.
  var nextSweep: UInt64 = 0

  /// Nanoseconds that a container without threads stays: its last events, and a restart under the same id.
  public static let graceTime: UInt64 = 10_000_000_000

  init(limit: Int) {
    entries = Slab(limit: limit)
    byID = IndexTable(capacity: 64)
  }

  public var count: Int { entries.count }
  /// Every live entry's slot is below it.
  public var slotsEverUsed: UInt32 { entries.fresh }

  /// - Precondition: `slot` is that of a live entry, not ``Slot/none``.
  public subscript(slot: UInt32) -> Container {
    _read { yield entries[slot] }
    _modify { yield &entries[slot] }
  }

  private func key(_ id: borrowing RawSpan) -> UInt64 {
    var hash = seed
    for index in 0..<id.byteCount { hash = (hash ^ UInt64(id.byte(index))) &* 0x100_0000_01b3 }
    return hash ^ hash >> 32
  }

  /// The slot of a container, or ``Slot/none``.
  ///
  /// - Parameter id: As `container.id` shows it.
  func find(_ id: borrowing RawSpan, in texts: borrowing TextPool) -> UInt32 {
    guard id.byteCount > 0, let slot = byID.find(key(id)) else { return Slot.none }
    return texts.bytes(entries[slot].id).equals(id) ? slot : Slot.none
  }

  /// - Returns: ``Slot/none`` if the table is full, or holds another id of the same hash.
  mutating func insert(_ container: Container, in texts: borrowing TextPool) -> UInt32 {
    let key = key(texts.bytes(container.id))
    guard byID.find(key) == nil, let slot = entries.allocate(container) else { return Slot.none }
    byID.insert(key, slot)
    return slot
  }

  mutating func remove(_ slot: UInt32, in texts: borrowing TextPool) {
    byID.remove(key(texts.bytes(entries[slot].id)))
    entries.free(slot)
  }

  /// Whether a slot holds a container.
  func isLive(_ slot: UInt32) -> Bool { entries.isUsed(slot) }

  mutating func endPeriod() {
    entries.endPeriod()
    byID.shrink(expecting: entries.lastPeak)
  }
}
