extension Parser {
  /// A field or function, an operator, and what the operator wants.
  mutating func check() throws(SyntaxError) -> Check {
    let start = scanner.cursor
    let left = try fieldOrFunction()
    scanner.skipBlanks()
    let operatorStart = scanner.cursor
    guard let comparison = comparisonOperator() else {
      throw SyntaxError(.expected([.comparisonOperator]), at: operatorRange(), hint: operatorHint())
    }
    let operatorRange = scanner.range(from: operatorStart)
    var modifier: ListModifier?
    let right: RightSide
    switch comparison.operands {
    case .none:
      right = .none
    case .number:
      scanner.skipBlanks()
      if let operand = try rightHandOperand() { right = operand } else { right = try number() }
    case .value:
      modifier = listModifier()
      scanner.skipBlanks()
      if modifier != nil {
        right = try list()
      } else if let operand = try rightHandOperand() {
        right = operand
      } else {
        right = try value()
      }
    case .list:
      scanner.skipBlanks()
      if let operand = try rightHandOperand() { right = operand } else { right = try list() }
    }
    return Check(
      left: left, operator: comparison, operatorRange: operatorRange, modifier: modifier, right: right,
      range: scanner.range(from: start))
  }

  private mutating func comparisonOperator() -> ComparisonOperator? {
    for candidate in ComparisonOperator.recognitionOrder {
      if candidate.needsBlank {
        if scanner.takeBeforeBlank(candidate.rawValue) { return candidate }
      } else if scanner.isNext(candidate.rawValue) {
        _ = scanner.consume(to: scanner.cursor + candidate.rawValue.utf8.count)
        return candidate
      }
    }
    return nil
  }

  /// Takes a modifier if it is one: blanks around it, then a list or a name that is no keyword.
  ///
  /// Otherwise the word is the value compared with, and the cursor stays before the blanks.
  private mutating func listModifier() -> ListModifier? {
    var ahead = scanner
    guard ahead.skipBlanks() > 0 else { return nil }
    guard let modifier = ListModifier.allCases.first(where: { ahead.takeBeforeBlank($0.rawValue) }) else { return nil }
    ahead.skipBlanks()
    if ahead.next != UInt8(ascii: "(") {
      guard ahead.endOfIdentifier(from: ahead.cursor) != nil else { return nil }
      if ahead.isNext("and") || ahead.isNext("or") || ahead.isNext("not") { return nil }
    }
    scanner = ahead
    return modifier
  }

  // The right-hand side.

  private mutating func number() throws(SyntaxError) -> RightSide {
    guard let end = scanner.endOfNumber() else {
      throw SyntaxError(.expected([.number]), at: scanner.here, hint: plainFieldHint())
    }
    return .value(literal(scanner.consume(to: end), .number))
  }

  private mutating func value() throws(SyntaxError) -> RightSide {
    if let end = scanner.endOfQuotedString() { return .value(try quoted(to: end)) }
    if let end = scanner.endOfBareString() { return .value(literal(scanner.consume(to: end), .bare)) }
    throw SyntaxError(.expected([.string]), at: scanner.here, hint: openQuoteHint() ?? modifierHint())
  }

  private mutating func list() throws(SyntaxError) -> RightSide {
    let start = scanner.cursor
    guard scanner.take("(") else {
      guard let end = scanner.endOfIdentifier(from: scanner.cursor) else {
        let hint = scanner.next.map(\.isQuote) == true ? "put the value in parentheses" : nil
        throw SyntaxError(.expected([.list]), at: scanner.here, hint: hint)
      }
      let item = literal(scanner.consume(to: end), .bare)
      return .list([item], item.range)
    }
    var items: [Literal] = []
    scanner.skipBlanks()
    if scanner.take(")") { return .list([], scanner.range(from: start)) }
    repeat {
      scanner.skipBlanks()
      if let end = scanner.endOfQuotedString() {
        items.append(try quoted(to: end))
      } else if let end = scanner.endOfBareString() {
        items.append(literal(scanner.consume(to: end), .bare))
      } else {
        throw SyntaxError(.expected([.string]), at: scanner.here, hint: openQuoteHint())
      }
      scanner.skipBlanks()
    } while scanner.take(",")
    guard scanner.take(")") else {
      throw SyntaxError(.expected([.token(")")]), at: scanner.here, hint: listHint())
    }
    return .list(items, scanner.range(from: start))
  }

  /// `val(field)` or a function call; nil if neither starts here.
  private mutating func rightHandOperand() throws(SyntaxError) -> RightSide? {
    if let call = try functionCall() { return .operand(.function(call)) }
    guard scanner.take("val(") else { return nil }
    scanner.skipBlanks()
    guard let name = scanner.endOfName(), name.hasDot else {
      throw SyntaxError(.expected([.rightHandField]), at: scanner.here)
    }
    let field = try fieldReference(to: name.end)
    scanner.skipBlanks()
    guard scanner.take(")") else { throw SyntaxError(.expected([.token(")")]), at: scanner.here) }
    return .operand(.field(field))
  }

  // Fields and functions.

  private mutating func fieldOrFunction() throws(SyntaxError) -> Operand {
    if let call = try functionCall() { return .function(call) }
    guard let name = scanner.endOfName(), name.hasDot else {
      throw SyntaxError(.expected([.fieldName]), at: scanner.here)
    }
    return .field(try fieldReference(to: name.end))
  }

  private mutating func fieldReference(to end: Int) throws(SyntaxError) -> FieldReference {
    let start = scanner.cursor
    let name = scanner.string(scanner.consume(to: end))
    let argument = try bracketed()
    return FieldReference(name: name, argument: argument, range: scanner.range(from: start))
  }

  /// `[…]` directly at the cursor.
  private mutating func bracketed() throws(SyntaxError) -> String? {
    guard scanner.take("[") else { return nil }
    let argument: String
    if let end = scanner.endOfQuotedString() {
      argument = try quoted(to: end).text
    } else if let end = scanner.endOfBareArgument() {
      argument = scanner.string(scanner.consume(to: end))
    } else {
      throw SyntaxError(.expected([.fieldArgument]), at: scanner.here, hint: openQuoteHint())
    }
    guard scanner.take("]") else { throw SyntaxError(.expected([.token("]")]), at: scanner.here) }
    return argument
  }

  mutating func functionCall() throws(SyntaxError) -> FunctionCall? {
    guard let end = scanner.endOfIdentifier(from: scanner.cursor), end < scanner.bytes.count,
      scanner.bytes[end] == UInt8(ascii: "("),
      let function = FunctionName(rawValue: scanner.string(scanner.cursor..<end))
    else { return nil }
    try enter(cost: 1)
    defer { leave(cost: 1) }
    let start = scanner.cursor
    _ = scanner.consume(to: end + 1)
    scanner.skipBlanks()
    var arguments: [Operand] = []
    if scanner.next != UInt8(ascii: ")") { arguments = try operands(isList: false) }
    guard scanner.take(")") else { throw SyntaxError(.expected([.token(")")]), at: scanner.here) }
    guard function.argumentCounts.contains(arguments.count) else {
      throw SyntaxError(.argumentCount(function, given: arguments.count), at: scanner.range(from: start))
    }
    let selectorStart = scanner.cursor
    let selector = try bracketed()
    if selector != nil, !function.takesSelector {
      throw SyntaxError(.selectorNotSupported(function), at: scanner.range(from: selectorStart))
    }
    return FunctionCall(
      function: function, arguments: arguments, selector: selector, range: scanner.range(from: start))
  }

  /// One or more operands with commas between them.
  private mutating func operands(isList: Bool) throws(SyntaxError) -> [Operand] {
    var operands: [Operand] = []
    repeat {
      scanner.skipBlanks()
      operands.append(try operand(isInList: isList))
      scanner.skipBlanks()
    } while scanner.take(",")
    return operands
  }

  private mutating func operand(isInList: Bool) throws(SyntaxError) -> Operand {
    let start = scanner.cursor
    if let end = scanner.endOfQuotedString() { return .literal(try quoted(to: end)) }
    if let end = scanner.endOfNumber() { return .literal(literal(scanner.consume(to: end), .number)) }
    if let call = try functionCall() { return .function(call) }
    if let name = scanner.endOfName(), name.hasDot { return .field(try fieldReference(to: name.end)) }
    guard !isInList, scanner.take("(") else {
      throw SyntaxError(.expected([.functionArgument]), at: scanner.here, hint: openQuoteHint() ?? bareWordHint())
    }
    scanner.skipBlanks()
    var elements: [Operand] = []
    if scanner.next != UInt8(ascii: ")") { elements = try operands(isList: true) }
    guard scanner.take(")") else { throw SyntaxError(.expected([.token(")")]), at: scanner.here) }
    return .list(elements, scanner.range(from: start))
  }

  // Literals.

  private func literal(_ token: Range<Int>, _ form: Literal.Form) -> Literal {
    Literal(
      bytes: Array(scanner.bytes[token]), form: form, range: scanner.range(token.lowerBound, token.upperBound))
  }

  private mutating func quoted(to end: Int) throws(SyntaxError) -> Literal {
    let token = scanner.consume(to: end)
    let range = scanner.range(token.lowerBound, token.upperBound)
    do throws(StringEscapes.Failure) {
      return Literal(bytes: try StringEscapes.unescape(scanner.bytes, token), form: .quoted, range: range)
    } catch {
      let at = scanner.range(error.offset, min(error.offset + 2, scanner.bytes.count))
      throw SyntaxError(error.reason, at: at, hint: "write \\\\ for one backslash")
    }
  }
}
