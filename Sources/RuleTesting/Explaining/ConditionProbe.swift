public import EventSchema
public import Fields
public import FilterLanguage
public import RuleCompiler
internal import RuleEngine
public import SystemState

/// Every comparison of a set of rules as a rule of its own, compiled: what a ``ConditionProbe`` evaluates.
public struct ConditionPlan: Sendable {
  /// Each distinct comparison once, in canonical spelling.
  let checks: [String]
  fileprivate let index: [String: Int]
  fileprivate let fieldsOfCheck: [[Int]]
  /// Comparisons that are decided before any event: placeholders such as `evt.num < 1`.
  fileprivate let isConstant: [Bool]
  fileprivate let program: RuleProgram
  fileprivate let fields: [ResolvedField]
  fileprivate let fieldNames: [String]

  /// - Parameter rules: The rules whose comparisons are meant.
  /// - Precondition: They have no errors.
  public init(_ rules: [LoadedRule], of loaded: LoadedRules) {
    var checks: [String] = []
    var index: [String: Int] = [:]
    var probes: [LoadedRule] = []
    var names: [String] = []
    var fieldIndex: [String: Int] = [:]
    var fields: [ResolvedField] = []
    var fieldsOfCheck: [[Int]] = []
    for rule in rules {
      rule.condition.forEachCheck { check in
        let text = check.canonicalText
        if index[text] != nil { return }
        index[text] = checks.count
        checks.append(text)
        var probe = rule
        probe.name = text
        probe.condition = .check(check)
        probe.output = "probe"
        probe.isEnabled = true
        probe.warnsAboutEventTypes = false
        probe.skipsIfUnknownField = false
        probes.append(probe)
        var used: [Int] = []
        for reference in check.fieldReferences {
          let name = reference.canonicalText
          guard case .success(let field) = FieldCatalogue.resolve(name: reference.name, argument: reference.argument) else {
            continue
          }
          if fieldIndex[name] == nil {
            fieldIndex[name] = fields.count
            fields.append(field)
            names.append(name)
          }
          if !used.contains(fieldIndex[name]!) { used.append(fieldIndex[name]!) }
        }
        fieldsOfCheck.append(used)
      }
    }
    var alone = loaded
    alone.rules = probes
    alone.evaluationOrder = Array(probes.indices)
    let compiled = alone.compiled()
    program = compiled.program
    isConstant = compiled.rules.map { $0.eventTypes.isEmpty }
    self.fields = fields
    fieldNames = names
    self.checks = checks
    self.index = index
    self.fieldsOfCheck = fieldsOfCheck
  }

  public func position(of check: Check) -> Int? { index[check.canonicalText] }
  func isDecidedBeforehand(_ position: Int) -> Bool { isConstant[position] }
}

/// Evaluates every comparison of a set of rules, to see which of them hold on an event.
///
/// Rules themselves stop at the first comparison that decides; here each is evaluated. Much slower than the rules, and
/// never on the event path of a running Windhover.
public struct ConditionProbe: ~Copyable {
  public let plan: ConditionPlan
  private var evaluator: RuleEvaluator
  private var extractor: FieldExtractor

  public init(_ plan: ConditionPlan) {
    self.plan = plan
    evaluator = RuleEvaluator(plan.program)
    evaluator.stopsAtFirstMatch = false
    extractor = FieldExtractor(plan.fields)
  }

  /// Evaluates every comparison on the event that was applied to the state last.
  ///
  /// - Returns: By position in ``ConditionPlan``, whether it holds.
  public mutating func evaluate(_ event: borrowing EventView, _ state: borrowing SystemState) -> [Bool] {
    var holds = [Bool](repeating: false, count: plan.checks.count)
    _ = evaluator.evaluate(event, state)
    for match in evaluator.matches { holds[Int(match)] = true }
    return holds
  }

  /// The fields of a comparison and their text on the event that was applied last; `nil` for a missing value.
  public mutating func values(
    of position: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> [(field: String, text: String?)] {
    extractor.begin()
    var values: [(field: String, text: String?)] = []
    for field in plan.fieldsOfCheck[position] {
      let value = extractor.value(field, event, state)
      if value.isMissing {
        values.append((plan.fieldNames[field], nil))
      } else {
        var text: [UInt8] = []
        extractor.render(field, event, state, into: &text)
        values.append((plan.fieldNames[field], String(decoding: text, as: UTF8.self)))
      }
    }
    return values
  }
}

extension Check {
  /// Fields on both sides, those inside transformers included.
  public var allFields: [FieldReference] { fieldReferences }

  var fieldReferences: [FieldReference] {
    var references = left.fieldReferences
    if case .operand(let operand) = right { references += operand.fieldReferences }
    return references
  }
}

extension Operand {
  var fieldReferences: [FieldReference] {
    switch self {
    case .field(let field): [field]
    case .function(let call): call.arguments.flatMap(\.fieldReferences)
    case .literal: []
    case .list(let elements, _): elements.flatMap(\.fieldReferences)
    }
  }
}
