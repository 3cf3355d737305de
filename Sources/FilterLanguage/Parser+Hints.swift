extension Parser {
  /// The word or symbols that stand where an operator should.
  func operatorRange() -> SourceRange {
    var end = scanner.cursor
    while end < scanner.bytes.count, scanner.bytes[end].isBare { end += 1 }
    if end == scanner.cursor { return scanner.here }
    return scanner.range(scanner.cursor, end)
  }

  func operatorHint() -> String? {
    if scanner.isAtEnd { return "a field alone is no condition; to test that it has a value, write 'exists' behind it" }
    if scanner.isNext("[") { return "only one argument in brackets is allowed" }
    let range = operatorRange().offsets
    let word = scanner.string(range)
    if word == "~" || word == "=~" || word == "matches" { return "did you mean 'regex'?" }
    let operators = ComparisonOperator.allCases.map(\.rawValue)
    let lowercase = word.lowercased()
    if operators.contains(lowercase) {
      if word != lowercase { return "operators are lower case: write '\(lowercase)'" }
      return "a blank must follow '\(word)'"
    }
    return Suggestion.closest(to: word, among: operators.filter { $0.utf8.count > 2 }).map { "did you mean '\($0)'?" }
  }

  /// A quote at the cursor that the parser could not read as a string has no end.
  func openQuoteHint() -> String? {
    guard let quote = scanner.next, quote.isQuote, scanner.endOfQuotedString() == nil else { return nil }
    return "this quote is never closed; a quote behind a backslash does not close a string"
  }

  func plainFieldHint() -> String? {
    guard let name = scanner.endOfName(), name.hasDot else { return nil }
    let field = scanner.string(scanner.cursor..<name.end)
    return "to compare with a field, write 'val(\(field))'"
  }

  func modifierHint() -> String? {
    scanner.next == UInt8(ascii: "(") ? "to compare with a list, use 'in', or 'anyof' before the list" : nil
  }

  func listHint() -> String? {
    if scanner.isNext("(") { return "a list holds plain values only; a field goes directly behind the operator" }
    if scanner.isAtEnd { return "the list is never closed" }
    if let next = scanner.next, next.isQuote || next.isBare { return "is a comma missing?" }
    return nil
  }

  func bareWordHint() -> String? {
    scanner.endOfBareString() == nil ? nil : "put constant strings in quotes"
  }
}
