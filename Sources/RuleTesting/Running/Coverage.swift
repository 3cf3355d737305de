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

  // MARK: What is missing

  public var ruleCount: Int { rules.count }
  /// Rules that no case expects to fire, and those that no case says must be silent.
  public var neverExpected: [String] { names.indices.filter { !expected.contains($0) }.map { names[$0] } }
  public var neverSilenced: [String] { names.indices.filter { !silenced.contains($0) }.map { names[$0] } }
  public var neverTrue: [String] { names.indices.filter { !rules[$0].isTrue }.map { names[$0] } }
  public var neverFalse: [String] { names.indices.filter { !rules[$0].isFalse }.map { names[$0] } }

  /// Whether each rule was expected and did fire, and stayed silent on an event that it looks at where a case says so.
  public var isComplete: Bool {
    neverTrue.isEmpty && neverFalse.isEmpty && neverExpected.isEmpty && neverSilenced.isEmpty
  }

  public var checkCount: Int { checks.reduce(0) { $0 + $1.count } }
  public var fullySeenCheckCount: Int { checks.reduce(0) { $0 + $1.count { $0.isTrue && $0.isFalse } } }

  public struct Gap: Sendable {
    public var rule: String
    public var check: String
    public var file: String
    public var line: Int
    /// True if it was never true; else it was never false.
    public var neverTrue: Bool
    public var neverFalse: Bool
  }

  public var gaps: [Gap] {
    var gaps: [Gap] = []
    for rule in names.indices {
      for (index, seen) in checks[rule].enumerated() where !(seen.isTrue && seen.isFalse) {
        let place = places[rule][index]
        gaps.append(
          Gap(
            rule: names[rule], check: place.text, file: place.file, line: place.line, neverTrue: !seen.isTrue,
            neverFalse: !seen.isFalse))
      }
    }
    return gaps
  }
}
