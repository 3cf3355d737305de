/// Why a text does not name a field.
public enum FieldError: Error, Sendable, Equatable {
  /// No field has this name; `suggestion` is the closest one that exists, if any is close.
  case unknownField(name: String, suggestion: String?)
  /// The field needs an argument; `example` shows one.
  case missingArgument(field: String, example: String)
  /// The field takes no argument, or not in brackets.
  case forbiddenArgument(field: String, argument: String)
  /// The argument is not the number that the field needs.
  case notAnIndex(field: String, argument: String)
  /// No event has a parameter of this name.
  case unknownParameter(field: String, parameter: String, suggestion: String?)
  /// No event has this name.
  case unknownEvent(field: String, event: String, suggestion: String?)
}

extension FieldError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownField(let name, let suggestion):
      "there is no field \(name)\(didYouMean(suggestion))"
    case .missingArgument(let field, let example):
      "\(field) needs an argument, as in \(example)"
    case .forbiddenArgument(let field, let argument):
      "\(field) takes no argument in brackets, but has [\(argument)]"
    case .notAnIndex(let field, let argument):
      "\(field) needs a decimal number in brackets, but has [\(argument)]"
    case .unknownParameter(let field, let parameter, let suggestion):
      "\(field): no event has a parameter \(parameter)\(didYouMean(suggestion))"
    case .unknownEvent(let field, let event, let suggestion):
      "\(field): there is no event \(event)\(didYouMean(suggestion))"
    }
  }

  private func didYouMean(_ suggestion: String?) -> String {
    suggestion.map { "; did you mean \($0)?" } ?? ""
  }
}
