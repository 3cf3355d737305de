internal import FilterLanguage
public import RuleCompiler

/// Rules as tests see them: all of them enabled, whatever the files say, so that each can be tested.
public struct RuleSetUnderTest: Sendable {
  public let compiled: CompiledRules
  /// By name, the position in ``RuleCompiler/CompiledRules/rules``.
  let index: [String: Int]
  /// By position, the rule as loaded.
  let loaded: [LoadedRule]
  let plan: ConditionPlan

  /// - Throws: The report of every problem, if the rules cannot be used.
  public init(_ sources: [RuleSource], options: LoadOptions = LoadOptions()) throws(TestFileProblem) {
    var options = options
    options.selections = [RuleSelection(.rule("*"), enables: true)]
    compiled = RuleCompiler.load(sources, options).compiled()
    if compiled.hasErrors {
      let invalid = compiled.loaded.files.filter { !$0.isSuccessful }
      throw TestFileProblem(
        invalid.first?.name ?? "rules", nil, "the rules cannot be used\n" + invalid.map { $0.report() }.joined(separator: "\n"))
    }
    var index: [String: Int] = [:]
    for (position, rule) in compiled.rules.enumerated() { index[rule.name] = position }
    self.index = index
    var byName: [String: LoadedRule] = [:]
    for rule in compiled.loaded.rules { byName[rule.name] = rule }
    loaded = compiled.rules.map { byName[$0.name]! }
    plan = ConditionPlan(loaded, of: compiled.loaded)
  }

  public var names: [String] { compiled.rules.map(\.name) }

  public func rule(named name: String) -> LoadedRule? { index[name].map { loaded[$0] } }

  func suggestion(for name: String) -> String {
    Suggestion.closest(to: name, among: names).map { "did you mean '\($0)'?" } ?? "windhover rules check lists what is loaded"
  }
}
