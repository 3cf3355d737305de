internal import EventSchema
internal import Fields
internal import RuleEngine

/// Why a pattern is refused.
struct PatternError: Error {
  var message: String
  var hint: String
}

/// Collects the fields, tests and constants of all rules, each distinct one once, and lays out the nodes.
struct ProgramBuilder {
  private(set) var fields: [ResolvedField] = []
  private var fieldIndex: [String: Int] = [:]
  private var expressions: [FieldExpression] = []
  private var expressionIndex: [String: Int] = [:]
  private(set) var tests: [Test] = []
  private var testIndex: [Test: Int] = [:]
  private var costs: [Int] = []
  private var constants = Constants()
  private var textIndex: [[UInt8]: Int] = [:]
  private var patternIndex: [[UInt8]: Int] = [:]
  /// Instructions of all patterns together.
  private var patternSize = 0
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
  /// What remains of each rule for the event types that see the same of it, in load order.
  private var views: [View] = []
  private var genericCalls = SyscallSet()

  private struct View {
    var rule: Int
    var condition: Condition
    var types: [EventType] = []
  }

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

  /// - Parameters:
  ///   - expression: A transformer; its fields become fields of the program.
  ///   - key: Its canonical spelling.
  mutating func index(of expression: FieldExpression, key: String) -> Int {
    if let known = expressionIndex[key] { return known }
    expression.forEachField { field in _ = self.index(of: field, key: field.name) }
    let index = RuleProgram.firstExpression + expressions.count
    expressionIndex[key] = index
    expressions.append(expression)
    return index
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
  /// Instructions that the patterns of all rules may have together: 16 MB.
  static let patternLimit = 1 << 20

  mutating func pattern(_ bytes: [UInt8]) throws(PatternError) -> UInt64 {
    if let known = patternIndex[bytes] { return UInt64(known) }
    let pattern: RegularExpression
    do throws(RegularExpression.Failure) { pattern = try RegularExpression(bytes) } catch {
      throw PatternError(
        message: "invalid regex pattern: \(error.message)",
        hint: "patterns are POSIX extended: [0-9] instead of \\d, no lookaround; in quotes every backslash is doubled")
    }
    guard patternSize + pattern.size <= Self.patternLimit else {
      throw PatternError(
        message: "the regex patterns of all rules together are too large", hint: "use glob, startswith or a list")
    }
    patternSize += pattern.size
    let index = constants.add(pattern: pattern)
    patternIndex[bytes] = index
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

  /// Adds a rule: for each event type, what is left of its condition. It is laid out by ``finish()``, when it is known
  /// which tests the rules have in common.
  ///
  /// - Returns: The event types that the rule looks at.
  mutating func add(rule: Int, _ condition: Condition, candidates: [EventType]) -> EventTypeSet {
    var types = EventTypeSet()
    var typeTests: [EventTypeSet] = []
    condition.forEachTypeTest { typeTests.append($0.types) }
    // Types that answer every test of the type alike see the same condition, which is then laid out once.
    var views: [View] = []
    // Few: looked through faster than hashed.
    var answersOfViews: [TypeAnswers] = []
    for type in candidates {
      let answers = Self.answers(of: type, to: typeTests)
      let view: Int
      if let known = answersOfViews.firstIndex(of: answers) {
        view = known
      } else {
        view = views.count
        answersOfViews.append(answers)
        views.append(View(rule: rule, condition: condition.specialised(for: type)))
      }
      if case .constant(false) = views[view].condition { continue }
      if type == .generic {
        let calls = condition.genericCalls()
        if calls.isEmpty { continue }
        genericCalls.formUnion(calls)
      }
      types.insert(type)
      views[view].types.append(type)
    }
    for view in views where !view.types.isEmpty { self.views.append(view) }
    return types
  }

  /// What an event type answers to each test of the type: one bit each. Types whose name is in the record answer none.
  private struct TypeAnswers: Equatable {
    var isDynamic: Bool
    var first: UInt64 = 0
    /// Beyond 64 tests.
    var others: [UInt64] = []
  }

  private static func answers(of type: EventType, to tests: [EventTypeSet]) -> TypeAnswers {
    var answers = TypeAnswers(isDynamic: !tests.isEmpty && TypeTest.isDynamic(type))
    if answers.isDynamic { return answers }
    if tests.count > 64 { answers.others = Array(repeating: 0, count: (tests.count - 1) / 64) }
    for (index, types) in tests.enumerated() where types.contains(type) {
      let bit = UInt64(1) << UInt64(index % 64)
      if index < 64 { answers.first |= bit } else { answers.others[index / 64 - 1] |= bit }
    }
    return answers
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

  mutating func finish() -> RuleProgram {
    let order = TermOrder(tests: tests, costs: costs, fields: fields, conditions: views.map { ($0.rule, $0.condition) })
    var entries: [UInt16: [RuleProgram.Entry]] = [:]
    for view in views {
      let rest = order.sorted(view.condition)
      let start =
        if case .constant(let value) = rest { value ? RuleProgram.Node.matches : RuleProgram.Node.fails } else {
          emit(rest, RuleProgram.Node.matches, RuleProgram.Node.fails)
        }
      if start == RuleProgram.Node.fails { continue }
      let entry = RuleProgram.Entry(rule: view.rule, start: start)
      for type in view.types { entries[type.rawValue, default: []].append(entry) }
    }
    return RuleProgram(
      fields: fields, expressions: expressions, tests: tests, nodes: nodes, constants: constants, memberSets: memberSets,
      entriesByType: entries, genericCalls: genericCalls)
  }
}
