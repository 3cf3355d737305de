public import EventSchema
internal import Fields
public import SystemState

/// Runs a rule program over events: which rules match?
///
/// Each field is extracted, each test evaluated at most once per event, whatever the number of rules that use it. An
/// event that matches nothing allocates nothing. One thread owns an evaluator.
public struct RuleEvaluator: ~Copyable {
  public let program: RuleProgram
  var fields: FieldExtractor
  // What is read at every step, out of the program.
  private let steps: PlainBuffer<RuleSteps.Step>
  private let firstStep: PlainBuffer<UInt32>
  let nodes: PlainBuffer<RuleProgram.Node>
  private let tests: PlainBuffer<CompiledTest>
  private let texts: PlainBuffer<UInt8>
  private let paths: PlainBuffer<PathConstant>
  /// Results of tests: the event's number shifted left by one, and the result in the lowest bit.
  private var memo: PlainBuffer<UInt32>
  /// Rows of the literal tables: the event's number, and where the row begins.
  private var rowEpochs: PlainBuffer<UInt32>
  private var rows: PlainBuffer<Int>
  /// Of each literal table, the last constant of the fields that was looked up, and its row: `file` is the type of most
  /// descriptors.
  private var knownConstants: PlainBuffer<UInt64>
  private var knownRows: PlainBuffer<Int>
  private var epoch: UInt32 = 0
  /// Stop at the first rule that matches (`rule_matching: first`).
  public var stopsAtFirstMatch = true
  /// Indices of the rules that matched the last event, in load order.
  public internal(set) var matches: [UInt32] = []

  public init(_ program: RuleProgram) {
    fields = FieldExtractor(program.fields, expressions: program.expressions)
    steps = PlainBuffer(program.steps.steps)
    firstStep = PlainBuffer(program.steps.first)
    nodes = PlainBuffer(program.nodes)
    tests = PlainBuffer(
      program.tests.map {
        CompiledTest($0, program.constants, firstTable: program.literalTableOfField[Int($0.field)])
      })
    texts = PlainBuffer(program.constants.bytes)
    paths = PlainBuffer(program.constants.paths)
    memo = PlainBuffer(repeating: 0, count: program.tests.count)
    rowEpochs = PlainBuffer(repeating: 0, count: program.literals.count)
    rows = PlainBuffer(repeating: 0, count: program.literals.count)
    knownConstants = PlainBuffer(repeating: .max, count: program.literals.count)
    knownRows = PlainBuffer(repeating: 0, count: program.literals.count)
    matches.reserveCapacity(16)
    self.program = program
  }

  /// Finds the rules that match an event, after it was applied to the state.
  ///
  /// - Returns: Whether any does; ``matches`` then says which.
  public mutating func evaluate(_ event: borrowing EventView, _ state: borrowing SystemState) -> Bool {
    if !matches.isEmpty { forgetMatches() }
    let type = Int(event.type.rawValue)
    guard type &+ 1 < firstStep.count, firstStep[type] != firstStep[type &+ 1] else { return false }
    return run(Int(firstStep[type]), Int(firstStep[type &+ 1]), event, state)
  }

  @inline(never)
  private mutating func forgetMatches() { matches.removeAll(keepingCapacity: true) }

  @inline(never)
  private mutating func run(
    _ start: Int, _ end: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    beginEvent()
    // Rules behind the first that matched need no look, if one is enough: they are not quite in load order.
    var last = UInt32.max
    var index = start
    while index < end {
      let step = steps[index]
      if step.rule == RuleSteps.Step.guardMark {
        index = holds(Int(step.test), event, state) == step.wanted ? index &+ 1 : Int(step.target)
        continue
      }
      index &+= 1
      if step.rule > last { continue }
      var at = step.target
      while at >= 0 {
        let node = nodes[Int(at)]
        at = holds(Int(node.test), event, state) ? node.onTrue : node.onFalse
      }
      if at == RuleProgram.Node.matches {
        if stopsAtFirstMatch {
          last = step.rule
          matches.removeAll(keepingCapacity: true)
        }
        add(match: step.rule)
      }
    }
    return !matches.isEmpty
  }

  private mutating func add(match rule: UInt32) {
    var position = matches.count
    while position > 0, matches[position - 1] > rule { position -= 1 }
    matches.insert(rule, at: position)
  }

  mutating func beginEvent() {
    fields.begin()
    epoch &+= 1
    // The number has 31 bits in the memo: forget everything before it repeats.
    if epoch == 1 << 31 {
      for index in 0..<memo.count { memo[index] = 0 }
      for index in 0..<rowEpochs.count { rowEpochs[index] = 0 }
      epoch = 1
    }
  }

  @inline(__always)
  mutating func holds(_ index: Int, _ event: borrowing EventView, _ state: borrowing SystemState) -> Bool {
    let known = memo[index]
    if known &>> 1 == epoch { return known & 1 != 0 }
    return decide(index, event, state)
  }

  /// Runs a test. The kinds that most rules consist of have functions of their own, which need few registers.
  @inline(__always)
  private mutating func decide(
    _ index: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    switch tests[index].action {
    case .equal, .notEqual: decideNumber(index, event, state)
    case .member, .notMember: decideMember(index, event, state)
    case .contains, .startsWith, .endsWith, .pathIn: decideText(index, event, state)
    case .other: decideOther(index, event, state)
    }
  }

  @inline(__always)
  private mutating func remember(_ index: Int, _ result: Bool) -> Bool {
    memo[index] = epoch &<< 1 | (result ? 1 : 0)
    return result
  }

  @inline(never)
  private mutating func decideNumber(
    _ index: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    let value = fields.value(Int(tests[index].field), event, state)
    if value.isMissing || value.isText { return remember(index, false) }
    return remember(index, (value.word == tests[index].first) == (tests[index].action == .equal))
  }

  @inline(never)
  private mutating func decideMember(
    _ index: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    let value = fields.value(Int(tests[index].field), event, state)
    guard value.isText else { return remember(index, false) }
    let table = Int(truncatingIfNeeded: tests[index].first)
    if rowEpochs[table] != epoch { findRow(table, value, event, state) }
    let isMember = program.literals.contains(rows[table], bit: Int(truncatingIfNeeded: tests[index].second))
    return remember(index, isMember == (tests[index].action == .member))
  }

  @inline(never)
  private mutating func decideText(
    _ index: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    let value = fields.value(Int(tests[index].field), event, state)
    guard value.isText else { return remember(index, false) }
    return remember(index, compare(tests[index], value, event, state))
  }

  @inline(__always)
  private func compare(
    _ test: CompiledTest, _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    let text = fields.bytes(value, event, state)
    let (first, second) = (Int(truncatingIfNeeded: test.first), Int(truncatingIfNeeded: test.second))
    switch test.action {
    case .contains: return Bytes.contains(text, texts.bytes(first, second))
    case .startsWith: return Bytes.hasPrefix(text, texts.bytes(first, second))
    case .endsWith: return Bytes.hasSuffix(text, texts.bytes(first, second))
    default: return isBelow(text, first..<second)
    }
  }

  /// Whether a path lies in one of these.
  private func isBelow(_ path: borrowing RawSpan, _ range: Range<Int>) -> Bool {
    for index in range {
      let constant = paths[index]
      let prefix = texts.bytes(Int(constant.offset), Int(constant.length))
      if PathPrefix.covers(prefix, isPlain: constant.isPlain, path) { return true }
    }
    return false
  }

  @inline(never)
  private mutating func decideOther(
    _ index: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    let value = fields.value(Int(tests[index].field), event, state)
    if value.isMissing { return remember(index, false) }
    return remember(index, holds(program.tests[index], for: value, event, state))
  }

  /// A test of a value that is there, its items included if it has several.
  private mutating func holds(
    _ test: Test, for value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    if test.scope == .single { return evaluate(test, value, event, state, isWholeField: true) }
    // Where several values were possible but there is one, it stands for all of them.
    guard value.kind == .list else {
      let result = evaluate(test, value, event, state, isWholeField: true)
      return test.scope == .none ? !result : result
    }
    // Without any side there is nothing that could differ: what is no connection satisfies no comparison.
    if test.scope == .none && value.count == 0 { return false }
    // `every` and `none` look for the first item that contradicts, `any` for the first that agrees.
    let wanted = test.scope == .every ? false : true
    for index in 0..<value.count {
      let item = fields.item(index, of: value)
      if evaluate(test, item, event, state, isWholeField: false) == wanted { return test.scope == .any }
    }
    return test.scope != .any
  }

  private mutating func evaluate(
    _ test: Test, _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState,
    isWholeField: Bool
  ) -> Bool {
    switch test.operation {
    case .exists: return true
    case .anyOf, .allOf, .oneOf: return evaluateOperands(test, value, event, state)
    case .pair: return evaluatePair(test, value, event, state)
    default: break
    }
    // A parameter of one name can be a text on one event and a number on another.
    guard value.isText == test.operation.readsText else { return false }
    switch test.operation {
    case .exists, .anyOf, .allOf, .oneOf, .pair: return false
    case .member: return isMember(test, value, event, state, isWholeField)
    case .notMember: return !isMember(test, value, event, state, isWholeField)
    case .equal: return value.word == test.first
    case .notEqual: return value.word != test.first
    case .lessSigned: return Int64(bitPattern: value.word) < Int64(bitPattern: test.first)
    case .lessEqualSigned: return Int64(bitPattern: value.word) <= Int64(bitPattern: test.first)
    case .greaterSigned: return Int64(bitPattern: value.word) > Int64(bitPattern: test.first)
    case .greaterEqualSigned: return Int64(bitPattern: value.word) >= Int64(bitPattern: test.first)
    case .lessUnsigned: return value.word < test.first
    case .lessEqualUnsigned: return value.word <= test.first
    case .greaterUnsigned: return value.word > test.first
    case .greaterEqualUnsigned: return value.word >= test.first
    case .numberIn:
      for index in Int(test.first)..<Int(test.second) where program.constants.numbers[index] == value.word {
        return true
      }
      return false
    case .equalDouble: return Double(bitPattern: value.word) == Double(bitPattern: test.first)
    case .notEqualDouble: return Double(bitPattern: value.word) != Double(bitPattern: test.first)
    case .lessDouble: return Double(bitPattern: value.word) < Double(bitPattern: test.first)
    case .lessEqualDouble: return Double(bitPattern: value.word) <= Double(bitPattern: test.first)
    case .greaterDouble: return Double(bitPattern: value.word) > Double(bitPattern: test.first)
    case .greaterEqualDouble: return Double(bitPattern: value.word) >= Double(bitPattern: test.first)
    case .textLess, .textLessEqual, .textGreater, .textGreaterEqual, .contains, .containsFolded, .startsWith,
      .endsWith, .glob, .globFolded, .regex, .pathIn:
      return evaluateText(test, value, event, state)
    case .addressEqual: return network(test.first).contains(value)
    case .addressNotEqual: return !network(test.first).contains(value)
    case .addressIn:
      for index in Int(test.first)..<Int(test.second) where program.constants.networks[index].contains(value) {
        return true
      }
      return false
    }
  }

  private func network(_ index: UInt64) -> Network { program.constants.networks[Int(truncatingIfNeeded: index)] }

  /// Whether an item, or a value that is compared otherwise than ``decideMember(_:_:_:)`` does, is in a set.
  private mutating func isMember(
    _ test: Test, _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState,
    _ isWholeField: Bool
  ) -> Bool {
    let set = Int(truncatingIfNeeded: test.first)
    let table = Int(program.literalTableOfField[Int(test.field)]) &+ set &>> LiteralTables.setsPerTableShift
    let bit = set & (LiteralTables.setsPerTable - 1)
    if isWholeField {
      if rowEpochs[table] != epoch { findRow(table, value, event, state) }
      return program.literals.contains(rows[table], bit: bit)
    }
    return program.literals.contains(program.literals.row(table, of: fields.bytes(value, event, state)), bit: bit)
  }

  @inline(never)
  private mutating func findRow(
    _ table: Int, _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) {
    rowEpochs[table] = epoch
    if let constant = fields.constantPosition(of: value) {
      if knownConstants[table] != constant {
        knownRows[table] = program.literals.row(table, of: fields.bytes(value, event, state))
        knownConstants[table] = constant
      }
      rows[table] = knownRows[table]
    } else {
      rows[table] = program.literals.row(table, of: fields.bytes(value, event, state))
    }
  }

  private func evaluateText(
    _ test: Test, _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    let text = fields.bytes(value, event, state)
    let pool = unsafe program.constants.bytes.span.bytes
    if test.operation == .pathIn {
      return isBelow(text, Int(truncatingIfNeeded: test.first)..<Int(truncatingIfNeeded: test.second))
    }
    if test.operation == .regex {
      return RegularExpression.matches(text, program.constants.patternHandles[Int(truncatingIfNeeded: test.first)])
    }
    let constant = pool.extracting(program.constants.range(ofText: test.first))
    switch test.operation {
    case .contains: return Bytes.contains(text, constant)
    case .containsFolded: return Bytes.containsIgnoringCase(text, constant)
    case .startsWith: return Bytes.hasPrefix(text, constant)
    case .endsWith: return Bytes.hasSuffix(text, constant)
    case .glob: return Glob.matches(text, constant)
    case .globFolded: return Glob.matches(text, constant, ignoringCase: true)
    case .textLess: return Bytes.compare(text, constant) < 0
    case .textLessEqual: return Bytes.compare(text, constant) <= 0
    case .textGreater: return Bytes.compare(text, constant) > 0
    case .textGreaterEqual: return Bytes.compare(text, constant) >= 0
    default: return false
    }
  }

  /// `oneof`, `anyof`, `allof`: how many of the listed operands the value satisfies. An empty list is never true.
  ///
  /// Each operand is a comparison of its own: of a field with two sides, each may be satisfied by another side.
  private mutating func evaluateOperands(
    _ test: Test, _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    let range = Int(test.first)..<Int(test.second)
    if range.isEmpty { return false }
    var satisfied = 0
    for index in range {
      if holds(program.constants.operands[index], for: value, event, state) {
        satisfied += 1
        if test.operation == .anyOf { return true }
      } else if test.operation == .allOf {
        return false
      }
    }
    return test.operation == .oneOf ? satisfied == 1 : satisfied == range.count
  }
}

extension Network {
  @inline(__always)
  func contains(_ value: FieldValue) -> Bool {
    switch value.kind {
    case .ipv4: contains(high: value.word, low: 0, isV6: false)
    case .ipv6: contains(high: value.word, low: value.low, isV6: true)
    default: false
    }
  }
}
