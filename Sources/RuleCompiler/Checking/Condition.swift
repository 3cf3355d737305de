internal import EventSchema
internal import RuleEngine

/// A condition whose fields, operators and constants have been checked: what code is generated from.
indirect enum Condition {
  case constant(Bool)
  /// Decided by the event's type alone, except for the types that carry their name in the record.
  case type(TypeTest)
  /// An index into the tests of the program under construction.
  case test(Int)
  case not(Condition)
  case and([Condition])
  case or([Condition])
}

/// `evt.type = …` and its kin: which events have the name.
struct TypeTest {
  /// Events whose type answers yes. ``EventType/generic`` and asynchronous events are never among them.
  var types: EventTypeSet
  /// Calls that arrive as generic events and have the name.
  var genericCalls: SyscallSet
  /// The same comparison at run time, for events that carry their name in the record.
  var dynamicTest: Int

  /// Types whose name is in the record, so that only a test at run time can tell.
  static func isDynamic(_ type: EventType) -> Bool { type == .generic || type == .asyncevent }
}

extension Condition {
  /// The events that rules are run on.
  ///
  /// Entry hooks and the accounts of a capture file feed the state only: rules see each call once, when it has returned.
  static let candidates: [EventType] = Schema.events.filter { event in
    switch event.type {
    case .pluginevent, .useradded, .userdeleted, .groupadded, .groupdeleted: false
    default: event.symbol != event.name + "_enter"
    }
  }.map(\.type)

  /// The names of the events that could make the condition true.
  var eventNames: Set<String> {
    var names: Set<String> = []
    for type in Condition.candidates {
      if case .constant(false) = specialised(for: type) { continue }
      guard type == .generic else {
        if let event = Schema.event(type) { names.insert(event.name) }
        continue
      }
      let calls = genericCalls()
      for call in Schema.syscalls where call.event == .generic && calls.contains(call.code) { names.insert(call.name) }
    }
    return names
  }

  /// What is left of the condition once the event's type is known.
  func specialised(for type: EventType) -> Condition {
    switch self {
    case .constant, .test: return self
    case .type(let test):
      return TypeTest.isDynamic(type) ? .test(test.dynamicTest) : .constant(test.types.contains(type))
    case .not(let operand):
      let operand = operand.specialised(for: type)
      if case .constant(let value) = operand { return .constant(!value) }
      return .not(operand)
    case .and(let terms):
      return Condition.combine(terms.lazy.map { $0.specialised(for: type) }, neutral: true)
    case .or(let terms):
      return Condition.combine(terms.lazy.map { $0.specialised(for: type) }, neutral: false)
    }
  }

  /// Calls `body` for every other test that is in the condition.
  func forEachTest(_ body: (Int) -> Void) {
    switch self {
    case .constant, .type: break
    case .test(let index): body(index)
    case .not(let operand): operand.forEachTest(body)
    case .and(let terms), .or(let terms):
      for term in terms { term.forEachTest(body) }
    }
  }

  /// Calls `body` for every test of the event's type, in order.
  func forEachTypeTest(_ body: (TypeTest) -> Void) {
    switch self {
    case .constant, .test: break
    case .type(let test): body(test)
    case .not(let operand): operand.forEachTypeTest(body)
    case .and(let terms), .or(let terms):
      for term in terms { term.forEachTypeTest(body) }
    }
  }

  /// Joins terms by `and` (neutral true) or `or` (neutral false), leaving out what cannot matter.
  static func combine(_ terms: some Sequence<Condition>, neutral: Bool) -> Condition {
    var kept: [Condition] = []
    for term in terms {
      if case .constant(let value) = term {
        if value != neutral { return .constant(!neutral) }
        continue
      }
      kept.append(term)
    }
    if kept.isEmpty { return .constant(neutral) }
    if kept.count == 1 { return kept[0] }
    return neutral ? .and(kept) : .or(kept)
  }

  /// Which generic calls could make the condition true: a superset, by set algebra over the tests of the type.
  func genericCalls(negated: Bool = false) -> SyscallSet {
    switch self {
    case .constant(let value): return value != negated ? .all : SyscallSet()
    case .test: return .all
    case .type(let test):
      guard negated else { return test.genericCalls }
      var others = SyscallSet.all
      others.subtract(test.genericCalls)
      return others
    case .not(let operand): return operand.genericCalls(negated: !negated)
    case .and(let terms): return Condition.merge(terms, negated, intersects: !negated)
    case .or(let terms): return Condition.merge(terms, negated, intersects: negated)
    }
  }

  private static func merge(_ terms: [Condition], _ negated: Bool, intersects: Bool) -> SyscallSet {
    var result = terms[0].genericCalls(negated: negated)
    for term in terms.dropFirst() {
      let next = term.genericCalls(negated: negated)
      if intersects {
        result.formIntersection(next)
      } else {
        result.formUnion(next)
      }
    }
    return result
  }
}
