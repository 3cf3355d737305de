/// All texts that fields are compared with for equality, over all rules, and which tests each of them answers.
///
/// `=`, `!=` and `in` of a field cost one look-up for the whole event: it yields a row of bits, one bit per test, and
/// the tests themselves are then bit tests. The row of a text that no rule names is all zeros. The tables of all fields
/// share four flat arrays: an array of tables would cost a reference count for each array of the table on each use.
///
/// A row is as wide as its table has sets. A field with more than ``setsPerTable`` has several tables, one behind the
/// other, so that what a program takes grows with its texts and not with the product of texts and rules.
struct LiteralTables: Sendable {
  static var setsPerTableShift: Int { 9 }
  static var setsPerTable: Int { 1 << setsPerTableShift }

  private struct Table: BitwiseCopyable, Sendable {
    var firstCell: Int
    var mask: UInt64
    /// Which lengths the table's texts have: bit 63 for all from 63 on. Most names that no rule knows end here.
    var lengths: UInt64
  }
  private struct Literal: BitwiseCopyable, Sendable {
    var offset: Int
    var length: Int
    var row: Int
  }
  private var tables: [Table] = []
  private var bytes: [UInt8] = []
  private var literals: [Literal] = []
  /// Index into `literals` plus one, 0 for an empty cell; open addressing inside each table's part.
  private var cells: [UInt32] = []
  /// The row of zeros comes first, as wide as the widest row.
  private var rows: [UInt64]

  /// - Parameter sets: For each table, the texts of each test in the order of their bits.
  init(_ sets: [[[[UInt8]]]]) {
    rows = Array(repeating: 0, count: sets.map { LiteralTables.words($0.count) }.max() ?? 1)
    for table in sets { add(table) }
  }

  var count: Int { tables.count }

  @inline(__always) private static func lengthBit(_ length: Int) -> UInt64 { 1 &<< UInt64(min(length, 63)) }

  private static func words(_ bits: Int) -> Int { max(1, (bits + 63) / 64) }

  private mutating func add(_ sets: [[[UInt8]]]) {
    let words = LiteralTables.words(sets.count)
    let first = literals.count
    var index: [[UInt8]: Int] = [:]
    for (bit, texts) in sets.enumerated() {
      for text in texts {
        let at: Int
        if let known = index[text] {
          at = known
        } else {
          at = literals.count
          index[text] = at
          literals.append(Literal(offset: bytes.count, length: text.count, row: rows.count))
          bytes += text
          rows += Array(repeating: 0, count: words)
        }
        rows[literals[at].row + bit / 64] |= 1 << UInt64(bit % 64)
      }
    }
    var size = 8
    while size < (literals.count - first) * 2 { size *= 2 }
    let lengths = literals[first...].reduce(0) { $0 | LiteralTables.lengthBit($1.length) }
    let table = Table(firstCell: cells.count, mask: UInt64(size - 1), lengths: lengths)
    cells += Array(repeating: 0, count: size)
    for at in first..<literals.count {
      let literal = literals[at]
      let text = Array(bytes[literal.offset..<literal.offset + literal.length])
      var cell = unsafe Bytes.hash(text.span.bytes) & table.mask
      while cells[table.firstCell + Int(cell)] != 0 { cell = (cell + 1) & table.mask }
      cells[table.firstCell + Int(cell)] = UInt32(at + 1)
    }
    tables.append(table)
  }

  /// Where the row of a text begins; 0, the row of zeros, for a text that no rule names.
  func row(_ index: Int, of text: borrowing RawSpan) -> Int {
    let table = tables[index]
    if table.lengths & LiteralTables.lengthBit(text.byteCount) == 0 { return 0 }
    var cell = Bytes.hash(text) & table.mask
    while true {
      let entry = cells[table.firstCell &+ Int(truncatingIfNeeded: cell)]
      if entry == 0 { return 0 }
      let literal = literals[Int(entry) &- 1]
      if literal.length == text.byteCount,
        unsafe Bytes.equal(text, bytes.span.bytes.extracting(literal.offset..<literal.offset &+ literal.length))
      {
        return literal.row
      }
      cell = (cell &+ 1) & table.mask
    }
  }

  @inline(__always)
  func contains(_ row: Int, bit: Int) -> Bool { rows[row &+ bit &>> 6] & (1 &<< UInt64(bit & 63)) != 0 }
}
