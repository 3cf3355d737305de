extension Expression {
  /// Calls `body` for every comparison, in the order of the text.
  public func forEachCheck<Failure: Error>(_ body: (Check) throws(Failure) -> Void) throws(Failure) {
    switch self {
    case .and(let terms, _), .or(let terms, _):
      for term in terms { try term.forEachCheck(body) }
    case .not(let operand, _): try operand.forEachCheck(body)
    case .check(let check): try body(check)
    case .macro: break
    }
  }

  /// Calls `body` for every macro name, in the order of the text.
  public func forEachMacro<Failure: Error>(
    _ body: (_ name: String, _ range: SourceRange) throws(Failure) -> Void
  ) throws(Failure) {
    switch self {
    case .and(let terms, _), .or(let terms, _):
      for term in terms { try term.forEachMacro(body) }
    case .not(let operand, _): try operand.forEachMacro(body)
    case .check: break
    case .macro(let name, let range): try body(name, range)
    }
  }

  /// Returns the tree with every macro name replaced by what `replacement` gives for it.
  ///
  /// A replacement is a whole subtree, so `not m` negates all of it. Nothing is substituted inside replacements.
  public func substitutingMacros<Failure: Error>(
    _ replacement: (_ name: String, _ range: SourceRange) throws(Failure) -> Expression
  ) throws(Failure) -> Expression {
    switch self {
    case .check: return self
    case .macro(let name, let range): return try replacement(name, range)
    case .not(let operand, let range): return .not(try operand.substitutingMacros(replacement), range)
    case .and(let terms, let range):
      var replaced: [Expression] = []
      replaced.reserveCapacity(terms.count)
      for term in terms { replaced.append(try term.substitutingMacros(replacement)) }
      return .and(replaced, range)
    case .or(let terms, let range):
      var replaced: [Expression] = []
      replaced.reserveCapacity(terms.count)
      for term in terms { replaced.append(try term.substitutingMacros(replacement)) }
      return .or(replaced, range)
    }
  }
}

extension Check {
  /// Calls `body` for every field on either side, those inside function calls included.
  public func forEachField(_ body: (FieldReference) -> Void) {
    left.forEachField(body)
    if case .operand(let operand) = right { operand.forEachField(body) }
  }
}

extension Operand {
  func forEachField(_ body: (FieldReference) -> Void) {
    switch self {
    case .field(let field): body(field)
    case .literal: break
    case .function(let call):
      for argument in call.arguments { argument.forEachField(body) }
    case .list(let elements, _):
      for element in elements { element.forEachField(body) }
    }
  }
}
