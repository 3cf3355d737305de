internal import ByteText

/// An expression as the extractor runs it: plain nodes, children of one node side by side.
struct ExpressionNode: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable { case field, constant, list, tolower, toupper, b64, basename, len, join, concat, getopt }
  var kind: Kind
  /// The letter behind `getopt(…)`; 0 for none.
  var selector: UInt8 = 0
  /// The first child's place in the list of children, or a field's position.
  var first: Int32 = 0
  var count: Int32 = 0
  /// Of a constant.
  var value = FieldValue.missing
}

/// Flattens expressions, and collects their fields and constants.
struct ExpressionPlanner {
  private(set) var nodes: [ExpressionNode] = []
  private(set) var children: [Int32] = []
  /// Fields beyond those that the extractor was given.
  private(set) var fields: [ResolvedField]
  private let firstHidden: Int
  private let given: Int
  private(set) var scratch: [UInt8]

  /// - Parameters:
  ///   - fields: Those that the extractor was given.
  ///   - reserved: How many positions behind them belong to expressions.
  init(_ fields: [ResolvedField], reserved: Int, scratch: [UInt8]) {
    self.fields = fields
    given = fields.count
    firstHidden = fields.count + reserved
    self.scratch = scratch
  }

  /// - Returns: The node's position.
  mutating func add(_ expression: FieldExpression) -> Int32 {
    switch expression {
    case .field(let field): return append(ExpressionNode(kind: .field, first: position(of: field)))
    case .constant(let bytes):
      let start = scratch.count
      scratch.append(contentsOf: bytes)
      return append(ExpressionNode(kind: .constant, value: .scratch(start, bytes.count)))
    case .list(let items): return add(.list, items, selector: 0)
    case .call(let transformer, let arguments, let selector):
      let kind: ExpressionNode.Kind =
        switch transformer {
        case .tolower: .tolower
        case .toupper: .toupper
        case .b64: .b64
        case .basename: .basename
        case .len: .len
        case .join: .join
        case .concat: .concat
        case .getopt: .getopt
        }
      return add(kind, arguments, selector: selector ?? 0)
    }
  }

  private mutating func add(_ kind: ExpressionNode.Kind, _ items: [FieldExpression], selector: UInt8) -> Int32 {
    let positions = items.map { add($0) }
    let first = Int32(children.count)
    children += positions
    return append(ExpressionNode(kind: kind, selector: selector, first: first, count: Int32(items.count)))
  }

  private mutating func append(_ node: ExpressionNode) -> Int32 {
    nodes.append(node)
    return Int32(nodes.count - 1)
  }

  private mutating func position(of field: ResolvedField) -> Int32 {
    if let known = fields.firstIndex(where: { $0.isSame(as: field) }) {
      return Int32(known < given ? known : firstHidden + known - given)
    }
    fields.append(field)
    return Int32(firstHidden + fields.count - 1 - given)
  }
}
