import Testing

@testable import RuleCompiler

/// What the check of conditions and outputs finds, and where.
@Suite struct CheckingTests {
  private func problems(_ text: String) -> [String] {
    loadText(text).compiled().loaded.diagnostics.map { "\($0.place) \($0.code.rawValue) \($0.message)" }
  }

  private func item(_ condition: String, output: String = "o", more: String = "") -> String {
    "- rule: r\n  desc: d\n  condition: \(condition)\n  output: \(output)\n  priority: INFO\n"
      + (more.isEmpty ? "" : "  \(more)\n")
  }

  @Test func unknownFieldsAreShownWhereTheyStand() {
    #expect(
      problems(item("evt.type = open and proc.nmae = x"))
        == ["a.yaml:3:34 LOAD_ERR_COMPILE_CONDITION there is no field proc.nmae; did you mean proc.name?"])
  }

  @Test func unknownParametersAndEventTypesAreShownWhereTheyStand() {
    #expect(
      problems(item("evt.type = opne and evt.arg.flgas = x"))
        == [
          "a.yaml:3:25 LOAD_ERR_COMPILE_CONDITION unknown event type opne",
          "a.yaml:3:34 LOAD_ERR_COMPILE_CONDITION evt.arg: no event has a parameter flgas; did you mean flags?",
        ])
  }

  @Test func wrongOperatorsAndValuesAreShownWhereTheyStand() {
    #expect(
      problems(item("evt.type = open and fd.num contains 3 and fd.num in (1, x)"))
        == [
          "a.yaml:3:41 LOAD_ERR_COMPILE_CONDITION 'contains' operator not supported for numeric filters",
          "a.yaml:3:70 LOAD_ERR_COMPILE_CONDITION x is not a valid number",
        ])
  }

  @Test func foldedConditionsKeepTheirPlaces() {
    let text = "- rule: r\n  desc: d\n  condition: >\n    evt.type = open\n    and (proc.name = x\n      or fd.num = y)\n  output: o\n  priority: INFO\n"
    #expect(problems(text) == ["a.yaml:6:19 LOAD_ERR_COMPILE_CONDITION y is not a valid number"])
  }

  @Test func problemsInMacrosAreShownInTheMacroOnceForEachRule() {
    let macro = "- macro: m\n  condition: |\n    proc.name = x\n    or proc.nmae = y\n"
    let found = loadText(macro + item("evt.type = open and m")).compiled().loaded.diagnostics
    #expect(found.map(\.place) == ["a.yaml:4:8"])
    #expect(found.first?.locations.map(\.itemType).contains(.macro) == true)
    #expect(found.first?.locations.first { $0.itemType == .rule }?.itemName == "r")
  }

  @Test func aMacroThatNoRuleUsesMayNameFieldsThatDoNotExist() {
    let found = loadText("- macro: m\n  condition: proc.nmae = x\n" + item("evt.type = open")).compiled().loaded.diagnostics
    #expect(found.map(\.code) == [.unusedMacro])
  }

  @Test func listsLeadToThePlaceWhereTheyAreNamed() {
    let text = "- list: ports\n  items: [80, nosuchservice]\n" + item("evt.type = connect and fd.sport in (ports)")
    #expect(problems(text) == ["a.yaml:5:50 LOAD_ERR_COMPILE_CONDITION unrecognized protocol nosuchservice"])
  }

  @Test func unknownFieldsInOutputsAreShownWhereTheyStand() {
    #expect(
      problems(item("evt.type = open", output: "\"file %fd.name by %proc.nmae\""))
        == ["a.yaml:4:29 LOAD_ERR_COMPILE_OUTPUT there is no field proc.nmae; did you mean proc.name?"])
  }

  @Test func aLonePercentSignIsRefused() {
    #expect(
      problems(item("evt.type = open", output: "100 % sure"))
        == ["a.yaml:4:15 LOAD_ERR_COMPILE_OUTPUT a field's name must follow the percent sign"])
  }

  @Test func unknownParametersAreErrorsAllTheSame() {
    let compiled = loadText(item("evt.arg.flgas = x", more: "skip-if-unknown-filter: true")).compiled()
    #expect(compiled.loaded.diagnostics.map(\.code) == [.compileCondition])
  }

  @Test func rulesThatAskForItAreSkippedWithAWarningOnUnknownNames() {
    let skip = "skip-if-unknown-filter: true"
    for condition in ["proc.nmae = x", "evt.type = opne"] {
      let compiled = loadText(item(condition, more: skip) + rule("other", "evt.type = open")).compiled()
      #expect(!compiled.hasErrors)
      #expect(compiled.loaded.diagnostics.map(\.code) == [.unknownFilter], "\(condition)")
      #expect(compiled.rules.map(\.name) == ["other"])
    }
    let inOutput = loadText(item("evt.type = open", output: "\"%proc.nmae\"", more: skip)).compiled()
    #expect(inOutput.loaded.diagnostics.map(\.code) == [.unknownFilter])
    #expect(inOutput.rules.isEmpty)
  }

  @Test func skippingIsForUnknownNamesAlone() {
    let compiled = loadText(item("evt.type = open and fd.num = x", more: "skip-if-unknown-filter: true")).compiled()
    #expect(compiled.loaded.diagnostics.map(\.code) == [.compileCondition])
    #expect(compiled.hasErrors)
  }

  @Test func rulesKeepTheirOrderTagsAndPriority() {
    let compiled = loadText(
      rule("b", "evt.type = open", "tags: [x, a]") + rule("a", "evt.type = open") + rule("c", "evt.type = open", "enabled: false"))
      .compiled()
    #expect(compiled.rules.map(\.name) == ["b", "a"])
    #expect(compiled.rules[0].tags == ["a", "x"])
    #expect(compiled.rules[0].priority == .informational)
  }

  @Test func namesOfServicesComeFromTheHostsTable() {
    let services = Services(
      parsing: Array(
        """
        # comment
        ssh\t\t22/tcp\t\t\t# SSH Remote Login Protocol
        domain  53/tcp
        domain  53/udp
        http    80/tcp  www  # WorldWideWeb
        twice   1/tcp
        twice   2/udp
        broken
        nonumber x/tcp
        large   70000/tcp
        """.utf8))
    #expect(services.port("ssh") == 22)
    #expect(services.port("www") == 80)
    #expect(services.port("domain") == 53)
    #expect(services.port("twice") == 1)
    for name in ["SSH", "broken", "nonumber", "large", "#", "WorldWideWeb", ""] { #expect(services.port(name) == nil) }
    #expect(!services.isEmpty && Services(parsing: []).isEmpty)
  }
}
