internal import Fields
internal import RuleEngine

/// The order of least expected cost: of `and` first what is cheap and mostly false, of `or` what is cheap and mostly true.
///
/// Terms have no side effects and a missing value makes a test false wherever it stands, so the order changes the cost
/// alone. A test that several rules ask for runs once per event, so each of them pays its share: what rules have in
/// common comes first.
struct TermOrder {
  private var costs: [Double]
  private var chances: [Double]
  /// By test: how every event answers it, if all do alike.
  private var known: [Bool?]

  /// - Parameter conditions: What the program will evaluate, with the rule that it belongs to.
  init(tests: [Test], costs: [Int], fields: [ResolvedField], conditions: [(rule: Int, condition: Condition)]) {
    var users = [Int](repeating: 0, count: tests.count)
    var lastUser = [Int](repeating: -1, count: tests.count)
    for (rule, condition) in conditions {
      condition.forEachTest { test in
        if lastUser[test] != rule { users[test] += 1 }
        lastUser[test] = rule
      }
    }
    // What finding a test's result again costs does not shrink.
    self.costs = tests.indices.map { 8 + Double(costs[$0]) / Double(max(1, min(users[$0], 8))) }
    chances = tests.map { test in
      Cost.chance(test, of: Int(test.field) < fields.count ? fields[Int(test.field)] : nil)
    }
    known = Array(repeating: nil, count: tests.count)
    for (index, test) in tests.enumerated() where Int(test.field) < fields.count && fields[Int(test.field)].id == .evtNum {
      known[index] = TermOrder.answer(ofNumber: test)
    }
  }

  /// Events are numbered from 1: rule files write `evt.num < 1` for "never" and `evt.num >= 0` for "always".
  private static func answer(ofNumber test: Test) -> Bool? {
    switch test.operation {
    case .lessUnsigned where test.first <= 1: false
    case .lessEqualUnsigned where test.first == 0: false
    case .equal where test.first == 0: false
    case .notEqual where test.first == 0: true
    case .greaterUnsigned where test.first == 0: true
    case .greaterEqualUnsigned where test.first <= 1: true
    default: nil
    }
  }

  /// The condition with its terms in order, and without those whose answer is known.
  func sorted(_ condition: Condition) -> Condition {
    switch condition {
    case .constant, .type: return condition
    case .test(let index): return known[index].map { .constant($0) } ?? condition
    case .not(let operand):
      let operand = sorted(operand)
      if case .constant(let value) = operand { return .constant(!value) }
      return .not(operand)
    case .and(let terms): return Condition.combine(inOrder(terms) { 1 - $0 }, neutral: true)
    case .or(let terms): return Condition.combine(inOrder(terms) { $0 }, neutral: false)
    }
  }

  /// - Parameter decides: The chance that a term of a given chance to hold decides the whole.
  private func inOrder(_ terms: [Condition], decides: (Double) -> Double) -> [Condition] {
    terms.enumerated().map { offset, term in
      let term = sorted(term)
      return (rank: cost(term) / max(decides(chance(term)), 0.01), offset: offset, term: term)
    }
    .sorted { ($0.rank, $0.offset) < ($1.rank, $1.offset) }.map(\.term)
  }

  /// How often a condition holds, roughly.
  private func chance(_ condition: Condition) -> Double {
    switch condition {
    case .constant(let value): value ? 1 : 0
    case .type: 0.5
    case .test(let index): chances[index]
    case .not(let operand): 1 - chance(operand)
    case .and(let terms): terms.reduce(1) { $0 * chance($1) }
    case .or(let terms): 1 - terms.reduce(1) { $0 * (1 - chance($1)) }
    }
  }

  private func cost(_ condition: Condition) -> Double {
    switch condition {
    case .constant, .type: 0
    case .test(let index): costs[index]
    case .not(let operand): cost(operand)
    // The first term always runs, the others often do not.
    case .and(let terms), .or(let terms):
      terms.reduce(.infinity) { min($0, cost($1)) } + terms.reduce(0) { $0 + cost($1) } / 4
    }
  }
}
