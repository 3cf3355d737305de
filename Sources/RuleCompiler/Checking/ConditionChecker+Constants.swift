internal import FilterLanguage
internal import RuleEngine

/// Comparing a value with what the condition writes out.
extension ConditionChecker {
  /// Each value behind a modifier is a test of its own.
  private static let mostOperands = 1 << 16

  func constants(_ check: Check) -> [Literal] {
    switch check.right {
    case .none, .operand: []
    case .value(let literal): [literal]
    case .list(let literals, _): literals
    }
  }

  mutating func test(
    _ check: Check, _ literals: [Literal], _ subject: Subject, _ kind: ValueKind
  ) throws(CheckError) -> Test {
    if let modifier = check.modifier {
      // One look-up instead of one test for each value.
      if !subject.hasCandidates, modifier == .anyof, check.operator == .equal || check.operator == .equalDouble {
        return try membership(.in, literals, subject, kind)
      }
      if !subject.hasCandidates, modifier == .allof, check.operator == .notEqual, kind == .text, !literals.isEmpty {
        return try membership(.in, literals, subject, kind).negatedMember
      }
      guard literals.count <= Self.mostOperands else {
        throw CheckError(
          message: "more than \(Self.mostOperands) values behind '\(modifier.rawValue)'",
          hint: "use 'in', which takes any number of values", range: check.range)
      }
      var operands: [Test] = []
      for literal in literals {
        operands.append(try single(check.operator, literal, subject, kind))
      }
      let (first, second) = builder.operands(operands)
      let operation: Test.Operation =
        switch modifier {
        case .anyof: .anyOf
        case .allof: .allOf
        case .oneof: .oneOf
        }
      return Test(subject.index, operation, first, second)
    }
    switch check.operator {
    case .in, .intersects:
      return try membership(check.operator, literals, subject, kind)
    case .pmatch:
      let (first, second) = builder.texts(literals.map(\.bytes))
      return Test(subject.index, .pathIn, scope: subject.hasCandidates ? .any : .single, first, second)
    default:
      return try single(check.operator, literals[0], subject, kind)
    }
  }

  private mutating func membership(
    _ comparison: ComparisonOperator, _ literals: [Literal], _ subject: Subject, _ kind: ValueKind
  ) throws(CheckError) -> Test {
    let scope: Test.Scope =
      subject.isList ? (comparison == .in ? .every : .any) : subject.hasCandidates ? .any : .single
    switch kind {
    case .text, .buffer:
      return Test(subject.index, .member, scope: scope, UInt64(builder.memberBit(field: subject.index, texts: literals.map(\.bytes))))
    case .address, .network:
      var networks: [Network] = []
      for literal in literals { networks.append(try network(literal, kind)) }
      let (first, second) = builder.networks(networks)
      return Test(subject.index, .addressIn, scope: scope, first, second)
    case .integer, .boolean, .double:
      var numbers: [UInt64] = []
      for literal in literals { numbers.append(try number(literal, kind)) }
      let (first, second) = builder.numbers(numbers)
      return Test(subject.index, .numberIn, scope: scope, first, second)
    }
  }

  private mutating func single(
    _ comparison: ComparisonOperator, _ literal: Literal, _ subject: Subject, _ kind: ValueKind
  ) throws(CheckError) -> Test {
    var scope: Test.Scope = subject.hasCandidates ? .any : .single
    if comparison == .notEqual && subject.isTwoSided {
      // Neither side equals it.
      scope = .none
      return try single(.equal, literal, subject, kind).with(scope: scope)
    }
    switch kind {
    case .text, .buffer:
      let bytes = literal.bytes
      switch comparison {
      case .equal, .equalDouble:
        return Test(subject.index, .member, scope: scope, UInt64(builder.memberBit(field: subject.index, texts: [bytes])))
      case .notEqual:
        return Test(subject.index, .notMember, scope: scope, UInt64(builder.memberBit(field: subject.index, texts: [bytes])))
      case .less: return Test(subject.index, .textLess, scope: scope, builder.text(bytes))
      case .lessOrEqual: return Test(subject.index, .textLessEqual, scope: scope, builder.text(bytes))
      case .greater: return Test(subject.index, .textGreater, scope: scope, builder.text(bytes))
      case .greaterOrEqual: return Test(subject.index, .textGreaterEqual, scope: scope, builder.text(bytes))
      case .contains: return Test(subject.index, .contains, scope: scope, builder.text(bytes))
      case .icontains: return Test(subject.index, .containsFolded, scope: scope, builder.text(bytes.map(lowercased)))
      case .startswith: return Test(subject.index, .startsWith, scope: scope, builder.text(bytes))
      case .endswith: return Test(subject.index, .endsWith, scope: scope, builder.text(bytes))
      case .glob: return Test(subject.index, .glob, scope: scope, builder.text(bytes))
      case .iglob: return Test(subject.index, .globFolded, scope: scope, builder.text(bytes))
      case .bcontains: return Test(subject.index, .contains, scope: scope, builder.text(try hex(literal)))
      case .bstartswith: return Test(subject.index, .startsWith, scope: scope, builder.text(try hex(literal)))
      case .regex:
        warnAboutPlainPattern(literal)
        return Test(subject.index, .regex, scope: scope, try pattern(literal))
      case .in, .intersects, .pmatch, .exists: preconditionFailure("not a comparison with one value")
      }
    case .address, .network:
      let (first, _) = builder.networks([try network(literal, kind)])
      return Test(subject.index, comparison == .notEqual ? .addressNotEqual : .addressEqual, scope: scope, first)
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
      return Test(subject.index, operation, scope: scope, value)
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
      return Test(subject.index, operation, scope: scope, try number(literal, kind))
    }
  }

  func number(_ literal: Literal, _ kind: ValueKind) throws(CheckError) -> UInt64 {
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

  private mutating func pattern(_ literal: Literal) throws(CheckError) -> UInt64 {
    do throws(PatternError) { return try builder.pattern(literal.bytes) } catch {
      throw CheckError(message: error.message, hint: error.hint, range: literal.range)
    }
  }

  private func lowercased(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }
}

extension Test {
  /// Of a ``Operation/member``: not in the set.
  fileprivate var negatedMember: Test { Test(Int(field), .notMember, scope: scope, first, second) }

  func with(scope: Scope) -> Test {
    var test = self
    test.scope = scope
    return test
  }
}
