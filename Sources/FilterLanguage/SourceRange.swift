/// Names the text that a range counts into: one rule's condition, or one macro's.
///
/// A macro's tree is substituted into the rules that use it, so one tree mixes nodes of several texts. The rule loader
/// hands out the numbers and keeps the table that leads back to a file; this module only carries them along.
public struct TextID: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A run of bytes in one condition text, after list expansion.
public struct SourceRange: Hashable, Sendable {
  public var text: TextID
  /// The offset of the first byte.
  public var lower: UInt32
  /// The offset behind the last byte.
  public var upper: UInt32

  public init(text: TextID, lower: UInt32, upper: UInt32) {
    self.text = text
    self.lower = lower
    self.upper = upper
  }

  public var offsets: Range<Int> { Int(lower)..<Int(upper) }
}

/// A place in a text, counted as editors do.
public struct TextPosition: Hashable, Sendable {
  /// The first line is 1.
  public var line: Int
  /// The first column is 1; a column is one Unicode scalar.
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Counts the lines and columns before `offset`; an offset beyond the text means its end.
  public init(of offset: Int, in text: [UInt8]) {
    var line = 1
    var column = 1
    for byte in text.prefix(max(0, offset)) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0b1100_0000 != 0b1000_0000 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }
}
