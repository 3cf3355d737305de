/// A ``Test`` as it is run: what its constants are was looked up before.
struct CompiledTest: BitwiseCopyable {
  /// Which function runs it. What most rules consist of has a short one of its own; ``other`` is for the rest.
  enum Action: UInt8, BitwiseCopyable {
    case equal, notEqual, member, notMember, contains, startsWith, endsWith, pathIn, other
  }

  var field: UInt32
  var action: Action
  /// A number to compare with; the literal table; the constant's position; the first of several.
  var first: UInt64
  /// The bit in the table's row; the constant's length; the end of several.
  var second: UInt64

  init(_ test: Test, _ constants: Constants, firstTable: Int32) {
    field = test.field
    (action, first, second) = (.other, test.first, test.second)
    guard test.scope == .single else { return }
    switch test.operation {
    case .equal: action = .equal
    case .notEqual: action = .notEqual
    case .member, .notMember:
      action = test.operation == .member ? .member : .notMember
      first = UInt64(firstTable) + test.first >> UInt64(LiteralTables.setsPerTableShift)
      second = test.first & UInt64(LiteralTables.setsPerTable - 1)
    case .contains: setText(.contains, constants)
    case .startsWith: setText(.startsWith, constants)
    case .endsWith: setText(.endsWith, constants)
    case .pathIn: action = .pathIn
    default: break
    }
  }

  private mutating func setText(_ action: Action, _ constants: Constants) {
    self.action = action
    let range = constants.range(ofText: first)
    (first, second) = (UInt64(range.lowerBound), UInt64(range.count))
  }
}

/// Where one of the texts is that paths are compared with by component.
struct PathConstant: BitwiseCopyable {
  var offset: UInt32
  var length: UInt32
  /// ``PathPrefix/isPlain(_:)``
  var isPlain: Bool
}
