/// What is done for an event of one type: its rules, grouped behind the tests that they have in common.
///
/// Most rules of a type begin alike (the call succeeded, a file was opened for writing), and on most events none of a
/// group goes further. A guard asks once for all of them and leaves them out together. The groups are made from the
/// nodes, so a rule means the same with and without them; only the order in which rules are looked at changes, which
/// ``RuleEvaluator`` makes up for when several match.
struct RuleSteps: Sendable {
  struct Step: BitwiseCopyable, Sendable {
    /// The rule, or ``guardMark`` for a guard.
    var rule: UInt32
    /// Of a rule its first node, of a guard the step to go on with where it does not hold.
    var target: Int32
    /// Of a guard: the test, and what it must yield.
    var test: UInt32 = 0
    var wanted = true

    static let guardMark = UInt32.max
  }

  private(set) var steps: [Step] = []
  /// `steps[first[type]..<first[type + 1]]` are those of an event type.
  private(set) var first: [UInt32] = []

  /// - Parameters:
  ///   - entries: The rules of each event type, by event code.
  ///   - tests: How many tests there are.
  init(_ entries: [ArraySlice<RuleProgram.Entry>], nodes: [RuleProgram.Node], tests: Int) {
    var layout = StepLayout(nodes: nodes, tests: tests)
    // Types with the same rules share nothing but the work of finding the groups.
    var known: [[RuleProgram.Entry]: Range<Int>] = [:]
    for rules in entries {
      first.append(UInt32(steps.count))
      if rules.isEmpty { continue }
      if let same = known[Array(rules)] {
        let distance = Int32(steps.count - same.lowerBound)
        for index in same {
          var step = steps[index]
          if step.rule == Step.guardMark { step.target += distance }
          steps.append(step)
        }
      } else {
        known[Array(rules)] = steps.count..<steps.count + layout.append(rules, to: &steps)
      }
    }
    first.append(UInt32(steps.count))
  }
}

/// Finds the groups.
private struct StepLayout {
  let nodes: [RuleProgram.Node]
  /// By test and wanted result (the test's number doubled, and one for true): how many members ask for it.
  private var counts: [Int]

  /// A rule, and what must hold for it to match: tests with their result, in the order in which it asks.
  private struct Member {
    var rule: UInt32
    var start: Int32
    var needs: [Int]
    /// What guards have made sure of.
    var known: [Int] = []
  }

  /// More rules than this on one level are not grouped: the work grows with their number and that of the groups.
  private static let largestGroup = 1024
  /// How far into a rule needs are looked for.
  private static let longestNeeds = 12

  init(nodes: [RuleProgram.Node], tests: Int) {
    self.nodes = nodes
    counts = Array(repeating: 0, count: tests * 2)
  }

  /// - Returns: How many steps there are now for these rules.
  mutating func append(_ entries: ArraySlice<RuleProgram.Entry>, to steps: inout [RuleSteps.Step]) -> Int {
    let before = steps.count
    layOut(entries.map { Member(rule: $0.rule, start: $0.start, needs: needs(from: $0.start)) }, &steps)
    return steps.count - before
  }

  private func needs(from start: Int32) -> [Int] {
    var needs: [Int] = []
    var at = start
    while at >= 0, needs.count < Self.longestNeeds {
      let node = nodes[Int(at)]
      let test = Int(node.test) * 2
      if node.onFalse == RuleProgram.Node.fails {
        needs.append(test + 1)
        at = node.onTrue
      } else if node.onTrue == RuleProgram.Node.fails {
        needs.append(test)
        at = node.onFalse
      } else {
        break
      }
    }
    return needs
  }

  private mutating func layOut(_ members: [Member], _ steps: inout [RuleSteps.Step]) {
    var rest = members
    while rest.count > 1, rest.count <= Self.largestGroup, let need = mostCommonNeed(rest) {
      let place = steps.count
      steps.append(
        RuleSteps.Step(
          rule: RuleSteps.Step.guardMark, target: 0, test: UInt32(need / 2), wanted: need & 1 != 0))
      var group: [Member] = []
      rest.removeAll { member in
        guard member.needs.contains(need) else { return false }
        group.append(without(need, member))
        return true
      }
      layOut(group, &steps)
      steps[place].target = Int32(steps.count)
    }
    for member in rest { steps.append(RuleSteps.Step(rule: member.rule, target: member.start)) }
  }

  /// What most members ask for, two at least; of several the one that is asked for first.
  private mutating func mostCommonNeed(_ members: [Member]) -> Int? {
    var best: Int?
    for member in members {
      for need in member.needs { counts[need] += 1 }
    }
    for member in members {
      for need in member.needs where counts[need] > 1 && counts[need] > best.map({ counts[$0] }) ?? 0 { best = need }
    }
    for member in members {
      for need in member.needs { counts[need] = 0 }
    }
    return best
  }

  /// A rule behind a guard: what it asks for first is left out, as far as it is known.
  private func without(_ need: Int, _ member: Member) -> Member {
    var member = member
    member.needs.removeAll { $0 == need }
    member.known.append(need)
    while member.start >= 0 {
      let node = nodes[Int(member.start)]
      let test = Int(node.test) * 2
      if member.known.contains(test + 1) {
        member.start = node.onTrue
      } else if member.known.contains(test) {
        member.start = node.onFalse
      } else {
        break
      }
    }
    return member
  }
}
