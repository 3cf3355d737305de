import FilterLanguage
import RuleCompiler
import Testing

@Suite struct RuleItemTests {
  @Test func aRuleHasItsKeysAndDefaults() throws {
    let loaded = loadText(
      """
      - rule: first
        desc: what
        condition: a.b=1
        output: "  trimmed %a.b "
        priority: wArNiNg
        tags: [z, a, z]
        capture: yes
        capture_duration: 500
        warn_evttypes: off
        skip-if-unknown-filter: 'true'
      - rule: second
        desc: d
        condition: a.b=2
        output: o
        priority: Info
        enabled: false
      """)
    #expect(loaded.codes.isEmpty)
    let first = try #require(loaded.rule("first"))
    #expect(first.output == "trimmed %a.b")
    #expect(first.priority == .warning)
    #expect(first.tags == ["a", "z"])
    #expect(first.capture && first.captureDuration == 500 && !first.warnsAboutEventTypes && first.skipsIfUnknownField)
    #expect(first.source == "syscall" && first.isEnabled)
    let second = try #require(loaded.rule("second"))
    #expect(second.priority == .informational)
    #expect(!second.isEnabled && !second.capture && second.warnsAboutEventTypes && !second.skipsIfUnknownField)
    #expect(loaded.evaluationOrder == [0])
  }

  @Test(arguments: ["condition", "output", "desc", "priority"])
  func requiredKeysMustBeThere(_ key: String) {
    let lines = rule("r", "a.b=1").split(separator: "\n").map(String.init)
    var kept: [String] = []
    for line in lines {
      if line.hasPrefix("  \(key):") { continue }
      if key == "condition", line.hasPrefix("    ") { continue }
      kept.append(line)
    }
    let loaded = loadText(kept.joined(separator: "\n"))
    #expect(loaded.errors.map(\.code) == [.yamlValidate])
    #expect(loaded.errors.first?.message.contains("'\(key)'") == true)
  }

  @Test func misspeltKeysComeWithASuggestion() {
    let loaded = loadText(rule("r", "a.b=1", "enabeld: true"))
    #expect(loaded.codes == [.unknownKey])
    #expect(loaded.diagnostics.first?.hint == "did you mean 'enabled'?")
    #expect(loaded.rules.count == 1)
    let item = loadText("- rul: x\n  desc: y\n")
    #expect(item.codes == [.unknownItem])
    #expect(item.diagnostics.first?.hint == "did you mean 'rule'?")
  }

  @Test func wrongValuesAreErrors() {
    for more in [
      "enabled: maybe", "tags: x", "tags: [[x]]", "enabled:", "capture_duration: -1", "source: ''", "exceptions: x",
    ] {
      #expect(loadText(rule("r", "a.b=1", more)).errors.map(\.code) == [.yamlValidate], "\(more)")
    }
    #expect(loadText(rule("r", "a.b=1").replacing("INFO", with: "WARN")).errors.first?.hint == "did you mean 'Warning'?")
    #expect(loadText(rule("r", "a.b=1").replacing("output: o", with: "output: [o]")).errors.map(\.code) == [.yamlValidate])
  }

  @Test func everyProblemOfAFileIsReported() {
    let loaded = loadText(
      rule("r1", "a.b ~ 1") + rule("r2", "m") + "- macro: x\n" + rule("r3", "a.b=1", "tags: 3") + rule("r4", "a.b=1"))
    #expect(loaded.errors.map(\.code) == [.yamlValidate, .yamlValidate, .compileCondition, .validate])
    #expect(loaded.rules.map(\.name) == ["r4"])
  }

  @Test func aBrokenMacroDoesNotMakeItsUsersBroken() {
    let loaded = loadText("- macro: m\n" + rule("r", "m") + "- macro: m\n  condition: or a.b=1\n  append: true\n")
    #expect(loaded.errors.map(\.code) == [.yamlValidate])
  }

  @Test func filesThatAreNoListOfItemsAreErrors() {
    #expect(loadText("just text").codes == [.yamlValidate])
    #expect(loadText("rule: x").codes == [.yamlValidate])
    #expect(loadText("- x").codes == [.yamlValidate])
    #expect(loadText("- a: [").codes == [.yamlParse])
    #expect(loadText("").codes.isEmpty)
    #expect(loadText("---\n---\n- ~\n").codes.isEmpty)
  }

  @Test func aFileWithErrorsEndsTheLoading() {
    let loaded = loadTexts(rule("r", "a.b ~ 1"), rule("s", "a.b=1"))
    #expect(loaded.files.map(\.name) == ["0.yaml"])
    #expect(loaded.hasErrors)
  }

  @Test func rulesOfUnknownSourcesAreSkippedWithAWarning() {
    let loaded = loadText(rule("r", "ka.x=1", "source: k8s_audit") + rule("s", "a.b=1"))
    #expect(loaded.codes == [.unknownSource])
    #expect(loaded.rules.map(\.name) == ["s"])
    var options = LoadOptions()
    options.knownSources.insert("k8s_audit")
    #expect(loadText(rule("r", "ka.x=1", "source: k8s_audit"), options).rule("r")?.source == "k8s_audit")
  }

  @Test func aSecondDefinitionReplacesTheFirstAtItsPlace() throws {
    let loaded = loadText(
      rule("a", "a.b=1", "enabled: false") + rule("b", "a.b=2") + rule("a", "a.b=3", "tags: [t]"))
    #expect(loaded.rules.map(\.name) == ["a", "b"])
    #expect(loaded.condition("a") == "a.b = 3")
    #expect(loaded.rule("a")?.isEnabled == true)
    #expect(loadText(rule("a", "a.b=1") + rule("a", "a.b=1", "source: other")).errors.map(\.code) == [.validate])
  }

  @Test func deprecatedAppendTakesConditionAndExceptionsOnly() {
    let loaded = loadText(
      rule("a", "a.b=1") + "- rule: a\n  append: true\n  condition: or c.d=2\n  priority: CRITICAL\n")
    #expect(loaded.condition("a") == "(a.b = 1 or c.d = 2)")
    #expect(loaded.rule("a")?.priority == .informational)
    #expect(loaded.codes == [.deprecatedItem])
    #expect(loadText(rule("a", "a.b=1") + "- rule: a\n  append: true\n").errors.map(\.code) == [.yamlValidate])
    #expect(loadText("- rule: a\n  append: true\n  condition: or a.b=1\n").errors.map(\.code) == [.validate])
  }

  @Test func aLoneEnabledKeyTogglesAnExistingRule() {
    let loaded = loadText(rule("a", "a.b=1") + "- rule: a\n  enabled: false\n")
    #expect(loaded.rule("a")?.isEnabled == false)
    #expect(loaded.codes == [.deprecatedItem])
    #expect(loadText("- rule: a\n  enabled: false\n").errors.map(\.code) == [.validate])
    #expect(loadText(rule("a", "a.b=1") + "- rule: a\n  tags: [x]\n").errors.map(\.code) == [.yamlValidate])
  }
}

@Suite struct OverrideTests {
  private func overridden(_ item: String) -> LoadedRules {
    loadText(rule("a", "a.b=1", "tags: [t]") + "- rule: a\n  " + item.replacing("\n", with: "\n  ") + "\n")
  }

  @Test func textsAreAppendedWithABlank() throws {
    let loaded = overridden(
      """
      condition: and c.d=2
      output: more
      desc: also
      tags: [a, t]
      override: {condition: append, output: append, desc: append, tags: append}
      """)
    #expect(loaded.codes.isEmpty)
    let rule = try #require(loaded.rule("a"))
    #expect(rule.condition.canonicalText == "(a.b = 1 and c.d = 2)")
    #expect(rule.output == "o more")
    #expect(rule.description == "d also")
    #expect(rule.tags == ["a", "t"])
  }

  @Test func valuesAreReplaced() throws {
    let loaded = overridden(
      """
      condition: c.d=2
      priority: ERROR
      enabled: false
      tags: [x]
      capture: true
      override: {condition: replace, priority: replace, enabled: replace, tags: replace, capture: replace}
      """)
    #expect(loaded.codes.isEmpty)
    let rule = try #require(loaded.rule("a"))
    #expect(rule.condition.canonicalText == "c.d = 2")
    #expect(rule.priority == .error && !rule.isEnabled && rule.tags == ["x"] && rule.capture)
    #expect(rule.output == "o")
  }

  @Test func appendingAndReplacingMayBeMixed() {
    let loaded = overridden("condition: and c.d=2\nenabled: no\noverride:\n  enabled: replace\n  condition: append")
    #expect(loaded.condition("a") == "(a.b = 1 and c.d = 2)")
    #expect(loaded.rule("a")?.isEnabled == false)
  }

  @Test func whatCannotBeOverriddenIsAnError() {
    #expect(overridden("priority: ERROR\noverride: {priority: append}").errors.map(\.code) == [.yamlValidate])
    #expect(overridden("source: x\noverride: {source: replace}").errors.map(\.code) == [.yamlValidate])
    #expect(overridden("condition: x\noverride: {condition: change}").errors.map(\.code) == [.yamlValidate])
    #expect(overridden("override: {condition: append}").errors.map(\.code) == [.yamlValidate])
    #expect(overridden("condition: and m\noutput: x\noverride: {condition: append}").errors.map(\.code) == [.yamlValidate])
    #expect(
      overridden("condition: and m\nappend: true\noverride: {condition: append}").errors.map(\.code) == [.yamlValidate])
  }

  @Test func theRuleMustExist() {
    let loaded = loadText(rule("Some name", "a.b=1") + "- rule: Some nmae\n  enabled: no\n  override: {enabled: replace}\n")
    #expect(loaded.errors.map(\.code) == [.validate])
    #expect(loaded.errors.first?.hint == "did you mean 'Some name'?")
  }

  @Test func overridesReachBackIntoEarlierFiles() {
    let loaded = loadTexts(
      rule("a", "a.b=1"), "- rule: a\n  condition: and c.d=2\n  override: {condition: append}\n")
    #expect(loaded.condition("a") == "(a.b = 1 and c.d = 2)")
  }
}

@Suite struct RequirementTests {
  @Test func engineVersionsAreComparedByNumbers() {
    for version in ["57", "0.57.0", "0.63.0", "'12'", "63"] {
      #expect(loadText("- required_engine_version: \(version)\n").codes.isEmpty, "\(version)")
    }
    for version in ["64", "0.63.1", "1.0.0"] {
      #expect(loadText("- required_engine_version: \(version)\n").codes == [.validate], "\(version)")
    }
    for version in ["0.57", "x", "-1", "[1]"] {
      #expect(loadText("- required_engine_version: \(version)\n").codes == [.yamlValidate], "\(version)")
    }
    #expect(
      loadText("- required_engine_version: 40\n- required_engine_version: 0.57.0\n- required_engine_version: 3\n")
        .requiredEngineVersion == Version(0, 57, 0))
  }

  @Test func pluginRequirementsNeedOneOfTheAlternatives() {
    func codes(_ name: String, _ version: String, _ more: String = "") -> [DiagnosticCode] {
      loadText("- required_plugin_versions:\n  - name: \(name)\n    version: \(version)\n\(more)").codes
    }
    #expect(codes("container", "0.4.0").isEmpty)
    #expect(codes("container", "1.0.0") == [.validate])
    #expect(codes("container", "0.99.0") == [.validate])
    #expect(codes("container", "0.4") == [.validate])
    #expect(codes("k8saudit", "0.7.0") == [.validate])
    #expect(codes("k8saudit", "0.7.0", "    alternatives:\n    - {name: container, version: 0.1.0}\n").isEmpty)
    #expect(codes("k8saudit", "0.7.0", "    alternatives:\n    - {name: k8saudit, version: 0.1.0}\n") == [.validate])
  }
}

@Suite struct SelectionTests {
  private func enabled(_ selections: [RuleSelection]) -> [String] {
    var options = LoadOptions()
    options.selections = selections
    let loaded = loadText(
      rule("Read file", "a.b=1", "tags: [fs]") + rule("Write file", "a.b=2", "tags: [fs, w]")
        + rule("Run shell", "a.b=3", "enabled: false"), options)
    return loaded.evaluationOrder.map { loaded.rules[$0].name }
  }

  @Test func selectionsApplyInOrder() {
    #expect(enabled([]) == ["Read file", "Write file"])
    #expect(enabled([RuleSelection(.rule("*"), enables: false)]) == [])
    #expect(enabled([RuleSelection(.tag("w"), enables: false)]) == ["Read file"])
    #expect(enabled([RuleSelection(.rule("*shell"), enables: true)]) == ["Read file", "Write file", "Run shell"])
    #expect(
      enabled([RuleSelection(.tag("fs"), enables: false), RuleSelection(.rule("Read*"), enables: true)]) == ["Read file"])
  }

  @Test func aRuleThatIsEnabledAgainMovesToTheEnd() {
    #expect(
      enabled([RuleSelection(.rule("Read file"), enables: false), RuleSelection(.rule("Read file"), enables: true)])
        == ["Write file", "Read file"])
  }

  @Test func wildcardsAreTakenAtTheirFirstOccurrence() {
    func matches(_ pattern: String, _ name: String) -> Bool {
      RuleSelection(.rule(pattern), enables: true).matches(name: name, tags: [])
    }
    #expect(matches("*", "") && matches("*", "x") && matches("a*", "abc") && matches("*c", "abc") && matches("a*c", "abc"))
    #expect(matches("abc", "abc") && !matches("ab", "abc") && !matches("bc", "abc") && !matches("b*", "abc"))
    #expect(!matches("*ab", "ab-ab") && matches("*ab*", "ab-ab") && matches("a**c", "abc") && !matches("", "a"))
  }

  @Test func lessSevereRulesAreNeverEvaluated() {
    var options = LoadOptions()
    options.minimumPriority = .notice
    options.selections = [RuleSelection(.rule("*"), enables: true)]
    let loaded = loadText(rule("low", "a.b=1") + rule("high", "a.b=1").replacing("INFO", with: "NOTICE"), options)
    #expect(loaded.evaluationOrder == [1])
    #expect(loaded.rules[0].isBelowMinimumPriority && !loaded.rules[0].isEnabled)
  }
}
