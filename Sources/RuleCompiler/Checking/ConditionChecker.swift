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

  init(_ builder: ProgramBuilder) { self.builder = builder }

  /// Starts with the next condition.
  mutating func reset() { errors.removeAll() }

  /// - Returns: The checked condition; without meaning if ``errors`` is not empty afterwards.
  mutating func check(_ expression: Expression) -> Condition {
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
    let field = try resolve(check.left)
    let name = field.name
    if check.operator == .exists {
      let index = builder.index(of: field, key: name)
      return .test(builder.index(of: Test(index, .exists), cost: Cost.extraction(field)))
    }
    guard let kind = ValueKind(field.type) ?? ValueKind.dynamic(field) else {
      throw CheckError(
        message: "'\(check.operator.rawValue)' operator not supported for \(name)",
        hint: "its only operator is exists", range: check.operatorRange)
    }
    if field.id == .evtAround { return try distance(check, field) }
    guard kind.allows(check.operator, isList: field.isList) else {
      let noun = field.isList ? "list" : kind.noun
      let allowed = ComparisonOperator.allCases.filter { kind.allows($0, isList: field.isList) }
      throw CheckError(
        message: "'\(check.operator.rawValue)' operator not supported for \(noun) filters",
        hint: "\(name) can be compared with: \(allowed.map(\.rawValue).joined(separator: " "))",
        range: check.operatorRange)
    }
    if field.id == .evtType || field.id == .syscallType {
      return try typeCondition(check, field)
    }
    if field.id == .evtNum, let constant = try impossibleNumber(check, kind) { return .constant(constant) }
    let index = builder.index(of: field, key: name)
    let test = try self.test(check, field, kind, index)
    return .test(builder.index(of: test, cost: Cost.extraction(field) + Cost.operation(test.operation)))
  }

  private func resolve(_ operand: Operand) throws(CheckError) -> ResolvedField {
    switch operand {
    case .field(let reference):
      switch FieldCatalogue.resolve(name: reference.name, argument: reference.argument) {
      case .success(let field): return field
      case .failure(let error):
        throw CheckError(kind: .unknownName, message: error.description, hint: hint(error), range: reference.range)
      }
    case .function(let call):
      throw CheckError(
        message: "the transformer \(call.function.rawValue)() is not available in this version", range: call.range)
    case .literal, .list:
      throw CheckError(message: "a field is needed on the left side", range: operand.range)
    }
  }

  private func hint(_ error: FieldError) -> String? {
    switch error {
    case .unknownField(_, let suggestion), .unknownParameter(_, _, let suggestion), .unknownEvent(_, _, let suggestion):
      suggestion == nil ? "`windhover fields` lists the fields that exist" : nil
    default: nil
    }
  }

  /// `evt.type` under equality: decided by the event's type where the type has one name.
  private mutating func typeCondition(_ check: Check, _ field: ResolvedField) throws(CheckError) -> Condition {
    let literals = try self.literals(check)
    if field.id == .evtType {
      for literal in literals where !EventNames.isKnown(literal.text) && literal.text != "container" {
        throw CheckError(
          kind: .unknownName, message: "unknown event type \(literal.text)",
          hint: EventNames.suggestion(for: literal.text).map { "did you mean \($0)?" }, range: literal.range)
      }
    }
    let index = builder.index(of: field, key: field.name)
    let runtime = try test(check, field, .text, index)
    let dynamic = builder.index(of: runtime, cost: Cost.extraction(field) + Cost.operation(runtime.operation))
    guard let agrees = Self.nameTest(check, literals) else { return .test(dynamic) }
    var types = EventTypeSet()
    for event in Schema.events where !TypeTest.isDynamic(event.type) && agrees(event.name) {
      // An event that is no system call has no syscall.type, so that no comparison holds, not even `!=`.
      if field.id == .syscallType && !EventCategories.isSystemCall(event) { continue }
      types.insert(event.type)
    }
    let calls = SyscallSet(Schema.syscalls.filter { $0.event == .generic && agrees($0.name) }.map(\.code))
    return .type(TypeTest(types: types, genericCalls: calls, dynamicTest: dynamic))
  }

  /// Which names satisfy a comparison for equality; `nil` for other operators, which are left to run time.
  private static func nameTest(_ check: Check, _ literals: [Literal]) -> ((String) -> Bool)? {
    let names = literals.map(\.text)
    let isEqual: Bool
    switch check.operator {
    case .equal, .equalDouble, .in, .intersects: isEqual = true
    case .notEqual: isEqual = false
    default: return nil
    }
    switch check.modifier {
    case nil: return { names.contains($0) == isEqual }
    case .anyof: return { name in names.contains { ($0 == name) == isEqual } }
    case .allof: return { name in !names.isEmpty && names.allSatisfy { ($0 == name) == isEqual } }
    case .oneof: return { name in names.count { ($0 == name) == isEqual } == 1 }
    }
  }

  /// `evt.around[T] = D`: the field is the distance from T, and D its upper limit.
  private mutating func distance(_ check: Check, _ field: ResolvedField) throws(CheckError) -> Condition {
    guard check.operator == .equal || check.operator == .equalDouble, check.modifier == nil,
      let limit = try literals(check).first
    else {
      throw CheckError(
        message: "'\(check.modifier?.rawValue ?? check.operator.rawValue)' operator not supported for \(field.name)",
        hint: "write \(field.name) = MILLISECONDS", range: check.operatorRange)
    }
    let form = ValueKind.IntegerForm(isSigned: false, bits: 64)
    let index = builder.index(of: field, key: field.name)
    let test = Test(index, .lessEqualUnsigned, try number(limit, .integer(form)))
    return .test(builder.index(of: test, cost: Cost.extraction(field)))
  }

  /// `evt.num` counts from 1, so that comparing it with less is the usual way to write "never".
  private func impossibleNumber(_ check: Check, _ kind: ValueKind) throws(CheckError) -> Bool? {
    guard check.modifier == nil else { return nil }
    var numbers: [UInt64] = []
    for literal in try literals(check) { numbers.append(try number(literal, kind)) }
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

  // MARK: Tests

  private func literals(_ check: Check) throws(CheckError) -> [Literal] {
    switch check.right {
    case .none: return []
    case .value(let literal): return [literal]
    case .list(let literals, _): return literals
    case .operand(let operand):
      throw CheckError(
        message: "comparing with another field or a transformer is not available in this version", range: operand.range)
    }
  }

  private mutating func test(
    _ check: Check, _ field: ResolvedField, _ kind: ValueKind, _ index: Int
  ) throws(CheckError) -> Test {
    let literals = try self.literals(check)
    if let modifier = check.modifier {
      var operands: [Test] = []
      for literal in literals {
        operands.append(try single(check.operator, literal, field, kind, index))
      }
      let (first, second) = builder.operands(operands)
      let operation: Test.Operation =
        switch modifier {
        case .anyof: .anyOf
        case .allof: .allOf
        case .oneof: .oneOf
        }
      return Test(index, operation, first, second)
    }
    switch check.operator {
    case .in, .intersects:
      return try membership(check.operator, literals, field, kind, index)
    case .pmatch:
      let (first, second) = builder.texts(literals.map(\.bytes))
      return Test(index, .pathIn, scope: field.hasCandidates ? .any : .single, first, second)
    default:
      return try single(check.operator, literals[0], field, kind, index)
    }
  }

  private mutating func membership(
    _ comparison: ComparisonOperator, _ literals: [Literal], _ field: ResolvedField, _ kind: ValueKind, _ index: Int
  ) throws(CheckError) -> Test {
    let scope: Test.Scope =
      field.isList ? (comparison == .in ? .every : .any) : field.hasCandidates ? .any : .single
    switch kind {
    case .text, .buffer:
      return Test(index, .member, scope: scope, UInt64(builder.memberBit(field: index, texts: literals.map(\.bytes))))
    case .address, .network:
      var networks: [Network] = []
      for literal in literals { networks.append(try network(literal, kind)) }
      let (first, second) = builder.networks(networks)
      return Test(index, .addressIn, scope: scope, first, second)
    case .integer, .boolean, .double:
      var numbers: [UInt64] = []
      for literal in literals { numbers.append(try number(literal, kind)) }
      let (first, second) = builder.numbers(numbers)
      return Test(index, .numberIn, scope: scope, first, second)
    }
  }

  private mutating func single(
    _ comparison: ComparisonOperator, _ literal: Literal, _ field: ResolvedField, _ kind: ValueKind, _ index: Int
  ) throws(CheckError) -> Test {
    var scope: Test.Scope = field.hasCandidates ? .any : .single
    if comparison == .notEqual && field.isTwoSided {
      // Neither side equals it.
      scope = .none
      return try single(.equal, literal, field, kind, index).with(scope: scope)
    }
    switch kind {
    case .text, .buffer:
      let bytes = literal.bytes
      switch comparison {
      case .equal, .equalDouble:
        return Test(index, .member, scope: scope, UInt64(builder.memberBit(field: index, texts: [bytes])))
      case .notEqual:
        return Test(index, .notMember, scope: scope, UInt64(builder.memberBit(field: index, texts: [bytes])))
      case .less: return Test(index, .textLess, scope: scope, builder.text(bytes))
      case .lessOrEqual: return Test(index, .textLessEqual, scope: scope, builder.text(bytes))
      case .greater: return Test(index, .textGreater, scope: scope, builder.text(bytes))
      case .greaterOrEqual: return Test(index, .textGreaterEqual, scope: scope, builder.text(bytes))
      case .contains: return Test(index, .contains, scope: scope, builder.text(bytes))
      case .icontains: return Test(index, .containsFolded, scope: scope, builder.text(bytes.map(lowercased)))
      case .startswith: return Test(index, .startsWith, scope: scope, builder.text(bytes))
      case .endswith: return Test(index, .endsWith, scope: scope, builder.text(bytes))
      case .glob: return Test(index, .glob, scope: scope, builder.text(bytes))
      case .iglob: return Test(index, .globFolded, scope: scope, builder.text(bytes))
      case .bcontains: return Test(index, .contains, scope: scope, builder.text(try hex(literal)))
      case .bstartswith: return Test(index, .startsWith, scope: scope, builder.text(try hex(literal)))
      case .regex:
        throw CheckError(
          message: "the regex operator is not available in this version",
          hint: "use glob, contains, startswith or endswith", range: literal.range)
      case .in, .intersects, .pmatch, .exists: preconditionFailure("not a comparison with one value")
      }
    case .address, .network:
      let (first, _) = builder.networks([try network(literal, kind)])
      return Test(index, comparison == .notEqual ? .addressNotEqual : .addressEqual, scope: scope, first)
    case .double:
      let value = try number(literal, kind)
      let operation: Test.Operation =
        switch comparison {
        case .notEqual: .notEqualDouble
        case .less: .lessDouble
        case .lessOrEqual: .lessEqualDouble
        case .greater: .greaterDouble
        case .greaterOrEqual: .greaterEqualDouble
        default: .equalDouble
        }
      return Test(index, operation, scope: scope, value)
    case .integer, .boolean:
      let isSigned = if case .integer(let form) = kind { form.isSigned } else { false }
      let operation: Test.Operation =
        switch comparison {
        case .notEqual: .notEqual
        case .less: isSigned ? .lessSigned : .lessUnsigned
        case .lessOrEqual: isSigned ? .lessEqualSigned : .lessEqualUnsigned
        case .greater: isSigned ? .greaterSigned : .greaterUnsigned
        case .greaterOrEqual: isSigned ? .greaterEqualSigned : .greaterEqualUnsigned
        default: .equal
        }
      return Test(index, operation, scope: scope, try number(literal, kind))
    }
  }

  private func number(_ literal: Literal, _ kind: ValueKind) throws(CheckError) -> UInt64 {
    do throws(ValueError) {
      switch kind {
      case .integer(let form): return try ValueParsing.integer(literal.bytes, form)
      case .boolean: return try ValueParsing.boolean(literal.bytes)
      default: return try ValueParsing.double(literal.bytes)
      }
    } catch { throw CheckError(message: error.message, hint: error.hint, range: literal.range) }
  }

  private func network(_ literal: Literal, _ kind: ValueKind) throws(CheckError) -> Network {
    do throws(ValueError) {
      return try kind == .network ? ValueParsing.network(literal.bytes) : ValueParsing.address(literal.bytes)
    } catch { throw CheckError(message: error.message, hint: error.hint, range: literal.range) }
  }

  private func hex(_ literal: Literal) throws(CheckError) -> [UInt8] {
    do throws(ValueError) {
      return try ValueParsing.hexBytes(literal.bytes)
    } catch { throw CheckError(message: error.message, hint: error.hint, range: literal.range) }
  }

  private func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }
}

extension Test {
  func with(scope: Scope) -> Test {
    var test = self
    test.scope = scope
    return test
  }
}

extension ResolvedField {
  /// Fields whose value is both ends of a connection.
  var isTwoSided: Bool {
    switch id {
    case .fdIp, .fdNet, .fdPort, .fdProto: true
    default: false
    }
  }
}

extension ValueKind {
  /// The kind of a field whose type its argument decides, as far as that is known before an event comes.
  static func dynamic(_ field: ResolvedField) -> ValueKind? { field.type == .WH_PT_DYN ? .text : nil }
}

/// Rough costs in instructions, for putting cheap tests first.
enum Cost {
  static func extraction(_ field: ResolvedField) -> Int {
    switch field.id {
    case .evtIsOpenRead, .evtIsOpenWrite, .evtIsOpenCreate, .evtIsOpenExec, .evtRawres, .evtFailed, .evtDir: 20
    case .fdNum, .fdTypechar, .fdType, .containerId, .procIsExeUpperLayer, .procIsExeFromMemfd: 25
    case .fdName, .fdDirectory, .fdFilename, .fdRealpath, .procName, .procExe, .procExepath, .procExerealpath, .procCmdline, .procArgs: 40
    case .procPname, .procPexe, .procPcmdline, .procPexepath: 60
    case .procAname, .procAexe, .procAexepath, .procAcmdline: field.hasCandidates ? 400 : 100
    case .userName, .userLoginname, .groupName: 80
    case .evtArg, .evtArgs, .evtInfo: 150
    default: 60
    }
  }

  static func operation(_ operation: Test.Operation) -> Int {
    switch operation {
    case .member, .notMember: 50
    case .contains, .containsFolded: 120
    case .glob, .globFolded, .pathIn: 200
    case .anyOf, .allOf, .oneOf: 150
    case .startsWith, .endsWith: 20
    default: 10
    }
  }
}

/// Which events are system calls, as `syscall.type` sees them.
enum EventCategories {
  static func isSystemCall(_ event: EventInfo) -> Bool {
    event.name != "drop" && (event.direction == .WH_DIRECTION_EXIT || event.symbol == event.name + "_enter")
  }
}
