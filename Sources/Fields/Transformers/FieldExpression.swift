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

/// Why an expression makes no sense.
public enum TransformerError: Error, Sendable, Equatable {
  case wrongArgumentCount(Transformer, found: Int)
  case unsupportedType(Transformer, type: ParameterType, isList: Bool)
  /// The field does not take part in transformations.
  case notTransformable(field: String)
  /// Only `getopt` has something in brackets behind it.
  case needlessSelector(Transformer)
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
    case .notTransformable(let field): "\(field) does not support transformers"
    case .needlessSelector(let transformer): "\(transformer.rawValue) takes nothing in brackets"
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
  /// The type and list-ness of the value, or what is wrong with the expression.
  public func checkedType() throws(TransformerError) -> (type: ParameterType, isList: Bool) {
    switch self {
    case .field(let field): return (field.type, field.isList)
    case .constant: return (.WH_PT_CHARBUF, false)
    case .list(let items):
      for item in items where try item.operandType().isList { throw .nestedList }
      return (.WH_PT_CHARBUF, true)
    case .call(let transformer, let arguments, let selector):
      guard transformer.accepts(arguments.count) else {
        throw .wrongArgumentCount(transformer, found: arguments.count)
      }
      if selector != nil, transformer != .getopt { throw .needlessSelector(transformer) }
      return try FieldExpression.resultType(transformer, arguments, selector)
    }
  }

  /// The type as an argument of a transformer, which not every field may be.
  private func operandType() throws(TransformerError) -> (type: ParameterType, isList: Bool) {
    if case .field(let field) = self, field.info.flags.contains(.notTransformable) {
      throw .notTransformable(field: field.name)
    }
    return try checkedType()
  }

  private static func resultType(
    _ transformer: Transformer, _ arguments: [FieldExpression], _ selector: UInt8?
  ) throws(TransformerError) -> (type: ParameterType, isList: Bool) {
    let first = try arguments[0].operandType()
    switch transformer {
    case .tolower, .toupper:
      guard first.type.isText else { throw .unsupportedType(transformer, type: first.type, isList: first.isList) }
      return first
    case .basename:
      guard first.type.isText, !first.isList else {
        throw .unsupportedType(transformer, type: first.type, isList: first.isList)
      }
      return (.WH_PT_CHARBUF, false)
    case .b64:
      guard first.type.isText || first.type == .WH_PT_BYTEBUF, !first.isList else {
        throw .unsupportedType(transformer, type: first.type, isList: first.isList)
      }
      return first
    case .len:
      guard first.isList || first.type.isText || first.type == .WH_PT_BYTEBUF else {
        throw .unsupportedType(transformer, type: first.type, isList: false)
      }
      return (.WH_PT_UINT64, false)
    case .join:
      let second = try arguments[1].operandType()
      guard first.type.isText, !first.isList else {
        throw .unsupportedType(transformer, type: first.type, isList: first.isList)
      }
      guard second.isList else { throw .unsupportedType(transformer, type: second.type, isList: false) }
      return (.WH_PT_CHARBUF, false)
    case .concat:
      for argument in arguments {
        let (type, isList) = try argument.operandType()
        guard type.isText, !isList else { throw .unsupportedType(transformer, type: type, isList: isList) }
      }
      return (.WH_PT_CHARBUF, false)
    case .getopt:
      let second = try arguments[1].operandType()
      guard first.isList, first.type.isText else {
        throw .unsupportedType(transformer, type: first.type, isList: first.isList)
      }
      guard second.type.isText, !second.isList else {
        throw .unsupportedType(transformer, type: second.type, isList: second.isList)
      }
      return (.WH_PT_CHARBUF, selector == nil)
    }
  }
}
