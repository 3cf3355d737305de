internal import EventSchema
public import FilterLanguage

/// What keeps an operand of a condition or an output from having a value, and where it stands.
public struct OperandError: Error, Sendable {
  public enum Problem: Sendable, Equatable {
    case field(FieldError)
    case transformer(TransformerError)
  }
  public let problem: Problem
  public let range: SourceRange

  public var message: String {
    switch problem {
    case .field(let error): error.description
    case .transformer(let error): error.description
    }
  }
}

extension FieldExpression {
  /// Finds the fields of a parsed operand and checks the types of all calls in it.
  ///
  /// - Returns: The expression, and what kind of value it has.
  public static func resolving(
    _ operand: Operand
  ) throws(OperandError) -> (expression: FieldExpression, shape: Shape) {
    switch operand {
    case .field(let reference):
      switch FieldCatalogue.resolve(name: reference.name, argument: reference.argument) {
      case .success(let field): return (.field(field), Shape(field.type, isList: field.isList))
      case .failure(let error): throw OperandError(problem: .field(error), range: reference.range)
      }
    case .literal(let literal): return (.constant(literal.bytes), Shape(.WH_PT_CHARBUF))
    case .list(let elements, let range):
      let items = try arguments(elements)
      let shape = try located(range) { () throws(TransformerError) in try Self.shape(ofList: items.map(\.shape)) }
      return (.list(items.map(\.expression)), shape)
    case .function(let call):
      let arguments = try arguments(call.arguments)
      let transformer = Transformer(call.function)
      var selector: UInt8?
      if let text = call.selector {
        guard text.utf8.count == 1 else {
          throw OperandError(problem: .transformer(.selectorLength(text)), range: call.range)
        }
        selector = text.utf8.first
      }
      let shape = try located(call.range) { () throws(TransformerError) in
        try Self.shape(of: transformer, arguments.map(\.shape), selector: selector)
      }
      return (.call(transformer, arguments.map(\.expression), selector: selector), shape)
    }
  }

  private static func arguments(
    _ operands: [Operand]
  ) throws(OperandError) -> [(expression: FieldExpression, shape: Shape)] {
    var resolved: [(expression: FieldExpression, shape: Shape)] = []
    for operand in operands {
      let argument = try resolving(operand)
      if case .field(let field) = argument.expression, field.info.flags.contains(.notTransformable) {
        throw OperandError(problem: .transformer(.notTransformable(field: field.name)), range: operand.range)
      }
      resolved.append(argument)
    }
    return resolved
  }

  private static func located<Value>(
    _ range: SourceRange, _ body: () throws(TransformerError) -> Value
  ) throws(OperandError) -> Value {
    do throws(TransformerError) { return try body() } catch {
      throw OperandError(problem: .transformer(error), range: range)
    }
  }

  /// Calls `body` for every field in it, in the order of the text.
  public func forEachField(_ body: (ResolvedField) -> Void) {
    switch self {
    case .field(let field): body(field)
    case .constant: break
    case .list(let items), .call(_, let items, _):
      for item in items { item.forEachField(body) }
    }
  }
}

extension Transformer {
  init(_ name: FunctionName) {
    self =
      switch name {
      case .tolower: .tolower
      case .toupper: .toupper
      case .b64: .b64
      case .basename: .basename
      case .len: .len
      case .join: .join
      case .concat: .concat
      case .getopt: .getopt
      }
  }
}
