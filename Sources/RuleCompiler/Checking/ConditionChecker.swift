internal import EventSchema
internal import Fields
internal import FilterLanguage
internal import RuleEngine

/// A problem of a condition that its grammar allows: a field, an operator or a constant that does not fit.
struct CheckError: Error {
  enum Kind {
    /// The field, or the name of an event, does not exist: `skip-if-unknown-filter` covers these.
    case unknownName
    case other
  }
  var kind = Kind.other
  var message: String
  var hint: String?
  var range: SourceRange
}

/// Turns a syntax tree into a condition over tests, checking every field, operator and constant.
///
/// Goes on after an error, so that one pass finds all of a condition's problems.
struct ConditionChecker {
  var builder: ProgramBuilder
  private(set) var errors: [CheckError] = []
  /// What is allowed, and probably not meant.
  private(set) var warnings: [CheckError] = []

  /// Tests of the event's type by their canonical text: most rules ask one of a few.
  private var typeTests: [String: Condition] = [:]

  /// What was checked without a word, by its place: a macro stands in many rules, and is checked in the first.
  private var known: [SourceRange: Condition] = [:]

  init(_ builder: ProgramBuilder) { self.builder = builder }

  /// Starts with the next condition.
  mutating func reset() {
    errors.removeAll()
    warnings.removeAll()
  }

  mutating func warn(_ message: String, hint: String, at range: SourceRange) {
    warnings.append(CheckError(message: message, hint: hint, range: range))
  }

  /// - Parameter expression: Of a text whose name no other text has in the life of this checker.
  /// - Returns: The checked condition; without meaning if ``errors`` is not empty afterwards.
  mutating func check(_ expression: Expression) -> Condition {
    if let condition = known[expression.range] { return condition }
    let problems = errors.count + warnings.count
    let condition = checkAnew(expression)
    if errors.count + warnings.count == problems { known[expression.range] = condition }
    return condition
  }

  private mutating func checkAnew(_ expression: Expression) -> Condition {
    switch expression {
    case .and(let terms, _): return .and(terms.map { check($0) })
    case .or(let terms, _): return .or(terms.map { check($0) })
    case .not(let operand, _): return .not(check(operand))
    case .macro(let name, let range):
      errors.append(CheckError(message: "undefined macro '\(name)'", range: range))
      return .constant(false)
    case .check(let check):
      do throws(CheckError) {
        return try condition(of: check)
      } catch {
        errors.append(error)
        return .constant(false)
      }
    }
  }

  // MARK: One comparison

  private mutating func condition(of check: Check) throws(CheckError) -> Condition {
    let subject = try subject(check.left)
    if check.operator == .exists {
      let subject = presence(of: subject)
      return .test(builder.index(of: Test(subject.index, .exists), cost: subject.cost))
    }
    guard let kind = subject.kind else {
      throw CheckError(
        message: "'\(check.operator.rawValue)' operator not supported for \(subject.name)",
        hint: "its only operator is exists", range: check.operatorRange)
    }
    if let field = subject.field, field.id == .evtAround { return try distance(check, field, subject) }
    guard kind.allows(check.operator, isList: subject.isList) else {
      let noun = subject.isList ? "list" : kind.noun
      let allowed = ComparisonOperator.allCases.filter { kind.allows($0, isList: subject.isList) }
      throw CheckError(
        message: "'\(check.operator.rawValue)' operator not supported for \(noun) filters",
        hint: "\(subject.name) can be compared with: \(allowed.map(\.rawValue).joined(separator: " "))",
        range: check.operatorRange)
    }
    let test: Test
    if case .operand(let operand) = check.right {
      test = try pair(check, subject, kind, operand)
    } else {
      let literals = constants(check)
      warnAboutNames(literals)
      if let field = subject.field {
        if field.id == .evtType || field.id == .syscallType {
          guard literals.count < 100 else { return try typeCondition(check, literals, field, subject) }
          let key = check.canonicalText
          if let known = typeTests[key] { return known }
          let condition = try typeCondition(check, literals, field, subject)
          typeTests[key] = condition
          return condition
        }
        if field.id == .evtNum, let constant = try impossibleNumber(check, literals, kind) {
          return .constant(constant)
        }
      }
      test = try self.test(check, literals, subject, kind)
    }
    return .test(builder.index(of: test, cost: subject.cost + Cost.operation(test.operation)))
  }

  /// Like `fd.ip` and `fd.port`, the names of a connection's ends exist for every descriptor that is known, whether they
  /// have a value or not: rules in use ask this way whether there is a descriptor.
  private mutating func presence(of subject: Subject) -> Subject {
    switch subject.field?.id {
    case .fdCipName, .fdSipName, .fdLipName, .fdRipName: break
    default: return subject
    }
    guard case .success(let type) = FieldCatalogue.resolve("fd.type") else { preconditionFailure("fd.type is a field") }
    var present = subject
    present.index = builder.index(of: type, key: type.name)
    present.cost = Cost.extraction(type)
    return present
  }

  /// `evt.type` under equality: decided by the event's type where the type has one name.
  private mutating func typeCondition(
    _ check: Check, _ literals: [Literal], _ field: ResolvedField, _ subject: Subject
  ) throws(CheckError) -> Condition {
    if field.id == .evtType {
      for literal in literals where !EventNames.isKnown(literal.text) && literal.text != "container" {
        throw CheckError(
          kind: .unknownName, message: "unknown event type \(literal.text)",
          hint: EventNames.suggestion(for: literal.text).map { "did you mean \($0)?" }, range: literal.range)
      }
    }
    let runtime = try test(check, literals, subject, .text)
    let dynamic = builder.index(of: runtime, cost: subject.cost + Cost.operation(runtime.operation))
    guard var (types, calls) = Self.named(check, literals) else { return .test(dynamic) }
    // An event that is no system call has no syscall.type, so that no comparison holds, not even `!=`.
    if field.id == .syscallType { types.formIntersection(NamedEvents.systemCalls) }
    return .type(TypeTest(types: types, genericCalls: calls, dynamicTest: dynamic))
  }

  /// Which events, and which calls without an event of their own, satisfy a comparison of their name for equality; `nil`
  /// for other operators, which are left to run time.
  private static func named(_ check: Check, _ literals: [Literal]) -> (types: EventTypeSet, calls: SyscallSet)? {
    let isEqual: Bool
    switch check.operator {
    case .equal, .equalDouble, .in, .intersects: isEqual = true
    case .notEqual: isEqual = false
    default: return nil
    }
    var types = EventTypeSet()
    var calls = SyscallSet()
    guard let modifier = check.modifier else {
      for literal in literals {
        if let more = NamedEvents.types[literal.text] { types.formUnion(more) }
        if let more = NamedEvents.calls[literal.text] { calls.formUnion(more) }
      }
      if isEqual { return (types, calls) }
      var (otherTypes, otherCalls) = (NamedEvents.allTypes, NamedEvents.allCalls)
      otherTypes.subtract(types)
      otherCalls.subtract(calls)
      return (otherTypes, otherCalls)
    }
    let agrees = nameTest(modifier, literals.map(\.text), isEqual: isEqual)
    for (name, more) in NamedEvents.types where agrees(name) { types.formUnion(more) }
    for (name, more) in NamedEvents.calls where agrees(name) { calls.formUnion(more) }
    return (types, calls)
  }

  /// Whether a name satisfies the listed comparisons as the modifier says.
  private static func nameTest(
    _ modifier: ListModifier, _ listed: [String], isEqual: Bool
  ) -> (String) -> Bool {
    let names = Set(listed)
    switch modifier {
    case .anyof: return { name in names.contains { ($0 == name) == isEqual } }
    case .allof: return { name in !names.isEmpty && names.allSatisfy { ($0 == name) == isEqual } }
    // Here a value that is listed twice counts twice.
    case .oneof: return { name in listed.count { ($0 == name) == isEqual } == 1 }
    }
  }

  /// `evt.around[T] = D`: the field is the distance from T, and D its upper limit.
  private mutating func distance(
    _ check: Check, _ field: ResolvedField, _ subject: Subject
  ) throws(CheckError) -> Condition {
    guard check.operator == .equal || check.operator == .equalDouble, check.modifier == nil,
      let limit = constants(check).first
    else {
      throw CheckError(
        message: "'\(check.modifier?.rawValue ?? check.operator.rawValue)' operator not supported for \(field.name)",
        hint: "write \(field.name) = MILLISECONDS", range: check.operatorRange)
    }
    let form = ValueKind.IntegerForm(isSigned: false, bits: 64)
    let test = Test(subject.index, .lessEqualUnsigned, try number(limit, .integer(form)))
    return .test(builder.index(of: test, cost: subject.cost))
  }

  /// `evt.num` counts from 1, so that comparing it with less is the usual way to write "never".
  private func impossibleNumber(
    _ check: Check, _ literals: [Literal], _ kind: ValueKind
  ) throws(CheckError) -> Bool? {
    guard check.modifier == nil else { return nil }
    var numbers: [UInt64] = []
    for literal in literals { numbers.append(try number(literal, kind)) }
    switch check.operator {
    case .equal, .equalDouble, .in, .intersects: return numbers.allSatisfy { $0 < 1 } ? false : nil
    case .less: return numbers[0] <= 1 ? false : nil
    case .lessOrEqual: return numbers[0] < 1 ? false : nil
    case .notEqual: return numbers[0] < 1 ? true : nil
    case .greater: return numbers[0] < 1 ? true : nil
    case .greaterOrEqual: return numbers[0] <= 1 ? true : nil
    default: return nil
    }
  }
}

/// Which events are system calls, as `syscall.type` sees them.
enum EventCategories {
  static func isSystemCall(_ event: EventInfo) -> Bool {
    event.name != "drop" && (event.direction == .WH_DIRECTION_EXIT || event.symbol == event.name + "_enter")
  }
}
