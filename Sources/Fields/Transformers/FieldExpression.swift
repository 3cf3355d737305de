public import EventSchema

/// What rules and formats can do to a value before they look at it.
public enum Transformer: String, Sendable, CaseIterable {
  case tolower, toupper, b64, basename, len, join, concat, getopt
}

/// A field, or functions around fields and constants: `toupper(proc.name)`, `join(",", (proc.name, proc.pid))`.
///
/// Check it with ``checkedType()`` before an extractor gets it.
public indirect enum FieldExpression: Sendable {
  case field(ResolvedField)
  case constant([UInt8])
  /// A list written out.
  case list([FieldExpression])
  /// - selector: The letter in brackets behind `getopt(…)`.
  case call(Transformer, [FieldExpression], selector: UInt8?)
}

extension FieldExpression {
  /// Every field in it, in the order of the text.
  public var fields: [ResolvedField] {
    switch self {
    case .field(let field): [field]
    case .constant: []
    case .list(let elements), .call(_, let elements, _): elements.flatMap(\.fields)
    }
  }
}

/// Why an expression makes no sense.
public enum TransformerError: Error, Sendable, Equatable {
  case wrongArgumentCount(Transformer, found: Int)
  case unsupportedType(Transformer, type: ParameterType, isList: Bool)
  /// An argument that has to be a list, counted from 1.
  case needsList(Transformer, argument: Int)
  /// The field does not take part in transformations.
  case notTransformable(field: String)
  /// Only `getopt` has something in brackets behind it.
  case needlessSelector(Transformer)
  /// More or less than one letter in those brackets.
  case selectorLength(String)
  /// A list inside a list.
  case nestedList
}

extension TransformerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wrongArgumentCount(let transformer, let found):
      "\(transformer.rawValue) takes \(transformer.arity), but has \(found) arguments"
    case .unsupportedType(let transformer, let type, let isList):
      "\(transformer.rawValue) does not work on \(isList ? "lists of " : "")type \(type.name)"
    case .needsList(let transformer, let argument):
      "\(transformer.rawValue) needs a list as its \(argument == 1 ? "first" : "second") argument, as in (proc.name, proc.args)"
    case .notTransformable(let field): "\(field) does not support transformers"
    case .needlessSelector(let transformer): "\(transformer.rawValue) takes nothing in brackets"
    case .selectorLength(let text): "getopt needs one letter in brackets, but has [\(text)]"
    case .nestedList: "a list must not hold another list"
    }
  }
}

extension Transformer {
  fileprivate var arity: String {
    switch self {
    case .tolower, .toupper, .b64, .basename, .len: "one argument"
    case .join, .getopt: "two arguments"
    case .concat: "two or more arguments"
    }
  }

  fileprivate func accepts(_ count: Int) -> Bool {
    switch self {
    case .tolower, .toupper, .b64, .basename, .len: count == 1
    case .join, .getopt: count == 2
    case .concat: count >= 2
    }
  }
}

extension ParameterType {
  fileprivate var name: String {
    switch self {
    case .WH_PT_CHARBUF, .WH_PT_FSPATH, .WH_PT_FSRELPATH: "text"
    case .WH_PT_BYTEBUF: "bytes"
    case .WH_PT_BOOL: "bool"
    case .WH_PT_IPADDR: "address"
    case .WH_PT_IPNET: "network"
    case .WH_PT_DOUBLE: "double"
    default: "number"
    }
  }
}

extension FieldExpression {
  /// What kind of value an expression has: its type, of each item if it is a list.
  public struct Shape: Sendable, Equatable {
    public var type: ParameterType
    public var isList: Bool

    public init(_ type: ParameterType, isList: Bool = false) {
      self.type = type
      self.isList = isList
    }
  }

  /// The type and list-ness of the value, or what is wrong with the expression.
  public func checkedType() throws(TransformerError) -> (type: ParameterType, isList: Bool) {
    let shape = try shape()
    return (shape.type, shape.isList)
  }

  private func shape() throws(TransformerError) -> Shape {
    switch self {
    case .field(let field): return Shape(field.type, isList: field.isList)
    case .constant: return Shape(.WH_PT_CHARBUF)
    case .list(let items):
      var shapes: [Shape] = []
      for item in items { shapes.append(try item.operandShape()) }
      return try Self.shape(ofList: shapes)
    case .call(let transformer, let arguments, let selector):
      var shapes: [Shape] = []
      for argument in arguments { shapes.append(try argument.operandShape()) }
      return try Self.shape(of: transformer, shapes, selector: selector)
    }
  }

  /// The shape as an argument of a transformer, which not every field may be.
  private func operandShape() throws(TransformerError) -> Shape {
    if case .field(let field) = self, field.info.flags.contains(.notTransformable) {
      throw .notTransformable(field: field.name)
    }
    return try shape()
  }

  /// What a list written out is, given what its items are.
  static func shape(ofList items: [Shape]) throws(TransformerError) -> Shape {
    if items.contains(where: \.isList) { throw .nestedList }
    return Shape(.WH_PT_CHARBUF, isList: true)
  }

  /// What a call gives, given what its arguments are.
  static func shape(
    of transformer: Transformer, _ arguments: [Shape], selector: UInt8?
  ) throws(TransformerError) -> Shape {
    guard transformer.accepts(arguments.count) else {
      throw .wrongArgumentCount(transformer, found: arguments.count)
    }
    if selector != nil, transformer != .getopt { throw .needlessSelector(transformer) }
    func unsupported(_ shape: Shape) -> TransformerError {
      .unsupportedType(transformer, type: shape.type, isList: shape.isList)
    }
    let first = arguments[0]
    switch transformer {
    case .tolower, .toupper:
      guard first.type.isText else { throw unsupported(first) }
      return first
    case .basename:
      guard first.type.isText, !first.isList else { throw unsupported(first) }
      return Shape(.WH_PT_CHARBUF)
    case .b64:
      guard first.type.isText || first.type == .WH_PT_BYTEBUF, !first.isList else { throw unsupported(first) }
      return first
    case .len:
      guard first.isList || first.type.isText || first.type == .WH_PT_BYTEBUF else { throw unsupported(first) }
      return Shape(.WH_PT_UINT64)
    case .join:
      guard first.type.isText, !first.isList else { throw unsupported(first) }
      guard arguments[1].isList else { throw .needsList(transformer, argument: 2) }
      return Shape(.WH_PT_CHARBUF)
    case .concat:
      for argument in arguments where !argument.type.isText || argument.isList { throw unsupported(argument) }
      return Shape(.WH_PT_CHARBUF)
    case .getopt:
      guard first.isList else { throw .needsList(transformer, argument: 1) }
      guard first.type.isText else { throw unsupported(first) }
      guard arguments[1].type.isText, !arguments[1].isList else { throw unsupported(arguments[1]) }
      return Shape(.WH_PT_CHARBUF, isList: selector == nil)
    }
  }
}
