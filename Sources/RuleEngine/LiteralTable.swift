/// All texts that one field is compared with for equality, over all rules, and which tests each of them answers.
///
/// `=`, `!=` and `in` of a field cost one look-up for the whole event: it yields a row of bits, one bit per test, and
/// the tests themselves are then bit tests. The row of a text that no rule names is all zeros.
struct LiteralTable: Sendable {
  private struct Literal: Sendable {
    var offset: Int
    var length: Int
    var row: Int
  }
  private var bytes: [UInt8] = []
  private var literals: [Literal] = []
  /// Index into `literals` plus one, 0 for an empty cell; open addressing.
  private var cells: [UInt32] = []
  private var mask: UInt64 = 0
  private(set) var wordsPerRow = 1
  /// Row 0 is the row of zeros.
  private var rows: [UInt64] = []

  /// - Parameter sets: The texts of each test, in the order of their bits.
  init(_ sets: [[[UInt8]]]) {
    wordsPerRow = max(1, (sets.count + 63) / 64)
    rows = Array(repeating: 0, count: wordsPerRow)
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
          rows += Array(repeating: 0, count: wordsPerRow)
        }
        rows[literals[at].row + bit / 64] |= 1 << UInt64(bit % 64)
      }
    }
    var size = 8
    while size < literals.count * 2 { size *= 2 }
    cells = Array(repeating: 0, count: size)
    mask = UInt64(size - 1)
    for (at, literal) in literals.enumerated() {
      let text = Array(bytes[literal.offset..<literal.offset + literal.length])
      var cell = Int(truncatingIfNeeded: Bytes.hash(text.span.bytes) & mask)
      while cells[cell] != 0 { cell = (cell + 1) & Int(mask) }
      cells[cell] = UInt32(at + 1)
    }
  }

  /// Where the row of a text begins; 0 for a text that no rule names.
  func row(of text: borrowing RawSpan) -> Int {
    var cell = Int(truncatingIfNeeded: Bytes.hash(text) & mask)
    while true {
      let entry = cells[cell]
      if entry == 0 { return 0 }
      let literal = literals[Int(entry) &- 1]
      if literal.length == text.byteCount,
        Bytes.equal(text, bytes.span.bytes.extracting(literal.offset..<literal.offset &+ literal.length))
      {
        return literal.row
      }
      cell = (cell &+ 1) & Int(truncatingIfNeeded: mask)
    }
  }

  @inline(__always)
  func contains(_ row: Int, bit: Int) -> Bool { rows[row &+ bit &>> 6] & (1 &<< UInt64(bit & 63)) != 0 }
}
