internal import EventSchema
internal import FilterLanguage
internal import RuleCompiler

/// What the cases of a set of rules have shown: rules that fired and stayed silent, comparisons seen true and false.
///
/// A comparison counts on the events that its rule looks at, whether or not the rule needed it there. Comparisons of the
/// event's type, and those that hold never (placeholders for users), are left out: the rule's types decide them.
public struct Coverage: Sendable {
  struct Seen: Sendable {
    var isTrue = false
    var isFalse = false
  }
  private var rules: [Seen]
  /// Rules that some case expects, or says must be silent.
  private var expected: Set<Int> = []
  private var silenced: Set<Int> = []
  private var checks: [[Seen]]
  private let positions: [[Int]]
  private let places: [[Place]]
  private let types: [EventTypeSet]
  private let names: [String]

  struct Place: Sendable {
    var text: String
    var file: String
    var line: Int
  }

  public init(_ set: RuleSetUnderTest) {
    let probe = set.plan
    rules = Array(repeating: Seen(), count: set.loaded.count)
    types = set.compiled.rules.map(\.eventTypes)
    names = set.names
    var positions: [[Int]] = []
    var places: [[Place]] = []
    for rule in set.loaded {
      var own: [Int] = []
      var where_: [Place] = []
      rule.condition.forEachCheck { check in
        // An empty list is a place for users to fill.
        if case .list(let items, _) = check.right, items.isEmpty { return }
        guard let position = probe.position(of: check), !own.contains(position), !probe.isDecidedBeforehand(position),
          !check.fieldReferences.contains(where: { $0.name == "evt.type" || $0.name == "syscall.type" })
        else { return }
        let location = set.compiled.loaded.diagnostic(.conditionWarning, "", at: check.range, in: rule).locations.last
        own.append(position)
        where_.append(Place(text: check.canonicalText, file: location?.file ?? "", line: (location?.line ?? 0) + 1))
      }
      positions.append(own)
      places.append(where_)
    }
    self.positions = positions
    self.places = places
    checks = positions.map { Array(repeating: Seen(), count: $0.count) }
  }

  mutating func note(_ type: EventType, _ matches: Set<Int>, _ results: [Bool]) {
    for rule in rules.indices where types[rule].contains(type) {
      if matches.contains(rule) { rules[rule].isTrue = true } else { rules[rule].isFalse = true }
      for (index, position) in positions[rule].enumerated() {
        if results[position] { checks[rule][index].isTrue = true } else { checks[rule][index].isFalse = true }
      }
    }
  }

  mutating func noteExpected(_ rule: Int) { expected.insert(rule) }
  mutating func noteSilenced(_ rule: Int) { silenced.insert(rule) }

  /// What was seen of one rule.
  fileprivate func forEachRule(
    _ body: (_ name: String, _ seen: Seen, _ isExpected: Bool, _ isSilenced: Bool, _ checks: [(Place, Seen)]) -> Void
  ) {
    for rule in names.indices {
      body(names[rule], rules[rule], expected.contains(rule), silenced.contains(rule), Array(zip(places[rule], checks[rule])))
    }
  }
}

/// What is missing over all test files, by rule name: a rule that several sets of rule files have counts once.
public struct CoverageSummary: Sendable {
  private struct Rule {
    var name: String
    var seen = Coverage.Seen()
    var isExpected = false
    var isSilenced = false
    var checks: [String: Int] = [:]
  }
  public struct Gap: Sendable {
    public var rule: String
    public var check: String
    public var file: String
    public var line: Int
    public var neverTrue: Bool
    public var neverFalse: Bool
  }

  public let ruleCount: Int
  /// Rules that never fired, and those that were never evaluated to false.
  public let neverTrue: [String]
  public let neverFalse: [String]
  /// Rules that no case expects to fire, and those that no case says must be silent.
  public let neverExpected: [String]
  public let neverSilenced: [String]
  public let checkCount: Int
  public let gaps: [Gap]
  public var fullySeenCheckCount: Int { checkCount - gaps.count }
  /// Whether each rule fired where a case expects it, and stayed silent on an event that it looks at where a case says so.
  public var isComplete: Bool { neverTrue.isEmpty && neverFalse.isEmpty && neverExpected.isEmpty && neverSilenced.isEmpty }

  init(_ coverages: [Coverage]) {
    var rules: [Rule] = []
    var index: [String: Int] = [:]
    var checks: [Gap] = []
    for coverage in coverages {
      coverage.forEachRule { name, seen, isExpected, isSilenced, parts in
        if index[name] == nil {
          index[name] = rules.count
          rules.append(Rule(name: name))
        }
        let at = index[name]!
        rules[at].seen.isTrue = rules[at].seen.isTrue || seen.isTrue
        rules[at].seen.isFalse = rules[at].seen.isFalse || seen.isFalse
        rules[at].isExpected = rules[at].isExpected || isExpected
        rules[at].isSilenced = rules[at].isSilenced || isSilenced
        for (place, seen) in parts {
          if rules[at].checks[place.text] == nil {
            rules[at].checks[place.text] = checks.count
            checks.append(
              Gap(rule: name, check: place.text, file: place.file, line: place.line, neverTrue: true, neverFalse: true))
          }
          let check = rules[at].checks[place.text]!
          if seen.isTrue { checks[check].neverTrue = false }
          if seen.isFalse { checks[check].neverFalse = false }
        }
      }
    }
    ruleCount = rules.count
    neverTrue = rules.filter { !$0.seen.isTrue }.map(\.name)
    neverFalse = rules.filter { !$0.seen.isFalse }.map(\.name)
    neverExpected = rules.filter { !$0.isExpected }.map(\.name)
    neverSilenced = rules.filter { !$0.isSilenced }.map(\.name)
    checkCount = checks.count
    gaps = checks.filter { $0.neverTrue || $0.neverFalse }
  }
}
