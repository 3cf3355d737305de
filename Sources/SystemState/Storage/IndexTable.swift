/// A hash table from a 64-bit key to a slot: open addressing, linear probing, no tombstones.
///
/// Keys are not chosen by the watched system freely enough to matter (thread ids, descriptor numbers), and a
/// multiplicative hash spreads dense ones; the table doubles at three quarters full and never shrinks.
@safe public struct IndexTable: ~Copyable {
  @usableFromInline struct Cell: BitwiseCopyable {
    @usableFromInline var key: UInt64
    /// `.max` marks an empty cell.
    @usableFromInline var slot: UInt32
    @usableFromInline init(key: UInt64, slot: UInt32) {
      self.key = key
      self.slot = slot
    }
  }
  /// Owned; every index into it is masked, so it needs no bounds check.
  @usableFromInline var cells: UnsafeMutablePointer<Cell>
  @usableFromInline var mask: Int
  @usableFromInline var shift: UInt64
  public private(set) var count = 0

  public init(capacity: Int = 1024) {
    var size = 16
    while size < capacity { size *= 2 }
    unsafe cells = IndexTable.allocate(size)
    mask = size - 1
    shift = UInt64(64 - size.trailingZeroBitCount)
  }

  @inlinable deinit { unsafe cells.deallocate() }

  private static func allocate(_ size: Int) -> UnsafeMutablePointer<Cell> {
    let cells = UnsafeMutablePointer<Cell>.allocate(capacity: size)
    unsafe cells.initialize(repeating: Cell(key: 0, slot: .max), count: size)
    return unsafe cells
  }

  @inlinable @inline(__always)
  func home(_ key: UInt64) -> Int { Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift) }

  /// The slot stored for a key, or `nil`.
  @inlinable public func find(_ key: UInt64) -> UInt32? {
    var at = home(key)
    while true {
      let cell = unsafe cells[at]
      if cell.slot == .max { return nil }
      if cell.key == key { return cell.slot }
      at = (at &+ 1) & mask
    }
  }

  /// Stores a slot for a key, replacing an earlier one.
  public mutating func insert(_ key: UInt64, _ slot: UInt32) {
    if (count &+ 1) &* 4 > (mask &+ 1) &* 3 { grow() }
    var at = home(key)
    while unsafe cells[at].slot != .max {
      if unsafe cells[at].key == key {
        unsafe cells[at].slot = slot
        return
      }
      at = (at &+ 1) & mask
    }
    unsafe cells[at] = Cell(key: key, slot: slot)
    count &+= 1
  }

  /// Removes a key; the entries behind it move up, so that no search stops early.
  public mutating func remove(_ key: UInt64) {
    var hole = home(key)
    while true {
      if unsafe cells[hole].slot == .max { return }
      if unsafe cells[hole].key == key { break }
      hole = (hole &+ 1) & mask
    }
    count &-= 1
    var at = hole
    while true {
      at = (at &+ 1) & mask
      let cell = unsafe cells[at]
      if cell.slot == .max { break }
      let wanted = home(cell.key)
      if (at &- wanted) & mask >= (at &- hole) & mask {
        unsafe cells[hole] = cell
        hole = at
      }
    }
    unsafe cells[hole].slot = .max
  }

  private mutating func grow() {
    let (old, size) = (unsafe cells, mask + 1)
    unsafe cells = IndexTable.allocate(size * 2)
    mask = size * 2 - 1
    shift -= 1
    count = 0
    for at in 0..<size where unsafe old[at].slot != .max { insert(unsafe old[at].key, unsafe old[at].slot) }
    unsafe old.deallocate()
  }
}
