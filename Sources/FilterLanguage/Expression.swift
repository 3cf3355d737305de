/// A condition as a tree, every node with its place in the text it was read from.
///
/// Parentheses leave no node. A chain of `not` is reduced to at most one, since two cancel out.
public indirect enum Expression: Sendable {
  /// All of them; two or more.
  case and([Expression], SourceRange)
  /// Any of them; two or more.
  case or([Expression], SourceRange)
  case not(Expression, SourceRange)
  case check(Check)
  /// A name that stands for another condition; gone once the rule loader has substituted macros.
  case macro(name: String, SourceRange)

  public var range: SourceRange {
    switch self {
    case .and(_, let range), .or(_, let range), .not(_, let range), .macro(_, let range): range
    case .check(let check): check.range
    }
  }
}

/// One comparison.
public struct Check: Sendable {
  public var left: Operand
  public var `operator`: ComparisonOperator
  public var operatorRange: SourceRange
  /// Present only together with ``RightSide/list(_:_:)``.
  public var modifier: ListModifier?
  public var right: RightSide
  public var range: SourceRange

  public init(
    left: Operand, operator: ComparisonOperator, operatorRange: SourceRange, modifier: ListModifier? = nil,
    right: RightSide, range: SourceRange
  ) {
    self.left = left
    self.operator = `operator`
    self.operatorRange = operatorRange
    self.modifier = modifier
    self.right = right
    self.range = range
  }
}

/// What a field is compared with.
public enum RightSide: Sendable {
  /// The operator is `exists`.
  case none
  case value(Literal)
  case list([Literal], SourceRange)
  /// `val(field)`, given as the field, or a function call.
  case operand(Operand)
}

/// Something that yields a value for each event, or a constant inside a function call.
public enum Operand: Sendable {
  case field(FieldReference)
  case function(FunctionCall)
  /// Only as an argument of a function.
  case literal(Literal)
  /// `( … )` as an argument of a function.
  case list([Operand], SourceRange)

  public var range: SourceRange {
    switch self {
    case .field(let field): field.range
    case .function(let call): call.range
    case .literal(let literal): literal.range
    case .list(_, let range): range
    }
  }
}

/// A field by name, with what stands in brackets behind it.
public struct FieldReference: Sendable {
  /// Always contains a dot.
  public var name: String
  /// The text in the brackets, unescaped if it was quoted.
  public var argument: String?
  public var range: SourceRange

  public init(name: String, argument: String? = nil, range: SourceRange) {
    self.name = name
    self.argument = argument
    self.range = range
  }
}

/// A transformer applied to its arguments; their number fits ``FunctionName/argumentCounts``.
public struct FunctionCall: Sendable {
  public var function: FunctionName
  public var arguments: [Operand]
  /// The text in the brackets behind the call, only for functions that take one.
  public var selector: String?
  public var range: SourceRange

  public init(function: FunctionName, arguments: [Operand], selector: String? = nil, range: SourceRange) {
    self.function = function
    self.arguments = arguments
    self.selector = selector
    self.range = range
  }
}

/// A constant as written, before it is read as the type of the field it is compared with.
public struct Literal: Sendable {
  public enum Form: Sendable, Equatable {
    case bare
    case quoted
    /// The grammar demanded a number token here.
    case number
  }

  /// The value after escapes; `\xHH` may produce bytes that are no UTF-8.
  public var bytes: [UInt8]
  public var form: Form
  /// Where it stands, quotes included.
  public var range: SourceRange

  public init(bytes: [UInt8], form: Form, range: SourceRange) {
    self.bytes = bytes
    self.form = form
    self.range = range
  }

  /// The value for messages; bytes that are no UTF-8 are replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
