import FilterLanguage
import RuleCompiler
import Testing

@Suite struct ExceptionTests {
  private func rules(_ exceptions: String, condition: String = "a.b=1 or a.b=2", _ more: String = "") -> LoadedRules {
    loadText(rule("r", condition, "exceptions:\n" + exceptions.indented(by: 4)) + more)
  }

  @Test func oneFieldTakesAFlatList() {
    let loaded = rules("- name: e\n  fields: proc.name\n  values: [x, y z]\n")
    #expect(loaded.condition("r") == "((a.b = 1 or a.b = 2) and not proc.name in (x, \"y z\"))")
    #expect(loaded.rule("r")?.exceptions == [LoadedException(name: "e", fields: ["proc.name"], comparisons: ["in"])])
    #expect(
      rules("- name: e\n  fields: fd.name\n  comps: startswith anyof\n  values: [/x]\n").condition("r")
        == "((a.b = 1 or a.b = 2) and not fd.name startswith anyof (/x))")
  }

  @Test func severalFieldsTakeTuples() {
    let loaded = rules(
      """
      - name: e
        fields: [proc.name, fd.name, user.name]
        comps: [=, startswith, in]
        values:
        - [a, /b c, d]
        - [e, '"f g"', [h, i]]

      """)
    #expect(
      loaded.condition("r")
        == "((a.b = 1 or a.b = 2) and not ((proc.name = a and fd.name startswith \"/b c\" and user.name in (d)) or "
        + "(proc.name = e and fd.name startswith \"f g\" and user.name in (h, i))))")
  }

  @Test func operatorsDefaultToEquality() {
    #expect(
      rules("- name: e\n  fields: [a.x, a.y]\n  values: [[1, 2]]\n").condition("r")
        == "((a.b = 1 or a.b = 2) and not (a.x = 1 and a.y = 2))")
  }

  @Test func exceptionsWithoutValuesChangeNothing() {
    #expect(rules("- name: e\n  fields: a.x\n").condition("r") == "(a.b = 1 or a.b = 2)")
    #expect(rules("- name: e\n  fields: a.x\n  values: []\n").condition("r") == "(a.b = 1 or a.b = 2)")
    #expect(loadText(rule("r", "a.b=1", "exceptions:")).codes.isEmpty)
  }

  @Test func listNamesInValuesAreExpanded() {
    let loaded = loadText(
      "- list: A\n  items: [p, q]\n" + rule("r", "a.b=1", "exceptions: [{name: e, fields: a.x, values: [A, z]}]"))
    #expect(loaded.condition("r") == "(a.b = 1 and not a.x in (p, q, z))")
  }

  @Test func severalExceptionsAreJoinedInOrder() {
    #expect(
      rules("- {name: e, fields: a.x, values: [1]}\n- {name: f, fields: a.y, values: [2]}\n").condition("r")
        == "((a.b = 1 or a.b = 2) and not a.x in (1) and not a.y in (2))")
  }

  @Test func appendedConditionsStayInsideTheParentheses() {
    let loaded = rules(
      "- {name: e, fields: a.x, values: [1]}\n", condition: "a.b=1",
      "- rule: r\n  condition: or a.c=2\n  override: {condition: append}\n")
    #expect(loaded.condition("r") == "((a.b = 1 or a.c = 2) and not a.x in (1))")
  }

  @Test func valuesAreAppendedToAnExceptionOfTheSameName() {
    func appended(_ exception: String) -> LoadedRules {
      rules(
        "- {name: e, fields: a.x, values: [1]}\n", condition: "a.b=1",
        "- rule: r\n  exceptions: [\(exception)]\n  override: {exceptions: append}\n")
    }
    #expect(appended("{name: e, values: [2, 3]}").condition("r") == "(a.b = 1 and not a.x in (1, 2, 3))")
    #expect(
      appended("{name: f, fields: a.y, values: [2]}").condition("r") == "(a.b = 1 and not a.x in (1) and not a.y in (2))")
    #expect(appended("{name: e, fields: a.x, values: [2]}").errors.map(\.code) == [.validate])
    #expect(appended("{name: e}").codes == [.appendNoValues])
    #expect(appended("{name: f, values: [1]}").errors.map(\.code) == [.validate])
    #expect(appended("{name: f, fields: a.y}").errors.map(\.code) == [.validate])
    #expect(appended("{name: e, values: [[2]]}").errors.map(\.code) == [.validate])
  }

  @Test func replacedExceptionsGetTheirDefaults() {
    let loaded = rules(
      "- {name: e, fields: a.x, values: [1]}\n", condition: "a.b=1",
      "- rule: r\n  exceptions: [{name: f, fields: [a.y], values: [[2]]}]\n  override: {exceptions: replace}\n")
    #expect(loaded.condition("r") == "(a.b = 1 and not a.y = 2)")
  }

  @Test func shapesThatDoNotFitAreErrors() {
    let wrong = [
      "{name: e, fields: [a.x, a.y], comps: [=]}", "{name: e, fields: [a.x], comps: in}",
      "{name: e, fields: a.x, comps: =}", "{name: e, fields: a.x, comps: startswith}",
      "{name: e, fields: [a.x], comps: [in anyof]}", "{name: e, fields: [a.x], comps: [like]}",
      "{name: e, fields: [a.x, a.y], values: [[1]]}", "{name: e, fields: [a.x], values: [1]}",
      "{name: e, fields: a.x, values: [[1]]}", "{name: e}", "{name: e, fields: nodot}", "{name: e, fields: 'a.x or'}",
    ]
    for exception in wrong {
      #expect(rules("- \(exception)\n").errors.map(\.code) == [.validate], "\(exception)")
    }
    #expect(rules("- {fields: a.x}\n").errors.map(\.code) == [.yamlValidate])
    #expect(rules("- x\n").errors.map(\.code) == [.yamlValidate])
    #expect(rules("- {name: e, fields: a.x, values: x}\n").errors.map(\.code) == [.yamlValidate])
  }

  @Test func fieldsMustExist() {
    var options = LoadOptions()
    options.isKnownField = { field, source in source == "syscall" && field.name != "a.bad" }
    let text = rule("r", "a.b=1", "exceptions: [{name: e, fields: [a.good, tolower(a.bad)]}]")
    #expect(loadText(text, options).errors.map(\.code) == [.validate])
    #expect(loadText(text.replacing("a.bad", with: "a.fine"), options).codes.isEmpty)
  }

  @Test func namesShouldBeUnique() {
    let loaded = rules("- {name: e, fields: a.x, values: [1]}\n- {name: e, fields: a.y, values: [2]}\n")
    #expect(loaded.codes == [.exceptionNameNotUnique])
    #expect(loaded.condition("r")?.contains("not a.y in (2)") == true)
  }
}

extension String {
  func indented(by count: Int) -> String {
    split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
  }
}
