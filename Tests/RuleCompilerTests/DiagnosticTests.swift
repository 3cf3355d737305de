import FilterLanguage
import RuleCompiler
import Testing

@Suite struct DiagnosticTests {
  /// Finds the check on a field and reports a problem with its value there, as a later step would.
  private func problem(with field: String, in loaded: LoadedRules, rule name: String) -> Diagnostic? {
    guard let rule = loaded.rule(name) else { return nil }
    var found: Diagnostic?
    rule.condition.forEachCheck { check in
      guard check.left.canonicalText == field, found == nil else { return }
      found = loaded.diagnostic(.compileCondition, "unknown field", at: check.left.range, in: rule)
    }
    return found
  }

  @Test func errorsInFoldedConditionsPointIntoTheFile() {
    let loaded = loadText(
      "- rule: r\n  desc: d\n  condition: >\n    a.b = 1 and\n      (c.d in (x, y)\n\n    or e.f exists)\n  output: o\n  priority: INFO\n")
    #expect(problem(with: "a.b", in: loaded, rule: "r")?.place == "a.yaml:4:5")
    #expect(problem(with: "c.d", in: loaded, rule: "r")?.place == "a.yaml:5:8")
    #expect(problem(with: "e.f", in: loaded, rule: "r")?.place == "a.yaml:7:8")
  }

  @Test func errorsBehindExpandedListsPointIntoTheFile() {
    let loaded = loadText(
      "- list: A\n  items: [one, two, three, four]\n- rule: r\n  desc: d\n  condition: a.b in (A, x) and c.d = 1\n  output: o\n  priority: INFO\n")
    #expect(problem(with: "c.d", in: loaded, rule: "r")?.place == "a.yaml:5:32")
    var places: [String] = []
    guard let rule = loaded.rule("r") else { return }
    rule.condition.forEachCheck { check in
      guard case .list(let items, _) = check.right else { return }
      places = items.map { loaded.diagnostic(.compileCondition, "", at: $0.range, in: rule).place }
    }
    #expect(places == Array(repeating: "a.yaml:5:22", count: 4) + ["a.yaml:5:25"])
  }

  @Test func errorsInMacrosNameTheRuleAndTheMacro() throws {
    let loaded = loadTexts(
      "- macro: m\n  condition: |\n    x.y = 1 or\n    c.d = 2\n", rule("r", "a.b = 1 and m"))
    let problem = try #require(self.problem(with: "c.d", in: loaded, rule: "r"))
    #expect(problem.place == "0.yaml:4:5")
    #expect(
      problem.locations.map(\.itemType)
        == [.rulesContent, .rulesContentItem, .rule, .macro, .macroCondition, .conditionExpression])
    #expect(problem.locations.map(\.itemName) == ["", "", "r", "m", "", "\"x.y = 1 or c.d = ...\""])
    #expect(problem.snippetLine == "    c.d = 2")
    #expect(problem.file == 1)
  }

  @Test func errorsInAppendedTextPointToItsOwnFile() {
    let loaded = loadTexts(
      rule("r", "a.b = 1"), "# more\n- rule: r\n  condition: 'and c.d = ''x'''\n  override: {condition: append}\n")
    #expect(problem(with: "a.b", in: loaded, rule: "r")?.place == "0.yaml:4:5")
    #expect(problem(with: "c.d", in: loaded, rule: "r")?.place == "1.yaml:3:19")
  }

  @Test func errorsInExceptionsPointToTheirValues() {
    let loaded = loadText(
      rule("r", "a.b=1", "exceptions: [{name: e, fields: [a.x], comps: [startswith], values: [[ok], [not)ok]]}]"))
    #expect(loaded.errors.map(\.code) == [.compileCondition])
    #expect(loaded.errors.first?.place.hasPrefix("a.yaml:7:") == true)
    let column = "  exceptions: [{name: e, fields: [a.x], comps: [startswith], values: [[ok], [".count + 1
    #expect(loaded.errors.first?.place == "a.yaml:7:\(column)")
  }

  @Test func outputsHavePlacesToo() throws {
    let loaded = loadText("- rule: r\n  desc: d\n  condition: a.b=1\n  output: >\n    see\n    %a.b\n  priority: INFO\n")
    let rule = try #require(loaded.rule("r"))
    let range = SourceRange(text: rule.outputText, lower: 4, upper: 8)
    #expect(loaded.text(of: range) == "%a.b")
    let problem = loaded.diagnostic(.compileOutput, "bad", at: range, in: rule)
    #expect(problem.place == "a.yaml:6:5")
    #expect(problem.locations.suffix(2).map(\.itemType) == [.ruleOutput, .ruleOutputExpression])
  }

  @Test func textShowsTheWayTheLineAndTheCause() throws {
    let loaded = loadText("- rule: My rule\n  desc: d\n  condition: a.b startwith x\n  output: o\n  priority: INFO\n")
    let text = try #require(loaded.diagnostics.first?.text())
    #expect(
      text == """
        In rule 'My rule': (a.yaml:1:3)
        In rule condition: (a.yaml:3:14)
        In condition expression '"a.b startwith x"': (a.yaml:3:18)
        ------
          condition: a.b startwith x
                         ^
        ------
        LOAD_ERR_COMPILE_CONDITION (Error compiling condition): expected an operator, one of 'exists', '<=', '<', \
        '>=', '>', '==', '=', '!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', 'startswith', \
        'bstartswith', 'endswith', 'regex', 'intersects', 'in', 'pmatch'
        hint: did you mean 'startswith'?
        """)
    #expect(loaded.report().hasPrefix("a.yaml: Invalid\n1 error:\n"))
    #expect(loaded.report(DiagnosticStyle(usesColour: true)).contains("\u{1B}[1;31mInvalid"))
    #expect(loadText("").report() == "a.yaml: Ok")
    #expect(loadText("- list: A\n  items: [x]\n").report().hasPrefix("a.yaml: Ok, with warnings\n1 warning:\n"))
  }

  @Test func longLinesAreCutAroundTheCaret() throws {
    let text = "a.b = " + String(repeating: "x", count: 300) + " oops " + String(repeating: "y", count: 300)
    let problem = try #require(loadText(rule("r", text)).diagnostics.first)
    let lines = problem.text(DiagnosticStyle(snippetWidth: 60)).split(separator: "\n")
    let snippet = try #require(lines.firstIndex(of: "------"))
    #expect(lines[snippet + 1].count == 60)
    let caret = lines[snippet + 2].count - 1
    #expect(Array(lines[snippet + 1])[caret] == "o")
  }

  @Test func jsonHasTheKnownKeysWithPlacesFromZero() throws {
    let loaded = loadText("- list: \"a\\tb\"\n  items: [x]\n")
    #expect(
      loaded.resultsJSON == """
        [{"name":"a.yaml","successful":true,"schema_valid":true,"schema_warnings":[],"errors":[],"warnings":[\
        {"code":"LOAD_INVALID_LIST_NAME","codedesc":"Invalid list name","message":"'a\\tb' is no valid list name: \
        blanks, quotes and any of ( ) = , are not allowed (no condition can refer to it)","context":{"locations":[\
        {"item_type":"rules content","item_name":"","position":{"name":"a.yaml","line":0,"column":0,"offset":0}},\
        {"item_type":"rules content item","item_name":"","position":{"name":"a.yaml","line":0,"column":2,"offset":2}},\
        {"item_type":"list","item_name":"a\\tb","position":{"name":"a.yaml","line":0,"column":2,"offset":2}}],\
        "snippet":"- list: \\"a\\\\tb\\"\\n  ^\\n"}},\
        {"code":"LOAD_UNUSED_LIST","codedesc":"Unused list","message":"Nothing uses the list 'a\\tb'","context":{\
        "locations":[{"item_type":"rules content","item_name":"","position":{"name":"a.yaml","line":0,"column":0,\
        "offset":0}},{"item_type":"rules content item","item_name":"","position":{"name":"a.yaml","line":0,"column":2,\
        "offset":2}},{"item_type":"list","item_name":"a\\tb","position":{"name":"a.yaml","line":0,"column":2,\
        "offset":2}}],"snippet":"- list: \\"a\\\\tb\\"\\n  ^\\n"}}]}]
        """)
    #expect(loadText("- a: [").resultsJSON.hasPrefix("[{\"name\":\"a.yaml\",\"successful\":false,\"errors\":[{"))
  }

  @Test func deviationsFromTheSchemaAreListedButHarmless() {
    let loaded = loadText(rule("r", "a.b=1", "output: twice").replacing("INFO", with: "info"))
    #expect(!loaded.hasErrors)
    #expect(loaded.files[0].schemaWarnings?.count == 2)
    #expect(loaded.rule("r")?.output == "o")
    #expect(loadText(rule("r", "a.b=1")).files[0].schemaWarnings == [])
    #expect(loadText("").files[0].schemaWarnings == nil)
  }

  @Test func tabsInIndentationAreExplained() {
    #expect(loadText("- rule: r\n\tdesc: d\n").diagnostics.first?.hint?.contains("tabs") == true)
  }

  @Test func everyCodeHasADescription() {
    #expect(Set(DiagnosticCode.allCases.map(\.summary)).count == DiagnosticCode.allCases.count)
    #expect(DiagnosticCode.allCases.filter(\.isError).count == 7)
  }
}
