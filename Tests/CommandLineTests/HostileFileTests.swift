import Foundation
import Testing

/// Files that somebody made to take the host's time or memory: a clear error or rules, within both bounds.
@Suite(.serialized) struct HostileFileTests {
  struct Attack: Sendable, CustomStringConvertible {
    var name: String
    var text: @Sendable () -> Data
    /// A part of the first error; nil if the rules are good.
    var error: String?
    /// Bytes of address space that must do, and seconds of processor time.
    var bytes = 512 << 20
    var seconds = 20
    var description: String { name }
  }

  private static let head = "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: "

  private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  static let attacks: [Attack] = [
    Attack(name: "a hundred levels", text: { Data((head + repeated("(", 100) + "evt.type=open" + repeated(")", 100)).utf8) }),
    Attack(
      name: "a million parentheses", text: { Data((head + repeated("(", 1_000_000)).utf8) },
      error: "nested beyond the depth limit of 1000"),
    Attack(
      name: "a million negations", text: { Data((head + repeated("not ", 1_000_000) + "evt.type=open").utf8) }),
    Attack(
      name: "ten megabytes of rules",
      text: {
        var text = ""
        var number = 0
        while text.utf8.count < 10 << 20 {
          text +=
            "- {rule: rule \(number), desc: d, output: o, priority: INFO, condition: 'evt.type=openat and fd.name startswith /p\(number) and proc.name in (a\(number), b\(number))'}\n"
          number += 1
        }
        return Data(text.utf8)
      }, bytes: 2 << 30),
    Attack(
      name: "ten megabytes in one condition",
      text: {
        var text = head + ">\n    proc.name = a\n"
        while text.utf8.count < 10 << 20 { text += "    or fd.name contains x\(text.utf8.count)\n" }
        return Data(text.utf8)
      }, error: "more than 200000 checks", bytes: 1 << 30),
    Attack(
      name: "a million items",
      text: {
        let items = (0..<1_000_000).map { "i\($0)" }.joined(separator: ", ")
        return Data(("- list: l\n  items: [\(items)]\n" + head + "evt.type=openat and proc.name in (l)\n").utf8)
      }, bytes: 2 << 30),
    Attack(
      name: "anchors that multiply",
      text: {
        var text = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 { text += "- &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n" }
        return Data(text.utf8)
      }, error: "LOAD_ERR_YAML_PARSE (YAML parse error): more than"),
    Attack(
      name: "an anchor within itself", text: { Data("- &a [*a]\n".utf8) }, error: "LOAD_ERR_YAML_PARSE"),
    Attack(
      name: "a pattern that multiplies",
      text: { Data((head + #"evt.type=open and fd.name regex "((((a{100}){100}){100}){100})""#).utf8) },
      error: "invalid regex pattern"),
    Attack(
      name: "a pattern that goes back and forth elsewhere",
      text: { Data((head + #"evt.type=open and fd.name regex "(a|a|a?)*(a*)*$""#).utf8) }),
    Attack(
      name: "no UTF-8", text: { Data(head.utf8) + Data([0x70, 0xff, 0xfe, 0x0a]) },
      error: "LOAD_ERR_YAML_PARSE (YAML parse error): invalid"),
    Attack(
      name: "deep YAML", text: { Data(repeated("[", 5_000_000).utf8) }, error: "nested deeper"),
    Attack(
      name: "zeros", text: { Data(count: 1 << 20) }, error: "LOAD_ERR_YAML_PARSE"),
    Attack(
      name: "too large", text: { Data(repeating: 0x23, count: (64 << 20) + 1) }, error: "LOAD_ERR_FILE_READ (File read error): larger than 67108864 bytes"),
  ]

  @Test(arguments: attacks)
  func takesBoundedTimeAndMemory(_ attack: Attack) throws {
    let run = try Invocation(
      ["-V", "rules.yaml"], files: ["rules.yaml": attack.text()],
      limits: ["--as=\(attack.bytes)", "--cpu=\(attack.seconds)", "--core=0"])
    if let error = attack.error {
      #expect(run.code == 1, "\(run.errors.prefix(500))")
      #expect(run.output.contains(error), "\(run.output.prefix(2000))")
    } else {
      #expect(run.code == 0, "\(run.output.prefix(2000))\(run.errors.prefix(500))")
      #expect(run.output.hasPrefix("rules.yaml: Ok"))
    }
    #expect(run.output.utf8.count < 1 << 20, "the report is no attack itself")
  }

  /// The report says that there is more than it shows.
  @Test func errorsWithoutEndAreCutOff() throws {
    var text = ""
    for number in 0..<5_000 {
      text += "- {rule: r\(number), desc: d, output: o, priority: INFO, condition: 'evt.type=open and proc.nmae\(number) = x'}\n"
    }
    let run = try Invocation(["-V", "rules.yaml", "-o", "json_output=true"], file: "rules.yaml", text)
    let errors = try run.json()["falco_load_results"][0]["errors"].array
    #expect(errors.count == 1_001)
    #expect(
      errors.last?["message"].string
        == "Checking ends after 1000 errors; 4000 rules from here on were not checked (correct those before, and check again)")
    #expect(errors.last?["context"]["locations"].array.last?["item_name"].string == "r1000")
  }

  /// A matcher that goes back would try each of the `a` in each way: 2 to the power of 4,000 steps.
  @Test func patternsTakeTimeInProportionToTheText() throws {
    func rule(_ name: String, _ pattern: String) -> String {
      "- {rule: \(name), desc: d, output: o, priority: INFO, condition: 'evt.type = execve and proc.args regex \"\(pattern)\"'}\n"
    }
    let run = try Invocation(
      ["run", "--engine", "ptrace", "-r", "rules.yaml", "-o", "rule_matching=all", "--", "/bin/true", Self.repeated("a", 4_000)],
      files: ["rules.yaml": Data((rule("never", "(a|a|a?)*(a*)*b") + rule("always", "(a|a|a?)*(a*)*")).utf8)],
      limits: ["--cpu=20", "--core=0"])
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("   always: 1\n") && !run.errors.contains("   never:"), "\(run.errors)")
  }
}
