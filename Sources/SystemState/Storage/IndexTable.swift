/// A hash table from a 64-bit key to a slot: open addressing, linear probing, no tombstones.
///
/// Keys are not chosen by the watched system freely enough to matter (thread ids, descriptor numbers), and a
/// multiplicative hash spreads dense ones; the table doubles at three quarters full. It shrinks only when told to.
@safe public struct IndexTable: ~Copyable {
  @usableFromInline struct Cell: BitwiseCopyable {
    @usableFromInline var key: UInt64
    /// The slot and one; 0 marks an empty cell, so that fresh memory is an empty table.
    @usableFromInline var mark: UInt32
    @usableFromInline init(key: UInt64, mark: UInt32) {
      self.key = key
      self.mark = mark
    }
  }
  private var region: Region
  /// The region's memory; every index into it is masked, so it needs no bounds check.
  @usableFromInline var cells: UnsafeMutablePointer<Cell>
  @usableFromInline var mask: Int
  @usableFromInline var shift: UInt64
  public private(set) var count = 0
  private let smallest: Int

  public init(capacity: Int = 1024) {
    var size = 16
    while size < capacity { size *= 2 }
    smallest = size
    region = Region(reserving: size * MemoryLayout<Cell>.stride)
    unsafe cells = region.base.assumingMemoryBound(to: Cell.self)
    mask = size - 1
    shift = UInt64(64 - size.trailingZeroBitCount)
  }

  /// Bytes of memory that a table of this size may take.
  var byteCount: Int { (mask + 1) * MemoryLayout<Cell>.stride }

  @inlinable @inline(__always)
  func home(_ key: UInt64) -> Int { Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift) }

  /// The slot stored for a key, or `nil`.
  ///
  /// Inlined, as a call would copy the table's words to the stack: the first cell is mostly the right one.
  @inlinable @inline(__always) public func find(_ key: UInt64) -> UInt32? {
    var at = home(key)
    while true {
      let cell = unsafe cells[at]
      if cell.mark == 0 { return nil }
      if cell.key == key { return cell.mark &- 1 }
      at = (at &+ 1) & mask
    }
  }

  /// Stores a slot for a key, replacing an earlier one.
  public mutating func insert(_ key: UInt64, _ slot: UInt32) {
    if (count &+ 1) &* 4 > (mask &+ 1) &* 3 { rebuild((mask + 1) * 2) }
    var at = home(key)
    while unsafe cells[at].mark != 0 {
      if unsafe cells[at].key == key {
        unsafe cells[at].mark = slot &+ 1
        return
      }
      at = (at &+ 1) & mask
    }
    unsafe cells[at] = Cell(key: key, mark: slot &+ 1)
    count &+= 1
  }

  /// Removes a key; the entries behind it move up, so that no search stops early.
  public mutating func remove(_ key: UInt64) {
    var hole = home(key)
    while true {
      if unsafe cells[hole].mark == 0 { return }
      if unsafe cells[hole].key == key { break }
      hole = (hole &+ 1) & mask
    }
    count &-= 1
    var at = hole
    while true {
      at = (at &+ 1) & mask
      let cell = unsafe cells[at]
      if cell.mark == 0 { break }
      let wanted = home(cell.key)
      if (at &- wanted) & mask >= (at &- hole) & mask {
        unsafe cells[hole] = cell
        hole = at
      }
    }
    unsafe cells[hole].mark = 0
  }

  /// Makes the table smaller if it is far larger than `expected` keys need, and than what is in it needs.
  mutating func shrink(expecting expected: Int) {
    let needed = max(count, expected)
    var size = mask + 1
    while size > smallest, needed * 4 <= size { size /= 2 }
    // One halving is not worth the work.
    if size * 4 <= mask + 1 { rebuild(size) }
  }

  private mutating func rebuild(_ size: Int) {
    let (old, oldSize) = (unsafe cells, mask + 1)
    // Keeps the old memory until its cells have moved.
    var memory = Region(reserving: size * MemoryLayout<Cell>.stride)
    swap(&region, &memory)
    unsafe cells = region.base.assumingMemoryBound(to: Cell.self)
    mask = size - 1
    shift = UInt64(64 - size.trailingZeroBitCount)
    count = 0
    for at in 0..<oldSize where unsafe old[at].mark != 0 { insert(unsafe old[at].key, unsafe old[at].mark &- 1) }
    _ = consume memory
  }
}
