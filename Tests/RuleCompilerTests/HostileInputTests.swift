import Testing

@testable import RuleCompiler

/// Files that somebody made to break the loader: each ends soon, with rules or with an error that says what is too much.
@Suite struct HostileInputTests {
  private static let head = "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  warn_evttypes: false\n"

  private func outcome(_ text: String) -> String { outcome(Array(text.utf8)) }

  private func outcome(_ bytes: [UInt8]) -> String {
    let compiled = RuleCompiler.load([RuleSource(name: "f", contents: bytes)]).compiled()
    return compiled.loaded.diagnostics.first(where: \.isError).map { "\($0.code.rawValue) \($0.message)" } ?? "ok"
  }

  @Test func aHundredLevelsAreRead() {
    let open = String(repeating: "(", count: 100)
    let close = String(repeating: ")", count: 100)
    #expect(outcome(Self.head + "  condition: \(open)evt.type=open\(close)\n") == "ok")
    #expect(outcome(Self.head + "  condition: \(open)\(open)evt.type=open\(close)\(close)\n").contains("depth limit"))
  }

  @Test func tenMegabytesOfRulesAreRead() {
    var text = ""
    text.reserveCapacity(11 << 20)
    var number = 0
    while text.utf8.count < 10 << 20 {
      text +=
        "- {rule: rule \(number), desc: d, output: o, priority: INFO, condition: 'evt.type=openat and fd.name startswith /p\(number) and proc.name in (a\(number), b\(number))'}\n"
      number += 1
    }
    let compiled = RuleCompiler.load([RuleSource(name: "f", contents: Array(text.utf8))]).compiled()
    #expect(!compiled.hasErrors)
    #expect(compiled.rules.count == number)
  }

  @Test func tenMegabytesInOneConditionAreRefused() {
    var text = Self.head + "  condition: >\n    proc.name = a\n"
    while text.utf8.count < 10 << 20 { text += "    or fd.name contains x\(text.utf8.count)\n" }
    #expect(outcome(text).contains("more than 200000 checks"))
  }

  @Test func aMillionItemsAreOneLookUp() {
    var text = "- list: l\n  items: ["
    for number in 0..<1_000_000 { text += "i\(number), " }
    text += "end]\n" + Self.head + "  condition: evt.type=openat and proc.name in (l)\n"
    let uses = ["proc.name in (l)", "proc.name = anyof (l)", "proc.name != allof (l)"]
    for use in uses { text += "- {rule: '\(use)', desc: d, output: o, priority: INFO, condition: 'evt.type=open and \(use)'}\n" }
    #expect(outcome(text) == "ok")
    let many = (0..<70_000).map { "i\($0)" }.joined(separator: ", ")
    let oneof = Self.head + "  condition: evt.type=open and proc.name = oneof (\(many))\n"
    #expect(outcome(oneof).contains("more than 65536 values behind 'oneof'"))
  }

  @Test func anchorsThatMultiplyAreRefused() {
    var text = Self.head + "  condition: evt.type=open\n  exceptions:\n  - name: e\n    fields: [proc.name]\n    values:\n    - &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1..<12 {
      text += "    - &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(outcome(text).hasPrefix("LOAD_ERR_YAML_PARSE more than"))
    #expect(outcome("- &a [*a]\n").hasPrefix("LOAD_ERR_YAML_PARSE"))
  }

  @Test func macrosAndListsThatMultiplyAreRefused() {
    var macros = "- {macro: m0, condition: proc.name=a or proc.name=b}\n"
    for level in 1..<40 { macros += "- {macro: m\(level), condition: m\(level - 1) and m\(level - 1)}\n" }
    #expect(outcome(macros + Self.head + "  condition: evt.type=open and m39\n").contains("more than 200000 checks"))
    var lists = "- {list: l0, items: [aaaaaaaa, bbbbbbbb]}\n"
    for level in 1..<60 { lists += "- {list: l\(level), items: [l\(level - 1), l\(level - 1)]}\n" }
    #expect(outcome(lists + Self.head + "  condition: evt.type=open and proc.name in (l59)\n").contains("expands to more than"))
  }

  @Test func tooManyOrTooLargePatternsAreRefused() {
    #expect(outcome(Self.head + "  condition: evt.type=open and fd.name regex \"[^a]{1000}|[^b]{1000}|[^c]{1000}|[^d]{1000}|[^e]{1000}|[^f]{1000}|[^g]{1000}|[^h]{1000}|[^i]{1000}\"\n").contains("invalid regex pattern"))
    var text = ""
    for number in 0..<2_000 {
      text += "- {rule: r\(number), desc: d, output: o, priority: INFO, condition: 'evt.type=open and fd.name regex \"\(number)[^x]{500}\"'}\n"
    }
    #expect(outcome(text).contains("all rules together are too large"))
  }

  @Test func bytesThatAreNoUTF8AreRefused() {
    for bytes: [UInt8] in [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]] {
      #expect(outcome(Array((Self.head + "  condition: proc.name = ").utf8) + bytes + [0x0a]).hasPrefix("LOAD_ERR_YAML_PARSE"))
    }
  }

  @Test func deepYAMLIsRefused() {
    #expect(outcome(String(repeating: "[", count: 100_000)).contains("nested deeper"))
  }

  @Test func errorsWithoutEndAreCutOff() {
    var text = ""
    for number in 0..<5_000 {
      text += "- {rule: r\(number), desc: d, output: o, priority: INFO, condition: 'evt.type=open and proc.nmae\(number) = x'}\n"
    }
    let compiled = RuleCompiler.load([RuleSource(name: "f", contents: Array(text.utf8))]).compiled()
    let errors = compiled.loaded.diagnostics.filter(\.isError)
    #expect(errors.count == LoadedRules.mostErrors + 1)
    #expect(errors.last?.message == "Checking ends after 1000 errors; 4000 rules from here on were not checked")
    // One condition alone may have as many.
    let one = Self.head + "  condition: " + (0..<1_500).map { "proc.nmae\($0) = x" }.joined(separator: " or ") + "\n"
    let single = RuleCompiler.load([RuleSource(name: "f", contents: Array(one.utf8))]).compiled().loaded.diagnostics.filter(\.isError)
    #expect(single.count == LoadedRules.mostErrors + 1)
    #expect(single.last?.message == "500 more errors in the condition, beyond 1000, are not shown")
  }
}
