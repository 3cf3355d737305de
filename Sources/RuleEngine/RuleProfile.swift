internal import CLinux
public import EventSchema
internal import Fields
public import SystemState

/// What each rule costs, measured rule by rule.
///
/// For looking into rules, not for watching: reading the clock after each rule costs more than most rules. A test that
/// several rules share is paid by the first of them, as in ordinary evaluation.
public struct RuleProfile: Sendable {
  public struct Cost: Sendable, Equatable {
    public var evaluations: UInt64 = 0
    public var matches: UInt64 = 0
    public var nanoseconds: UInt64 = 0
  }

  /// By rule, in load order.
  public internal(set) var costs: [Cost]
  /// Events that some rule looked at.
  public internal(set) var events: UInt64 = 0
  /// Measurements that were left out because something else ran in between, going by their length.
  public internal(set) var interrupted: UInt64 = 0
  static let longestNanoseconds: UInt64 = 100_000
  /// One reading of the clock, which is taken off each measurement.
  let clockNanoseconds: UInt64

  public init(rules: Int) {
    costs = Array(repeating: Cost(), count: rules)
    let rounds: UInt64 = 20_000
    let start = wh_clock_monotonic()
    for _ in 0..<rounds { _ = wh_clock_monotonic() }
    clockNanoseconds = (wh_clock_monotonic() - start) / rounds
  }
}

extension RuleEvaluator {
  /// ``evaluate(_:_:)``, with the cost of each rule added to a profile. A function of its own, so that watching pays
  /// nothing for it.
  public mutating func evaluate(
    _ event: borrowing EventView, _ state: borrowing SystemState, into profile: inout RuleProfile
  ) -> Bool {
    if !matches.isEmpty { matches.removeAll(keepingCapacity: true) }
    let type = Int(event.type.rawValue)
    guard type &+ 1 < program.firstEntry.count else { return false }
    let range = Int(program.firstEntry[type])..<Int(program.firstEntry[type &+ 1])
    if range.isEmpty { return false }
    profile.events &+= 1
    beginEvent()
    var before = wh_clock_monotonic()
    for index in range {
      let entry = program.entries[index]
      var at = entry.start
      while at >= 0 {
        let node = nodes[Int(at)]
        at = holds(Int(node.test), event, state) ? node.onTrue : node.onFalse
      }
      let after = wh_clock_monotonic()
      let taken = after &- before
      before = after
      let rule = Int(entry.rule)
      profile.costs[rule].evaluations &+= 1
      if taken > RuleProfile.longestNanoseconds {
        profile.interrupted &+= 1
      } else if taken > profile.clockNanoseconds {
        profile.costs[rule].nanoseconds &+= taken &- profile.clockNanoseconds
      }
      if at == RuleProgram.Node.matches {
        profile.costs[rule].matches &+= 1
        matches.append(entry.rule)
        if stopsAtFirstMatch { return true }
      }
    }
    return !matches.isEmpty
  }
}
