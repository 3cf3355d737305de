import Agent
import ArgumentParser
import RuleTesting

struct ExplainRule: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show what a rule is made of and costs, and why it fires on an event or does not.",
    discussion: """
      Without an event: the condition with macros and lists expanded, the events that it looks at, what the kernel is \
      made to deliver for it, and hints on its cost. With --capture and --event, or with --test and --case: which \
      comparisons held on that event, with the values that they saw.
      """)

  @Argument(help: ArgumentHelp("The rule's name.", valueName: "rule"))
  var rule: String

  @Option(
    name: [.customShort("r"), .customLong("rules")], parsing: .singleValue,
    help: ArgumentHelp(
      "Rule file or folder, or builtin:TIER; may be given several times. The built-in rules of all tiers otherwise.", valueName: "path"))
  var rules: [String] = []

  @Option(help: ArgumentHelp("A capture file with the event.", valueName: "file"))
  var capture: String?

  @Option(help: ArgumentHelp("A test file with the event.", valueName: "file"))
  var test: String?

  @Option(name: .customLong("case"), help: ArgumentHelp("Part of the name of a case in the test file.", valueName: "text"))
  var caseName: String?

  @Option(
    help: ArgumentHelp(
      "The event: evt.num in a capture, else the first on which the rule fires; the place in a case, else all of them.",
      valueName: "number"))
  var event: UInt64?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if capture != nil && test != nil { throw ValidationError("Give --capture or --test, not both.") }
    if event != nil && capture == nil && test == nil { throw ValidationError("--event needs --capture or --test.") }
    if caseName != nil && test == nil { throw ValidationError("--case needs --test.") }
  }

  func run() throws {
    let explanation = try RuleExplanation(rule, rulePaths: rules.isEmpty ? ["builtin:sandbox"] : rules)
    let events: [EventExplanation]
    if let capture {
      events = try explanation.explain(capture: capture, event: event)
    } else if let test {
      events = try explanation.explain(testFile: test, caseName: caseName, event: event)
    } else {
      return print(json ? explanation.json : explanation.text)
    }
    if json {
      print("[" + events.map { String(decoding: $0.json, as: UTF8.self) }.joined(separator: ",") + "]")
    } else {
      print(events.map(\.text).joined(separator: "\n\n"))
    }
  }
}
