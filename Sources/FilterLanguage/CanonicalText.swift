extension Expression {
  /// The condition in one canonical spelling: groups in parentheses, values bare where that is unambiguous.
  ///
  /// Reading it gives an equal tree again.
  public var canonicalText: String {
    var text: [UInt8] = []
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private func append(to text: inout [UInt8]) {
    switch self {
    case .and(let terms, _): Self.append(terms, " and ", to: &text)
    case .or(let terms, _): Self.append(terms, " or ", to: &text)
    case .not(let operand, _):
      text.append(contentsOf: "not ".utf8)
      // Two in a row would cancel out when they are read.
      if case .not = operand {
        Self.append([operand], "", to: &text)
      } else {
        operand.append(to: &text)
      }
    case .macro(let name, _): text.append(contentsOf: name.utf8)
    case .check(let check): check.append(to: &text)
    }
  }

  private static func append(_ terms: [Expression], _ separator: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "("))
    for (index, term) in terms.enumerated() {
      if index > 0 { text.append(contentsOf: separator.utf8) }
      term.append(to: &text)
    }
    text.append(UInt8(ascii: ")"))
  }
}

extension Check {
  /// The comparison in its canonical spelling.
  public var canonicalText: String {
    var text: [UInt8] = []
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  func append(to text: inout [UInt8]) {
    left.append(to: &text)
    text.append(UInt8(ascii: " "))
    text.append(contentsOf: `operator`.rawValue.utf8)
    if let modifier {
      text.append(UInt8(ascii: " "))
      text.append(contentsOf: modifier.rawValue.utf8)
    }
    switch right {
    case .none: break
    case .value(let literal):
      text.append(UInt8(ascii: " "))
      literal.append(to: &text)
    case .list(let items, _):
      text.append(contentsOf: " (".utf8)
      for (index, item) in items.enumerated() {
        if index > 0 { text.append(contentsOf: ", ".utf8) }
        item.append(to: &text)
      }
      text.append(UInt8(ascii: ")"))
    case .operand(.field(let field)):
      text.append(contentsOf: " val(".utf8)
      field.append(to: &text)
      text.append(UInt8(ascii: ")"))
    case .operand(let operand):
      text.append(UInt8(ascii: " "))
      operand.append(to: &text)
    }
  }
}

extension Operand {
  /// The operand in its canonical spelling.
  public var canonicalText: String {
    var text: [UInt8] = []
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  func append(to text: inout [UInt8]) {
    switch self {
    case .field(let field): field.append(to: &text)
    case .literal(let literal):
      if literal.form == .number {
        text.append(contentsOf: literal.bytes)
      } else {
        StringEscapes.appendQuoted(literal.bytes, to: &text)
      }
    case .list(let elements, _): Self.append(elements, to: &text)
    case .function(let call):
      text.append(contentsOf: call.function.rawValue.utf8)
      Self.append(call.arguments, to: &text)
      if let selector = call.selector { appendBracketed(selector, to: &text) }
    }
  }

  private static func append(_ operands: [Operand], to text: inout [UInt8]) {
    text.append(UInt8(ascii: "("))
    for (index, operand) in operands.enumerated() {
      if index > 0 { text.append(contentsOf: ", ".utf8) }
      operand.append(to: &text)
    }
    text.append(UInt8(ascii: ")"))
  }
}

extension FieldReference {
  /// The field as it is written: `name` or `name[argument]`.
  public var canonicalText: String {
    var text: [UInt8] = []
    append(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  func append(to text: inout [UInt8]) {
    text.append(contentsOf: name.utf8)
    if let argument { appendBracketed(argument, to: &text) }
  }
}

extension Literal {
  func append(to text: inout [UInt8]) {
    if StringEscapes.needsQuotes(bytes) {
      StringEscapes.appendQuoted(bytes, to: &text)
    } else {
      text.append(contentsOf: bytes)
    }
  }
}

private func appendBracketed(_ argument: String, to text: inout [UInt8]) {
  let bytes = Array(argument.utf8)
  text.append(UInt8(ascii: "["))
  if bytes.isEmpty || bytes.contains(where: { !$0.isBareArgument }) {
    StringEscapes.appendQuoted(bytes, to: &text)
  } else {
    text.append(contentsOf: bytes)
  }
  text.append(UInt8(ascii: "]"))
}
