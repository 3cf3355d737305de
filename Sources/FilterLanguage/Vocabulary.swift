/// The operators that stand between a field and what it is compared with.
public enum ComparisonOperator: String, Sendable, CaseIterable {
  case equal = "="
  case equalDouble = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case contains
  case icontains
  case bcontains
  case startswith
  case bstartswith
  case endswith
  case glob
  case iglob
  case regex
  case `in`
  case intersects
  case pmatch
  case exists

  /// What the grammar wants on the right-hand side.
  public enum Operands: Sendable {
    /// Nothing follows.
    case none
    /// A number token follows, or a right-hand field.
    case number
    /// One value follows, or a modifier with a list, or a right-hand field.
    case value
    /// A list follows, or one bare word, or a right-hand field.
    case list
  }

  public var operands: Operands {
    switch self {
    case .exists: .none
    case .less, .lessOrEqual, .greater, .greaterOrEqual: .number
    case .in, .intersects, .pmatch: .list
    default: .value
    }
  }

  /// Whether the word counts as an operator only if a blank follows it.
  ///
  /// The others end where they end: `proc.name incremental` reads as `in cremental`.
  var needsBlank: Bool {
    switch self {
    case .glob, .iglob, .contains, .icontains, .bcontains, .startswith, .bstartswith, .endswith, .regex: true
    default: false
    }
  }

  /// In the order in which the parser tries them: a spelling stands before every shorter one that it begins with.
  static let recognitionOrder: [ComparisonOperator] = [
    .exists, .lessOrEqual, .less, .greaterOrEqual, .greater, .equalDouble, .equal, .notEqual, .glob, .iglob, .contains,
    .icontains, .bcontains, .startswith, .bstartswith, .endswith, .regex, .intersects, .in, .pmatch,
  ]
}

/// How many of the listed values must satisfy the operator.
public enum ListModifier: String, Sendable, CaseIterable {
  /// Exactly one; a value that is listed twice counts twice.
  case oneof
  /// At least one.
  case anyof
  /// Every one.
  case allof
}

/// The transformers, which compute a value from fields.
public enum FunctionName: String, Sendable, CaseIterable {
  case tolower, toupper, b64, basename, len, join, concat, getopt

  /// How many arguments a call may have.
  public var argumentCounts: ClosedRange<Int> {
    switch self {
    case .tolower, .toupper, .b64, .basename, .len: 1...1
    case .join, .getopt: 2...2
    case .concat: 2...Int.max
    }
  }

  /// Whether `[x]` may follow the closing parenthesis.
  public var takesSelector: Bool { self == .getopt }
}
