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
  /// Checking conditions ends at this many errors: a file with more is not worth a minute of suggestions.
  static let mostErrors = 1_000

  /// Checks every rule's condition and output, and compiles the enabled ones.
  ///
  /// Rules with problems are reported, never left out in silence; only rules that ask for it
  /// (`skip-if-unknown-filter`) are skipped, with a warning.
  public consuming func compiled() -> CompiledRules {
    var loaded = self
    var checker = ConditionChecker(ProgramBuilder())
    var compiled: [CompiledRule] = []
    var named = EventTypeSet()
    let candidates = Condition.candidates
    // Disabled rules are checked too, so that enabling one brings no surprise.
    let enabled = Set(loaded.evaluationOrder)
    let order = loaded.evaluationOrder + loaded.rules.indices.filter { !enabled.contains($0) }
    var outputs = OutputCompiler(loaded.outputAdditions, usesISOTime: loaded.usesISOTime)
    var errorCount = 0
    for (position, index) in order.enumerated() {
      let rule = loaded.rules[index]
      if errorCount >= LoadedRules.mostErrors {
        loaded.report(
          loaded.diagnostic(
            .compileCondition,
            "Checking ends after \(LoadedRules.mostErrors) errors; \(order.count - position) rules from here on were not checked",
            hint: "correct those before, and check again", in: rule))
        break
      }
      let isEnabled = position < loaded.evaluationOrder.count
      checker.reset()
      let condition = checker.check(rule.condition)
      let (output, outputErrors) = outputs.compile(rule)
      var isSkipped = false
      if rule.skipsIfUnknownField {
        let unknown = checker.errors.first { $0.kind == .unknownName }
        if let unknown {
          loaded.report(loaded.diagnostic(.unknownFilter, unknown.message, hint: unknown.hint, at: unknown.range, in: rule))
          isSkipped = true
        } else if let unknown = outputErrors.first(where: { $0.kind == .unknownName }) {
          loaded.report(loaded.diagnostic(.unknownFilter, unknown.message, at: unknown.range, in: rule))
          isSkipped = true
        }
      }
      if isSkipped { continue }
      loaded.warnAboutFields(of: rule)
      let shown = checker.errors.prefix(LoadedRules.mostErrors - errorCount)
      errorCount += checker.errors.count + outputErrors.count
      for error in shown {
        loaded.report(loaded.diagnostic(.compileCondition, error.message, hint: error.hint, at: error.range, in: rule))
      }
      for warning in checker.warnings {
        loaded.report(
          loaded.diagnostic(.conditionWarning, warning.message, hint: warning.hint, at: warning.range, in: rule))
      }
      if shown.count < checker.errors.count {
        loaded.report(
          loaded.diagnostic(
            .compileCondition,
            "\(checker.errors.count - shown.count) more errors in the condition, beyond \(LoadedRules.mostErrors), are not shown",
            hint: "correct those before, and check again", in: rule))
      }
      for error in outputErrors {
        loaded.report(loaded.diagnostic(.compileOutput, error.message, hint: error.hint, at: error.range, in: rule))
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

extension LoadedRules {
  /// Warns about fields that have had their day, and about a comparison that is never what it seems.
  fileprivate mutating func warnAboutFields(of rule: LoadedRule) {
    var problems: [(code: DiagnosticCode, message: String, hint: String?, range: SourceRange)] = []
    var seen: Set<String> = []
    var hasUnsafeCheck = false
    rule.condition.forEachCheck { check in
      check.forEachField { reference in
        guard let field = FieldCatalogue.info(reference.name), field.isObsolete, seen.insert(field.name).inserted else {
          return
        }
        problems.append((.deprecatedItem, "The field '\(field.name)' is deprecated", field.obsoleteHint, reference.range))
      }
      if !hasUnsafeCheck, check.comparesWithMissing {
        hasUnsafeCheck = true
        problems.append(
          (.unsafeNACheck, "The condition compares with the text <NA>", "write 'not FIELD exists'", check.range))
      }
    }
    let output = Array(rule.output.utf8)
    for name in FieldCatalogue.obsoleteNames {
      guard let offset = output.offset(of: Array(name.utf8)), seen.insert(name).inserted else { continue }
      let start = UInt32(clamping: offset)
      let range = SourceRange(text: rule.outputText, lower: start, upper: start + 1)
      problems.append((.deprecatedItem, "The field '\(name)' is deprecated", FieldCatalogue.info(name)?.obsoleteHint, range))
    }
    if let offset = output.offset(of: LoadedRule.containerInfo) {
      let start = UInt32(clamping: offset)
      let range = SourceRange(text: rule.outputText, lower: start, upper: start + 1)
      problems.append(
        (
          .deprecatedItem, "'%container.info' in an output is deprecated and is left out",
          "name the fields: %container.id %container.name", range
        ))
    }
    for problem in problems {
      report(diagnostic(problem.code, problem.message, hint: problem.hint, at: problem.range, in: rule))
    }
  }
}

extension Check {
  /// Fields of the audit log plugins print `<NA>` for a missing value, and old rules compare with that text.
  fileprivate var comparesWithMissing: Bool {
    switch `operator` {
    case .equal, .equalDouble, .notEqual, .in, .intersects, .pmatch: break
    default: return false
    }
    guard case .field(let field) = left, field.name.hasPrefix("ka.") || field.name.hasPrefix("jevt.") else { return false }
    let missing = Array("<NA>".utf8)
    return switch right {
    case .value(let literal): literal.bytes == missing
    case .list(let literals, _): literals.contains { $0.bytes == missing }
    default: false
    }
  }
}

extension FieldInfo {
  /// What rules have been told for years not to use; other deprecated fields keep quiet, as rule files in use name them.
  fileprivate var isObsolete: Bool {
    switch id {
    case .evtDir, .evtLatency, .evtLatencyS, .evtLatencyNs, .evtLatencyHuman, .evtWaitLatency: true
    default: false
    }
  }

  fileprivate var obsoleteHint: String? {
    id == .evtDir
      ? "leave it out: rules see every call once, when it has returned" : "calls are one event each and have no latency"
  }
}

extension FieldCatalogue {
  fileprivate static let obsoleteNames = classes.flatMap(\.fields).filter(\.isObsolete).map(\.name)
}
