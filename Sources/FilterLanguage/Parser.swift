extension Expression {
  /// How deep a condition may nest: a pair of parentheses costs 5, a function call 1.
  ///
  /// So 198 pairs around a check are read, and 199 are refused, as in the engine whose rule files we read.
  public static let nestingLimit = 1000

  /// Reads a condition, list names already expanded.
  ///
  /// - Parameters:
  ///   - text: The whole condition; all of it must be consumed.
  ///   - id: What the ranges of the tree shall name as their text.
  public init(parsing text: [UInt8], as id: TextID = TextID(rawValue: 0)) throws(SyntaxError) {
    var parser = Parser(text, id)
    self = try parser.condition()
  }
}

extension FunctionCall {
  /// Reads the transformer that begins at `offset` of an output text, and no further; nil if none begins there.
  ///
  /// - Returns: The call, and where it ends.
  public static func reading(
    _ text: [UInt8], at offset: Int, as id: TextID = TextID(rawValue: 0)
  ) throws(SyntaxError) -> (call: FunctionCall, end: Int)? {
    guard text.count < Int(UInt32.max) else { return nil }
    var parser = Parser(text, id)
    parser.scanner.cursor = offset
    guard let call = try parser.functionCall() else { return nil }
    return (call, parser.scanner.cursor)
  }
}

/// A recursive-descent parser over one condition text.
struct Parser {
  var scanner: Scanner
  /// What the open parentheses and calls cost; starts with the four levels of the grammar itself.
  private var depth = 5

  init(_ text: [UInt8], _ id: TextID) { scanner = Scanner(text, text: id) }

  mutating func condition() throws(SyntaxError) -> Expression {
    guard scanner.bytes.count < Int(UInt32.max) else {
      throw SyntaxError(.tooLong(limit: Int(UInt32.max)), at: scanner.range(0, 0))
    }
    let expression = try disjunction()
    scanner.skipBlanks()
    guard scanner.isAtEnd else { throw unexpectedText() }
    return expression
  }

  private mutating func disjunction() throws(SyntaxError) -> Expression {
    scanner.skipBlanks()
    let start = scanner.cursor
    let first = try conjunction()
    scanner.skipBlanks()
    guard scanner.isNext("or") else { return first }
    var terms = [first]
    while scanner.take("or") {
      try demandBlankOrParenthesis(after: "or")
      terms.append(try conjunction())
      scanner.skipBlanks()
    }
    return .or(terms, scanner.range(from: start))
  }

  private mutating func conjunction() throws(SyntaxError) -> Expression {
    scanner.skipBlanks()
    let start = scanner.cursor
    let first = try negation()
    scanner.skipBlanks()
    guard scanner.isNext("and") else { return first }
    var terms = [first]
    while scanner.take("and") {
      try demandBlankOrParenthesis(after: "and")
      terms.append(try negation())
      scanner.skipBlanks()
    }
    return .and(terms, scanner.range(from: start))
  }

  /// Keywords must not run into a following name; the `(` stays for the operand.
  private mutating func demandBlankOrParenthesis(after keyword: String) throws(SyntaxError) {
    guard scanner.skipBlanks() > 0 || scanner.next == UInt8(ascii: "(") else {
      throw SyntaxError(.missingBlank(after: keyword), at: scanner.here)
    }
  }

  private mutating func negation() throws(SyntaxError) -> Expression {
    scanner.skipBlanks()
    let start = scanner.cursor
    var isNegated = false
    while scanner.takeBeforeBlank("not") {
      isNegated.toggle()
      scanner.skipBlanks()
    }
    let operand: Expression
    if scanner.take("not(") {
      isNegated.toggle()
      operand = try parenthesised()
    } else {
      operand = try primary()
    }
    return isNegated ? .not(operand, scanner.range(from: start)) : operand
  }

  /// What follows an opening parenthesis that is already taken.
  private mutating func parenthesised() throws(SyntaxError) -> Expression {
    try enter(cost: 5)
    defer { depth -= 5 }
    let expression = try disjunction()
    scanner.skipBlanks()
    guard scanner.take(")") else {
      let hint = scanner.isAtEnd ? "a '(' is never closed" : keywordHint()
      throw SyntaxError(.expected([.token(")")]), at: scanner.here, hint: hint)
    }
    return expression
  }

  private mutating func primary() throws(SyntaxError) -> Expression {
    let start = scanner.cursor
    if scanner.take("(") { return try parenthesised() }
    guard let name = scanner.endOfName() else {
      throw SyntaxError(.expected([.condition]), at: scanner.here, hint: keywordHint())
    }
    if name.hasDot || isFunction(name.end) {
      return .check(try check())
    }
    let word = scanner.string(scanner.consume(to: name.end))
    return .macro(name: word, scanner.range(from: start))
  }

  /// Whether the name that ends at `end` is a transformer with its parenthesis.
  private func isFunction(_ end: Int) -> Bool {
    guard end < scanner.bytes.count, scanner.bytes[end] == UInt8(ascii: "(") else { return false }
    return FunctionName(rawValue: scanner.string(scanner.cursor..<end)) != nil
  }

  mutating func enter(cost: Int) throws(SyntaxError) {
    guard depth + cost < Expression.nestingLimit else {
      throw SyntaxError(.tooDeep(limit: Expression.nestingLimit), at: scanner.here)
    }
    depth += cost
  }

  mutating func leave(cost: Int) { depth -= cost }

  private func unexpectedText() -> SyntaxError {
    let token = scanner.string(scanner.lastToken)
    var hint = keywordHint()
    if scanner.next == UInt8(ascii: ")") {
      hint = "this ')' has no matching '('"
    } else if scanner.next == UInt8(ascii: "(") {
      hint = callHint(token) ?? hint
    }
    return SyntaxError(.unexpectedText(after: token), at: scanner.here, hint: hint)
  }

  private func callHint(_ token: String) -> String? {
    if token == "val" { return "val() is only allowed on the right-hand side of a comparison" }
    if let name = Suggestion.closest(to: token, among: FunctionName.allCases.map(\.rawValue)) {
      return "did you mean '\(name)('?"
    }
    return nil
  }

  /// Recognises keywords in the wrong case and those of other languages.
  private func keywordHint() -> String? {
    if scanner.isNext("&&") { return "write 'and' instead of '&&'" }
    if scanner.isNext("||") { return "write 'or' instead of '||'" }
    if scanner.isNext("!") { return "write 'not' instead of '!'" }
    guard let end = scanner.endOfIdentifier(from: scanner.cursor) else { return nil }
    let word = scanner.string(scanner.cursor..<end)
    let lowercase = word.lowercased()
    if word != lowercase, ["and", "or", "not"].contains(lowercase) {
      return "keywords are lower case: write '\(lowercase)'"
    }
    return nil
  }
}
