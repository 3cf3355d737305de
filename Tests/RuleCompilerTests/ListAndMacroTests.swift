import RuleCompiler
import Testing

@Suite struct ListExpansionTests {
  private func condition(_ lists: String, _ condition: String) -> String? {
    loadText(lists + rule("r", condition)).condition("r")
  }

  @Test func namesAreReplacedBetweenDelimiters() {
    let lists = "- list: A\n  items: [x, y]\n"
    #expect(condition(lists, "a.b in (A)") == "a.b in (x, y)")
    #expect(condition(lists, "a.b in (w, A ,z)") == "a.b in (w, x, y, z)")
    #expect(condition(lists, "a.b in (A.c, BA, \"A\")") == "a.b in (A.c, BA, A)")
    #expect(condition(lists, "a.b contains \"1 A 2\"") == "a.b contains \"1 x, y 2\"")
    #expect(condition(lists, "a.b = anyof (A)") == "a.b = anyof (x, y)")
  }

  @Test func aListOfOneItemActsAsAValue() {
    let lists = "- list: A\n  items: [x]\n"
    #expect(condition(lists, "a.b=A") == "a.b = x")
    #expect(condition(lists, "a.b in A") == "a.b in (x)")
  }

  @Test func itemsWithBlanksGetQuotes() {
    #expect(condition("- list: A\n  items: [x y, '\"z w\"', 5, true]\n", "a.b in (A)") == "a.b in (\"x y\", \"z w\", 5, true)")
  }

  @Test func anEmptyListTakesOneCommaWithIt() {
    let lists = "- list: A\n  items: []\n- list: B\n  items: []\n"
    #expect(condition(lists, "a.b in (A)") == "a.b in ()")
    #expect(condition(lists, "a.b in (x, A)") == "a.b in (x)")
    #expect(condition(lists, "a.b in (A, x)") == "a.b in (x)")
    #expect(condition(lists, "a.b in (x, A, y)") == "a.b in (x, y)")
    #expect(condition(lists, "a.b in (A, B)") == "a.b in ()")
    #expect(condition(lists, "a.b in (x, A, B)") == "a.b in (x)")
  }

  @Test func listsHoldLists() {
    let lists = """
      - list: C
        items: [c]
      - list: B
        items: [b, C]
      - list: A
        items: [a, B]

      """
    #expect(condition(lists, "a.b in (A)") == "a.b in (a, b, c)")
    let loaded = loadText(lists + rule("r", "a.b in (A)"))
    #expect(loaded.lists[2].items == ["a"])
    #expect(loaded.lists[2].lists == ["B"])
    #expect(loaded.lists[2].expandedItems == ["a", "b", "c"])
    #expect(loaded.codes.isEmpty)
  }

  @Test func aListMayUseOneDefinedLater() {
    #expect(condition("- list: A\n  items: [a, B]\n- list: B\n  items: [b]\n", "a.b in (A)") == "a.b in (a, b)")
  }

  @Test func conditionsMayStandBeforeTheLists() {
    let loaded = loadText(rule("r", "a.b in (A)") + "- list: A\n  items: [x]\n")
    #expect(loaded.condition("r") == "a.b in (x)")
    #expect(loaded.rule("r")?.lists == ["A"])
  }

  @Test func aListHidesAMacroOfTheSameName() {
    let loaded = loadText(
      "- macro: A\n  condition: a.b exists\n- list: A\n  items: [m]\n- macro: m\n  condition: c.d exists\n" + rule("r", "A"))
    #expect(loaded.condition("r") == "c.d exists")
  }

  @Test func appendedItemsComeLastAndRedefinitionReplaces() {
    let base = "- list: A\n  items: [x]\n"
    #expect(condition(base + "- list: A\n  items: [y]\n  override: {items: append}\n", "a.b in (A)") == "a.b in (x, y)")
    #expect(condition(base + "- list: A\n  items: [y]\n  append: true\n", "a.b in (A)") == "a.b in (x, y)")
    #expect(condition(base + "- list: A\n  items: [y]\n", "a.b in (A)") == "a.b in (y)")
    #expect(condition("- list: A\n  items: [y]\n  override: {items: replace}\n", "a.b in (A)") == "a.b in (y)")
    #expect(loadText("- list: A\n  items: [y]\n  append: true\n").codes == [.deprecatedItem, .validate])
  }

  @Test func listsThatMultiplyAreRefused() {
    var text = "- list: A0\n  items: [xxxxxxxxxx, xxxxxxxxxx]\n"
    for level in 1...40 { text += "- list: A\(level)\n  items: [A\(level - 1), A\(level - 1)]\n" }
    #expect(loadText(text + rule("r", "a.b in (A40)")).codes.contains(.validate))
  }

  @Test func unusedAndMisnamedListsAreReported() {
    let loaded = loadText("- list: A\n  items: [x]\n- list: 'b c'\n  items: []\n" + rule("r", "a.b exists"))
    #expect(loaded.codes == [.invalidListName, .unusedList, .unusedList])
    #expect(!loaded.hasErrors)
  }
}

@Suite struct MacroTests {
  @Test func macrosAreSubstitutedAsWholeSubtrees() {
    let loaded = loadText("- macro: m\n  condition: a.b=1 or c.d=2\n" + rule("r", "not m and e.f=3"))
    #expect(loaded.condition("r") == "(not (a.b = 1 or c.d = 2) and e.f = 3)")
    #expect(loaded.rule("r")?.macros == ["m"])
    #expect(loaded.rule("r")?.conditionText == "not m and e.f=3")
  }

  @Test func rulesSeeMacrosDefinedLaterInTheFile() {
    #expect(loadText(rule("r", "m") + "- macro: m\n  condition: a.b=1\n").condition("r") == "a.b = 1")
    #expect(loadTexts(rule("r", "m"), "- macro: m\n  condition: a.b=1\n").codes == [.validate])
  }

  @Test func macrosSeeOnlyEarlierMacros() {
    let later = loadText("- macro: m\n  condition: n\n- macro: n\n  condition: a.b=1\n" + rule("r", "m"))
    #expect(later.errors.map(\.code) == [.validate])
    #expect(later.errors.first?.hint?.contains("further below") == true)
    let redefined = loadText(
      "- macro: m\n  condition: a.b=0\n- macro: n\n  condition: a.b=1\n- macro: m\n  condition: n\n" + rule("r", "m"))
    #expect(redefined.condition("r") == "a.b = 1")
    let appended = loadText(
      "- macro: m\n  condition: a.b=0\n- macro: n\n  condition: a.b=1\n"
        + "- macro: m\n  condition: or n\n  override: {condition: append}\n" + rule("r", "m"))
    #expect(appended.condition("r") == "(a.b = 0 or a.b = 1)")
  }

  @Test func macrosThatContainThemselvesAreRefused() {
    let selfUse = loadText("- macro: m\n  condition: m\n" + rule("r", "m"))
    #expect(selfUse.errors.map(\.message) == ["Undefined macro 'm'"])
    let redefined = loadText("- macro: m\n  condition: a.b=1\n- macro: m\n  condition: m and a.b=2\n" + rule("r", "m"))
    #expect(redefined.errors.count == 1)
    #expect(redefined.errors.first?.message.hasPrefix("Reference loop") == true)
    let mutual = loadText(
      "- macro: m\n  condition: a.b=1\n- macro: n\n  condition: m\n- macro: m\n  condition: n\n" + rule("r", "m"))
    #expect(mutual.errors.count == 1)
    #expect(mutual.errors.first?.code == .validate)
  }

  @Test func undefinedMacrosAreReportedOnceWithASuggestion() {
    let loaded = loadText("- macro: open_read\n  condition: opn_x\n- macro: user\n  condition: open_read\n" + rule("r", "user and open_raed"))
    #expect(loaded.errors.map(\.message) == ["Undefined macro 'opn_x'", "Undefined macro 'open_raed'"])
    #expect(loaded.errors.last?.hint == "did you mean 'open_read'?")
    #expect(loadText(rule("r", "not")).errors.map(\.code) == [.validate])
    let list = loadText("- list: A\n  items: [A]\n" + rule("r", "A"))
    #expect(list.errors.first?.hint == "'A' is a list; write 'some.field in (A)'")
  }

  @Test func syntaxErrorsOfUnusedMacrosAreErrors() {
    let loaded = loadText("- macro: m\n  condition: a.b ~ 1\n" + rule("r", "a.b=1"))
    #expect(loaded.codes == [.compileCondition, .unusedMacro])
    #expect(loaded.errors.first?.place == "a.yaml:2:18")
  }

  @Test func macrosThatMultiplyAreRefused() {
    var text = "- macro: m0\n  condition: a.b=1 or a.b=2\n"
    for level in 1...60 { text += "- macro: m\(level)\n  condition: m\(level - 1) or m\(level - 1)\n" }
    #expect(loadText(text + rule("r", "m60")).errors.map(\.code) == [.compileCondition])
  }

  @Test func longChainsOfMacrosAreRefused() {
    var text = "- macro: m0\n  condition: a.b=1\n"
    for level in 1...3000 { text += "- macro: m\(level)\n  condition: not (m\(level - 1) and a.b=1)\n" }
    #expect(loadText(text + rule("r", "m3000")).errors.map(\.code) == [.compileCondition])
  }

  @Test func unusedAndMisnamedMacrosAreReported() {
    let loaded = loadText(
      "- macro: m-x\n  condition: a.b=1\n- macro: n\n  condition: a.b=1\n- macro: o\n  condition: n\n" + rule("r", "a.b=1"))
    #expect(loaded.codes == [.invalidMacroName, .unusedMacro, .unusedMacro])
    #expect(loaded.macros.map(\.isUsed) == [false, true, false])
  }
}
