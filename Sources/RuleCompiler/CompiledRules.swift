public import EventSchema
public import Fields
internal import FilterLanguage
public import Outputs
public import RuleEngine

/// An enabled rule as the event loop needs it: what to say when the program reports its index.
public struct CompiledRule: Sendable {
  public let name: String
  public let priority: Priority
  public let tags: [String]
  public let source: String
  public let output: OutputFormat
  /// Event types that the rule looks at.
  public let eventTypes: EventTypeSet
  /// Whether a match begins a recording, and for how many milliseconds; 0 for what the configuration says.
  public let capture: Bool
  public let captureDuration: UInt64
}

/// Rule files, checked and turned into one program.
public struct CompiledRules: Sendable {
  /// The rules as loaded, with every problem that was found in their conditions and outputs.
  public let loaded: LoadedRules
  /// The enabled rules in the order of evaluation: what a ``RuleProgram/Entry/rule`` counts into.
  public let rules: [CompiledRule]
  public let program: RuleProgram
  /// Event types that rules name; rules that take every type do not add to it.
  public let namedEvents: EventTypeSet

  /// Whether the rules can be used.
  public var hasErrors: Bool { loaded.hasErrors }

  /// Every field that a condition or an output uses.
  public var fields: [ResolvedField] { program.fields + rules.flatMap(\.output.fields) }
}

extension LoadedRules {
  /// Checks every rule's condition and output, and compiles the enabled ones.
  ///
  /// Rules with problems are reported, never left out in silence; only rules that ask for it
  /// (`skip-if-unknown-filter`) are skipped, with a warning.
  public consuming func compiled() -> CompiledRules {
    var loaded = self
    var checker = ConditionChecker(ProgramBuilder())
    var compiled: [CompiledRule] = []
    var named = EventTypeSet()
    // Entry hooks feed the state only: rules see each call once, when it has returned.
    let candidates = Schema.events.filter { $0.type != .pluginevent && $0.symbol != $0.name + "_enter" }.map(\.type)
    // Disabled rules are checked too, so that enabling one brings no surprise.
    let order = loaded.evaluationOrder + loaded.rules.indices.filter { !loaded.evaluationOrder.contains($0) }
    for (position, index) in order.enumerated() {
      let rule = loaded.rules[index]
      let isEnabled = position < loaded.evaluationOrder.count
      checker.reset()
      let condition = checker.check(rule.condition)
      let (output, outputProblem) = rule.compileOutput()
      var isSkipped = false
      if rule.skipsIfUnknownField {
        let unknown = checker.errors.first { $0.kind == .unknownName }
        if let unknown {
          loaded.report(loaded.diagnostic(.unknownFilter, unknown.message, hint: unknown.hint, at: unknown.range, in: rule))
          isSkipped = true
        } else if let outputProblem, outputProblem.kind == .unknownName {
          loaded.report(
            loaded.diagnostic(.unknownFilter, outputProblem.message, at: outputProblem.range, in: rule))
          isSkipped = true
        }
      }
      if isSkipped { continue }
      for error in checker.errors {
        loaded.report(loaded.diagnostic(.compileCondition, error.message, hint: error.hint, at: error.range, in: rule))
      }
      for warning in checker.warnings {
        loaded.report(
          loaded.diagnostic(.conditionWarning, warning.message, hint: warning.hint, at: warning.range, in: rule))
      }
      if let outputProblem {
        loaded.report(
          loaded.diagnostic(
            .compileOutput, outputProblem.message, hint: outputProblem.hint, at: outputProblem.range, in: rule))
      }
      guard checker.errors.isEmpty, let output else { continue }
      guard isEnabled else { continue }
      let types = checker.builder.add(rule: compiled.count, condition, candidates: candidates)
      if types.count <= 100 {
        named.formUnion(types)
      } else if rule.warnsAboutEventTypes {
        loaded.report(
          loaded.diagnostic(
            .noEventType, "the rule looks at \(types.count) types of events, which costs time on each of them",
            hint: "restrict it, for example with: evt.type in (open, openat) and ...", in: rule))
      }
      compiled.append(
        CompiledRule(
          name: rule.name, priority: rule.priority, tags: rule.tags, source: rule.source, output: output,
          eventTypes: types, capture: rule.capture, captureDuration: rule.captureDuration))
    }
    return CompiledRules(loaded: loaded, rules: compiled, program: checker.builder.finish(), namedEvents: named)
  }
}

extension LoadedRule {
  /// The output as pieces and fields, or why it is none.
  fileprivate func compileOutput() -> (OutputFormat?, CheckError?) {
    do throws(OutputFormatError) {
      return (try OutputFormat(output), nil)
    } catch {
      let start = UInt32(clamping: error.offset)
      let range = SourceRange(text: outputText, lower: start, upper: start + 1)
      switch error.problem {
      case .noField:
        return (
          nil,
          CheckError(
            message: "a field's name must follow the percent sign",
            hint: "a percent sign cannot be written on its own; say 'percent'", range: range)
        )
      case .field, .operand(.field):
        return (nil, CheckError(kind: .unknownName, message: error.message, range: range))
      case .operand(.transformer): return (nil, CheckError(message: error.message, range: range))
      case .syntax(let message, let hint): return (nil, CheckError(message: message, hint: hint, range: range))
      }
    }
  }
}
