/// Why a text is no condition, and where.
public struct SyntaxError: Error, Sendable, Equatable {
  public enum Reason: Sendable, Equatable {
    /// One of these was needed here.
    case expected([Expectation])
    /// The condition is complete, and then something follows that is neither `and` nor `or`.
    case unexpectedText(after: String)
    /// `and` and `or` need a blank or a parenthesis behind them.
    case missingBlank(after: String)
    /// A quoted string has `\` before this character, which means nothing.
    case unsupportedEscape(String)
    /// `\x` without two hexadecimal digits.
    case incompleteHexEscape
    /// The function does not take this many arguments.
    case argumentCount(FunctionName, given: Int)
    /// `[…]` behind a function that takes none.
    case selectorNotSupported(FunctionName)
    /// Parentheses and calls are nested beyond ``nestingLimit``.
    case tooDeep(limit: Int)
    /// The text does not fit the 32-bit offsets of a ``SourceRange``.
    case tooLong(limit: Int)
  }

  public enum Expectation: Sendable, Equatable {
    case token(String)
    case condition
    case comparisonOperator
    case number
    case string
    case list
    case fieldArgument
    case fieldName
    case functionArgument
    case rightHandField
  }

  public var reason: Reason
  public var range: SourceRange
  /// What the writer probably meant.
  public var hint: String?

  public init(_ reason: Reason, at range: SourceRange, hint: String? = nil) {
    self.reason = reason
    self.range = range
    self.hint = hint
  }

  /// What went wrong, in one line without the place.
  public var message: String {
    switch reason {
    case .expected(let expectations):
      "expected " + expectations.map(\.wording).joined(separator: " or ")
    case .unexpectedText(let token):
      "unexpected text after '\(token)': only 'and' or 'or' can follow"
    case .missingBlank(let keyword):
      "expected a blank or '(' after '\(keyword)'"
    case .unsupportedEscape(let escape):
      "unsupported escape sequence '\(escape)' in a quoted string"
    case .incompleteHexEscape:
      "the escape sequence '\\x' needs two hexadecimal digits"
    case .argumentCount(let function, let given):
      "\(function.rawValue)() takes \(function.argumentCountWording), but \(given) given"
    case .selectorNotSupported(let function):
      "\(function.rawValue)() takes no [...] behind its arguments"
    case .tooDeep(let limit):
      "nested beyond the depth limit of \(limit)"
    case .tooLong(let limit):
      "the condition is longer than \(limit) bytes"
    }
  }
}

extension SyntaxError.Expectation {
  var wording: String {
    let functions = (["val"] + FunctionName.allCases.map(\.rawValue)).quotedList
    return switch self {
    case .token(let token): "'\(token)'"
    case .condition: "a comparison, a macro or '('"
    case .comparisonOperator:
      "an operator, one of " + ComparisonOperator.recognitionOrder.map(\.rawValue).quotedList
    case .number: "a number or one of the functions \(functions)"
    case .string: "a value or one of the functions \(functions)"
    case .list: "a list, a single word or one of the functions \(functions)"
    case .fieldArgument: "an argument inside '[' and ']'"
    case .fieldName: "a field name"
    case .functionArgument: "a field, a function call, a quoted string, a number or a list as argument"
    case .rightHandField: "a field name as the argument of val()"
    }
  }
}

extension [String] {
  /// `'a', 'b', 'c'`
  var quotedList: String { map { "'\($0)'" }.joined(separator: ", ") }
}

extension FunctionName {
  var argumentCountWording: String {
    let counts = argumentCounts
    if counts.lowerBound == counts.upperBound {
      return counts.lowerBound == 1 ? "1 argument" : "\(counts.lowerBound) arguments"
    }
    return "at least \(counts.lowerBound) arguments"
  }
}
