internal import EventSchema
internal import Fields
internal import RuleEngine

/// Collects the fields, tests and constants of all rules, each distinct one once, and lays out the nodes.
struct ProgramBuilder {
  private(set) var fields: [ResolvedField] = []
  private var fieldIndex: [String: Int] = [:]
  private(set) var tests: [Test] = []
  private var testIndex: [Test: Int] = [:]
  private var costs: [Int] = []
  private var constants = Constants()
  private var textIndex: [[UInt8]: Int] = [:]
  // Where equal lists are, so that tests that ask the same are the same.
  private var textRanges: [[[UInt8]]: Range<Int>] = [:]
  private var numberRanges: [[UInt64]: Range<Int>] = [:]
  private var networkRanges: [[Network]: Range<Int>] = [:]
  private var operandRanges: [[Test]: Range<Int>] = [:]
  /// Texts of each field's member tests, by bit.
  private var memberSets: [Int: [[[UInt8]]]] = [:]
  private var memberIndex: [MemberKey: Int] = [:]
  private var nodes: [RuleProgram.Node] = []
  private var nodeIndex: [RuleProgram.Node: Int] = [:]
  private var entries: [UInt16: [RuleProgram.Entry]] = [:]
  private var genericCalls = SyscallSet()

  private struct MemberKey: Hashable {
    var field: Int
    var texts: [[UInt8]]
  }

  // MARK: Fields, tests, constants

  /// - Parameter key: The canonical spelling of the field with its argument.
  mutating func index(of field: ResolvedField, key: String) -> Int {
    if let known = fieldIndex[key] { return known }
    fieldIndex[key] = fields.count
    fields.append(field)
    return fields.count - 1
  }

  /// - Parameter cost: A rough number of instructions; cheap tests are run first.
  mutating func index(of test: Test, cost: Int) -> Int {
    if let known = testIndex[test] { return known }
    testIndex[test] = tests.count
    tests.append(test)
    costs.append(cost)
    return tests.count - 1
  }

  /// The bit of a set of texts in the field's literal table.
  mutating func memberBit(field: Int, texts: [[UInt8]]) -> Int {
    let key = MemberKey(field: field, texts: Set(texts).sorted { $0.lexicographicallyPrecedes($1) })
    if let known = memberIndex[key] { return known }
    let bit = memberSets[field, default: []].count
    memberSets[field, default: []].append(key.texts)
    memberIndex[key] = bit
    return bit
  }

  mutating func text(_ bytes: [UInt8]) -> UInt64 {
    if let known = textIndex[bytes] { return UInt64(known) }
    let index = constants.add(text: bytes)
    textIndex[bytes] = index
    return UInt64(index)
  }
  mutating func texts(_ texts: [[UInt8]]) -> (UInt64, UInt64) {
    Self.place(of: texts, in: &textRanges) { constants.add(texts: texts) }
  }
  mutating func numbers(_ numbers: [UInt64]) -> (UInt64, UInt64) {
    Self.place(of: numbers, in: &numberRanges) { constants.add(numbers: numbers) }
  }
  mutating func networks(_ networks: [Network]) -> (UInt64, UInt64) {
    Self.place(of: networks, in: &networkRanges) { constants.add(networks: networks) }
  }
  mutating func operands(_ tests: [Test]) -> (UInt64, UInt64) {
    Self.place(of: tests, in: &operandRanges) { constants.add(operands: tests) }
  }

  private static func place<List: Hashable>(
    of list: List, in known: inout [List: Range<Int>], adding: () -> Range<Int>
  ) -> (UInt64, UInt64) {
    let range = known[list] ?? adding()
    known[list] = range
    return (UInt64(range.lowerBound), UInt64(range.upperBound))
  }

  // MARK: Rules

  /// Adds a rule: for each event type, what is left of its condition.
  ///
  /// - Returns: The event types that the rule looks at.
  mutating func add(rule: Int, _ condition: Condition, candidates: [EventType]) -> EventTypeSet {
    var types = EventTypeSet()
    let ordered = sorted(condition)
    for type in candidates {
      let rest = ordered.specialised(for: type)
      if case .constant(false) = rest { continue }
      if type == .generic {
        let calls = condition.genericCalls()
        if calls.isEmpty { continue }
        genericCalls.formUnion(calls)
      }
      types.insert(type)
      let start = emit(rest, RuleProgram.Node.matches, RuleProgram.Node.fails)
      entries[type.rawValue, default: []].append(RuleProgram.Entry(rule: rule, start: start))
    }
    return types
  }

  /// Cheap terms first. Terms have no side effects and a missing value makes a test false wherever it stands, so the
  /// order changes the cost alone.
  private func sorted(_ condition: Condition) -> Condition {
    switch condition {
    case .constant, .type, .test: condition
    case .not(let operand): .not(sorted(operand))
    case .and(let terms): .and(inOrder(terms))
    case .or(let terms): .or(inOrder(terms))
    }
  }

  private func inOrder(_ terms: [Condition]) -> [Condition] {
    terms.enumerated().map { (cost: cost($0.element), offset: $0.offset, term: sorted($0.element)) }
      .sorted { ($0.cost, $0.offset) < ($1.cost, $1.offset) }.map(\.term)
  }

  private func cost(_ condition: Condition) -> Int {
    switch condition {
    case .constant, .type: 0
    case .test(let index): costs[index]
    case .not(let operand): cost(operand)
    // The first term always runs, the others often do not.
    case .and(let terms), .or(let terms):
      terms.map(cost).min()! + terms.reduce(0) { $0 + cost($1) } / 4
    }
  }

  /// Lays a condition out as nodes, from its end to its beginning.
  ///
  /// - Returns: Where to start: a node, or one of the two outcomes.
  private mutating func emit(_ condition: Condition, _ onTrue: Int32, _ onFalse: Int32) -> Int32 {
    switch condition {
    case .constant(let value): return value ? onTrue : onFalse
    case .type: preconditionFailure("a test of the type after specialisation")
    case .not(let operand): return emit(operand, onFalse, onTrue)
    case .and(let terms):
      var next = onTrue
      for term in terms.reversed() { next = emit(term, next, onFalse) }
      return next
    case .or(let terms):
      var next = onFalse
      for term in terms.reversed() { next = emit(term, onTrue, next) }
      return next
    case .test(let test):
      if onTrue == onFalse { return onTrue }
      let node = RuleProgram.Node(test: test, onTrue: onTrue, onFalse: onFalse)
      if let known = nodeIndex[node] { return Int32(known) }
      nodeIndex[node] = nodes.count
      nodes.append(node)
      return Int32(nodes.count - 1)
    }
  }

  func finish() -> RuleProgram {
    RuleProgram(
      fields: fields, tests: tests, nodes: nodes, constants: constants, memberSets: memberSets, entriesByType: entries,
      genericCalls: genericCalls)
  }
}
