/// One comparison of one field with constants, or of two fields: the unit that is evaluated at most once per event and
/// shared between all rules that ask the same.
///
/// Plain data; texts, numbers and addresses are places in the program's ``Constants``.
public struct Test: BitwiseCopyable, Hashable, Sendable {
  /// Index of the left side: into the program's fields, or behind them into its expressions.
  public var field: UInt32
  public var operation: Operation
  /// How a value with several items is compared.
  public var scope: Scope
  /// Meaning depends on the operation: a place in one of the constant pools, or a number.
  public var first: UInt64
  public var second: UInt64

  public init(_ field: Int, _ operation: Operation, scope: Scope = .single, _ first: UInt64 = 0, _ second: UInt64 = 0) {
    self.field = UInt32(field)
    self.operation = operation
    self.scope = scope
    self.first = first
    self.second = second
  }

  /// Gives the sides of the comparison other numbers.
  mutating func renumber(_ number: (UInt32) -> UInt32) {
    field = number(field)
    if operation == .pair { first = UInt64(number(UInt32(first))) }
  }

  /// What values with several items mean to a comparison.
  public enum Scope: UInt8, BitwiseCopyable, Sendable {
    /// One value.
    case single
    /// True if it holds for any item: ancestors, either side of a connection, `intersects` on a list.
    case any
    /// True if it holds for every item: `in` on a list.
    case every
    /// True if it holds for no item: `!=` on either side of a connection.
    case none
  }

  public enum Operation: UInt8, BitwiseCopyable, Sendable {
    /// The field has a value.
    case exists
    /// Text in a set: `first` is the bit in the field's literal table.
    case member
    /// Text not in a set.
    case notMember
    // Numbers: `first` is the constant. The unsigned forms serve booleans, ports and flags too.
    case equal, notEqual
    case lessSigned, lessEqualSigned, greaterSigned, greaterEqualSigned
    case lessUnsigned, lessEqualUnsigned, greaterUnsigned, greaterEqualUnsigned
    /// Number in a list: `first..<second` of the numbers.
    case numberIn
    // Doubles: `first` is the bit pattern of the constant.
    case equalDouble, notEqualDouble, lessDouble, lessEqualDouble, greaterDouble, greaterEqualDouble
    // Text order: `first` is a text.
    case textLess, textLessEqual, textGreater, textGreaterEqual
    // Text: `first` is a text; `containsFolded` needs it in lower case.
    case contains, containsFolded, startsWith, endsWith, glob, globFolded
    /// Whole text by a regular expression: `first` is one of the patterns.
    case regex
    /// Path in one of the texts `first..<second`.
    case pathIn
    // Addresses: `first` is one of the networks.
    case addressEqual, addressNotEqual
    /// Address in one of the networks `first..<second`.
    case addressIn
    /// Another field or expression: `first` is its index, `second` a ``Pairing``.
    case pair
    // A text operation over several operands, as tests `first..<second` of the operands.
    case anyOf, allOf, oneOf

    /// Whether the value must be a text or bytes; all others but `exists` and the lists of operands need a number.
    @inline(__always) var readsText: Bool {
      switch self {
      case .member, .notMember, .textLess, .textLessEqual, .textGreater, .textGreaterEqual, .contains, .containsFolded,
        .startsWith, .endsWith, .glob, .globFolded, .regex, .pathIn:
        true
      default: false
      }
    }
  }
}

/// How two values of the same type are compared: the `second` of a ``Test/Operation/pair``.
public enum Pairing: UInt8, BitwiseCopyable, Sendable {
  // Two values that are no lists.
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  // Two texts.
  case contains, containsFolded, startsWith, endsWith, glob, globFolded
  /// Two lists: every item of the left one is in the right one.
  case every
  /// Two lists: some item of the left one is in the right one.
  case some
}

/// The constants that tests refer to.
public struct Constants: Sendable {
  /// All texts back to back; `textEnds[i]` is where text `i` ends.
  private(set) var bytes: [UInt8] = []
  private(set) var textEnds: [Int] = []
  private(set) var numbers: [UInt64] = []
  private(set) var networks: [Network] = []
  /// Operands of ``Test/Operation/anyOf`` and its kin.
  private(set) var operands: [Test] = []
  /// Kept alive here for the sake of ``patternHandles``.
  private var patterns: [RegularExpression] = []
  private(set) var patternHandles: [UInt] = []

  public init() {}

  public mutating func add(text: [UInt8]) -> Int {
    bytes += text
    textEnds.append(bytes.count)
    return textEnds.count - 1
  }
  public mutating func add(texts: [[UInt8]]) -> Range<Int> {
    let start = textEnds.count
    for text in texts { _ = add(text: text) }
    return start..<textEnds.count
  }
  public mutating func add(numbers: [UInt64]) -> Range<Int> {
    let start = self.numbers.count
    self.numbers += numbers
    return start..<self.numbers.count
  }
  public mutating func add(networks: [Network]) -> Range<Int> {
    let start = self.networks.count
    self.networks += networks
    return start..<self.networks.count
  }
  public mutating func add(pattern: RegularExpression) -> Int {
    patterns.append(pattern)
    patternHandles.append(pattern.handle)
    return patterns.count - 1
  }
  public mutating func add(operands: [Test]) -> Range<Int> {
    let start = self.operands.count
    self.operands += operands
    return start..<self.operands.count
  }

  /// The same constants with the left sides of all operands renumbered.
  func renumbering(_ field: (UInt32) -> UInt32) -> Constants {
    var constants = self
    for index in constants.operands.indices { constants.operands[index].renumber(field) }
    return constants
  }

  /// All texts, as ``Test/Operation/pathIn`` looks at them.
  var paths: [PathConstant] {
    textEnds.indices.map { index in
      let range = range(ofText: UInt64(index))
      let isPlain = unsafe PathPrefix.isPlain(bytes.span.bytes.extracting(range))
      return PathConstant(offset: UInt32(range.lowerBound), length: UInt32(range.count), isPlain: isPlain)
    }
  }

  @inline(__always)
  func range(ofText index: UInt64) -> Range<Int> {
    let at = Int(truncatingIfNeeded: index)
    return (at == 0 ? 0 : textEnds[at - 1])..<textEnds[at]
  }
}

/// An address or network that addresses are compared with.
public struct Network: BitwiseCopyable, Sendable, Hashable {
  /// As in ``IPAddress``: bytes in network order, loaded little-endian.
  public var high: UInt64
  public var low: UInt64
  public var isV6: Bool
  public var prefixLength: UInt8

  public init(high: UInt64, low: UInt64, isV6: Bool, prefixLength: UInt8) {
    self.high = high
    self.low = low
    self.isV6 = isV6
    self.prefixLength = prefixLength
  }

  /// Whether an address lies inside. An address of the other family never does.
  func contains(high otherHigh: UInt64, low otherLow: UInt64, isV6 otherIsV6: Bool) -> Bool {
    guard isV6 == otherIsV6 else { return false }
    let prefix = Int(prefixLength)
    if !isV6 {
      guard prefix > 0 else { return true }
      let difference = UInt32(truncatingIfNeeded: high ^ otherHigh).byteSwapped
      return difference &>> UInt32(32 - prefix) == 0
    }
    let highDifference = (high ^ otherHigh).byteSwapped
    let lowDifference = (low ^ otherLow).byteSwapped
    if prefix == 0 { return true }
    if prefix <= 64 { return highDifference &>> UInt64(64 - prefix) == 0 }
    return highDifference == 0 && lowDifference &>> UInt64(128 - prefix) == 0
  }
}
