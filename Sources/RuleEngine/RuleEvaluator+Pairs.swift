internal import EventSchema
internal import Fields
internal import SystemState

/// Comparing two values of one event. The compiler has seen to it that both have the same type; where a type is known
/// only when the event comes, values of different kinds satisfy no comparison.
extension RuleEvaluator {
  mutating func evaluatePair(
    _ test: Test, _ left: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    let right = fields.value(Int(test.first), event, state)
    guard !right.isMissing, let pairing = Pairing(rawValue: UInt8(truncatingIfNeeded: test.second)) else { return false }
    switch pairing {
    case .every, .some: return compareLists(pairing, left, right, event, state)
    default: return compare(pairing, left, right, event, state)
    }
  }

  private mutating func compare(
    _ pairing: Pairing, _ left: FieldValue, _ right: FieldValue, _ event: borrowing EventView,
    _ state: borrowing SystemState
  ) -> Bool {
    switch (left.kind, right.kind) {
    case (.text, .text), (.bytes, .bytes), (.text, .bytes), (.bytes, .text):
      return compareTexts(pairing, left, right, event, state)
    case (.unsigned, .unsigned), (.boolean, .boolean):
      return RuleEvaluator.satisfies(pairing, left.word < right.word, left.word == right.word)
    case (.signed, .signed):
      return RuleEvaluator.satisfies(pairing, left.signed < right.signed, left.signed == right.signed)
    case (.double, .double):
      return RuleEvaluator.satisfies(pairing, left.double < right.double, left.double == right.double)
    case (.ipv4, .ipv4), (.ipv6, .ipv6), (.ipv4, .ipv6), (.ipv6, .ipv4):
      let isEqual = left.kind == right.kind && left.word == right.word && left.low == right.low
      return pairing == .equal ? isEqual : pairing == .notEqual ? !isEqual : false
    default: return false
    }
  }

  private static func satisfies(_ pairing: Pairing, _ isLess: Bool, _ isEqual: Bool) -> Bool {
    switch pairing {
    case .equal: isEqual
    case .notEqual: !isEqual
    case .less: isLess
    case .lessOrEqual: isLess || isEqual
    case .greater: !isLess && !isEqual
    case .greaterOrEqual: !isLess
    default: false
    }
  }

  private mutating func compareTexts(
    _ pairing: Pairing, _ left: FieldValue, _ right: FieldValue, _ event: borrowing EventView,
    _ state: borrowing SystemState
  ) -> Bool {
    let a = fields.bytes(left, event, state)
    let b = fields.bytes(right, event, state)
    switch pairing {
    case .equal: return Bytes.equal(a, b)
    case .notEqual: return !Bytes.equal(a, b)
    case .less: return Bytes.compare(a, b) < 0
    case .lessOrEqual: return Bytes.compare(a, b) <= 0
    case .greater: return Bytes.compare(a, b) > 0
    case .greaterOrEqual: return Bytes.compare(a, b) >= 0
    case .contains: return Bytes.contains(a, b)
    case .containsFolded: return Bytes.containsIgnoringCase(a, b, foldsPart: true)
    case .startsWith: return Bytes.hasPrefix(a, b)
    case .endsWith: return Bytes.hasSuffix(a, b)
    case .glob: return Glob.matches(a, b)
    case .globFolded: return Glob.matches(a, b, ignoringCase: true)
    case .every, .some: return false
    }
  }

  /// The most pairs of items that are looked at; two lists that would need more satisfy nothing.
  private static var longestComparison: Int { 1 << 16 }

  private mutating func compareLists(
    _ pairing: Pairing, _ left: FieldValue, _ right: FieldValue, _ event: borrowing EventView,
    _ state: borrowing SystemState
  ) -> Bool {
    guard left.kind == .list, right.kind == .list,
      left.count * right.count <= RuleEvaluator.longestComparison
    else { return false }
    for index in 0..<left.count {
      let item = fields.item(index, of: left)
      var isFound = false
      for other in 0..<right.count where !isFound {
        isFound = compare(.equal, item, fields.item(other, of: right), event, state)
      }
      if isFound != (pairing == .every) { return isFound }
    }
    return pairing == .every
  }
}
