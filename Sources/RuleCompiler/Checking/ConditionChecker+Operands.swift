internal import EventSchema
internal import Fields
internal import FilterLanguage
internal import RuleEngine

/// The left side of a comparison: a field, or a transformer around fields.
struct Subject {
  /// In the program under construction.
  var index: Int
  /// Its canonical spelling.
  var name: String
  var shape: FieldExpression.Shape
  /// Nil for a transformer.
  var field: ResolvedField?
  /// Rough instructions for its value.
  var cost: Int

  var isList: Bool { shape.isList }
  var hasCandidates: Bool { field?.hasCandidates ?? false }
  var isTwoSided: Bool { field?.isTwoSided ?? false }
  /// Nil if only `exists` makes sense.
  var kind: ValueKind? { ValueKind(shape.type) ?? field.flatMap(ValueKind.dynamic) }
}

/// Fields and transformers as operands.
extension ConditionChecker {
  mutating func subject(_ operand: Operand) throws(CheckError) -> Subject {
    let expression: FieldExpression
    let shape: FieldExpression.Shape
    do throws(OperandError) { (expression, shape) = try FieldExpression.resolving(operand) } catch {
      throw CheckError(error)
    }
    if case .field(let field) = expression {
      return Subject(
        index: builder.index(of: field, key: field.name), name: field.name, shape: shape, field: field,
        cost: Cost.extraction(field))
    }
    var cost = Cost.transformation
    var typeField: ResolvedField?
    expression.forEachField { field in
      cost += Cost.extraction(field)
      if field.id == .evtType || field.id == .syscallType { typeField = field }
    }
    if let typeField {
      throw CheckError(
        message: "transformers do not work on \(typeField.name)",
        hint: "names of events are lower case already; compare \(typeField.name) itself", range: operand.range)
    }
    let name = operand.canonicalText
    return Subject(
      index: builder.index(of: expression, key: name), name: name, shape: shape, field: nil, cost: cost)
  }

  /// A comparison with another field or a transformer.
  mutating func pair(
    _ check: Check, _ left: Subject, _ kind: ValueKind, _ operand: Operand
  ) throws(CheckError) -> Test {
    guard let pairing = Pairing(check.operator, areLists: left.isList) else {
      throw CheckError(
        message: "'\(check.operator.rawValue)' compares with constants only", hint: "write the value out",
        range: operand.range)
    }
    let right = try subject(operand)
    if let field = right.field, field.info.flags.contains(.notOnRight) {
      throw CheckError(message: "field '\(field.name)' can't be used as a right-hand side field", range: operand.range)
    }
    if let field = left.field, field.info.flags.contains(.notOnRight) {
      throw CheckError(
        message: "field '\(field.name)' can only be compared with constants", hint: "write the value out",
        range: operand.range)
    }
    if kind == .network {
      throw CheckError(message: "\(left.name) can only be compared with constants", range: operand.range)
    }
    let isSameType = left.shape.type == right.shape.type || (kind == .text && right.kind == .text)
    guard isSameType, left.isList == right.isList else {
      throw CheckError(
        message: "\(left.name) is \(left.shape.wording), but \(right.name) is \(right.shape.wording)",
        hint: "both sides of a comparison must have the same type", range: operand.range)
    }
    return Test(left.index, .pair, UInt64(right.index), UInt64(pairing.rawValue))
  }

  // MARK: Values that look like something else

  /// Warns about constants that are spelt like a field or a call: a field on the right needs `val()`.
  mutating func warnAboutNames(_ literals: [Literal]) {
    for literal in literals.prefix(1_000) where literal.bytes.count <= 256 {
      let text = literal.text
      if FieldCatalogue.isField(text) {
        warn(
          "'\(text)' is compared as a text, though a field has this name",
          hint: "to compare with the field's value, write val(\(text))", at: literal.range)
      } else if literal.bytes.last == UInt8(ascii: ")"), let parenthesis = text.firstIndex(of: "("),
        text[..<parenthesis] == "val" || FunctionName(rawValue: String(text[..<parenthesis])) != nil
      {
        warn(
          "'\(text)' is compared as a text, though it looks like a transformer",
          hint: "to have it evaluated, write it without quotes", at: literal.range)
      }
    }
  }

  /// Warns about a pattern that a plainer operator serves as well, faster.
  mutating func warnAboutPlainPattern(_ literal: Literal) {
    var body = literal.bytes[...]
    let isOpenAtStart = body.starts(with: ".*".utf8)
    if isOpenAtStart { body = body.dropFirst(2) }
    let isOpenAtEnd = body.count >= 2 && body.suffix(2).elementsEqual(".*".utf8)
    if isOpenAtEnd { body = body.dropLast(2) }
    let special = Set("\\^$.|?*+()[]{}".utf8)
    if body.isEmpty || body.contains(where: special.contains) { return }
    let plainer =
      switch (isOpenAtStart, isOpenAtEnd) {
      case (true, true): "contains"
      case (true, false): "endswith"
      case (false, true): "startswith"
      case (false, false): "="
      }
    warn(
      "the pattern has nothing that needs a regular expression",
      hint: "'\(plainer) \(String(decoding: body, as: UTF8.self))' says the same and is faster", at: literal.range)
  }
}

extension CheckError {
  init(_ error: OperandError) {
    self.init(message: error.message, range: error.range)
    guard case .field(let problem) = error.problem else { return }
    switch problem {
    case .unknownField, .unknownEvent: kind = .unknownName
    default: break
    }
    switch problem {
    case .unknownField(_, nil), .unknownParameter(_, _, nil), .unknownEvent(_, _, nil):
      hint = "`windhover fields` lists the fields that exist"
    default: break
    }
  }
}

extension Pairing {
  /// - Returns: Nil for operators that compare with constants only.
  init?(_ comparison: ComparisonOperator, areLists: Bool) {
    switch comparison {
    case .equal, .equalDouble: self = .equal
    case .notEqual: self = .notEqual
    case .less: self = .less
    case .lessOrEqual: self = .lessOrEqual
    case .greater: self = .greater
    case .greaterOrEqual: self = .greaterOrEqual
    case .contains, .bcontains: self = .contains
    case .icontains: self = .containsFolded
    case .startswith, .bstartswith: self = .startsWith
    case .endswith: self = .endsWith
    case .glob: self = .glob
    case .iglob: self = .globFolded
    case .in: self = areLists ? .every : .equal
    case .intersects: self = areLists ? .some : .equal
    case .regex, .pmatch, .exists: return nil
    }
  }
}

extension FieldExpression.Shape {
  /// What it is, for messages.
  fileprivate var wording: String {
    let noun = ValueKind(type)?.noun ?? "untyped"
    let name = if case .integer(let form) = ValueKind(type) { "\(form.isSigned ? "signed" : "unsigned") \(form.bits)-bit" } else { noun }
    return isList ? "a list (\(name))" : name
  }
}

extension ResolvedField {
  /// Fields whose value is both ends of a connection.
  var isTwoSided: Bool {
    switch id {
    case .fdIp, .fdNet, .fdPort, .fdProto: true
    default: false
    }
  }
}

extension ValueKind {
  /// The kind of a field whose type its argument decides, as far as that is known before an event comes.
  static func dynamic(_ field: ResolvedField) -> ValueKind? { field.type == .WH_PT_DYN ? .text : nil }
}
