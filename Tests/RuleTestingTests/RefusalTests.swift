import RuleTesting
import Testing

/// Mistakes in test files: each is told with its place and a way out, and nothing is run.
struct RefusalTests {
  @Test(arguments: [
    ("rulez: [x]\ncases: []\n", "1:1: a test file has no key 'rulez'; did you mean 'rules'?"),
    ("rules: [rules.yaml]\n", "1:1: there are no cases; add a list under cases:"),
    ("- a\n", "a test file must be a mapping, this is a sequence"),
    ("rules: [rules.yaml]\ncases: {}\n", "2:8: 'cases' must be a list, this is a mapping"),
    ("a: [\n", "no YAML: "),
    ("rules: [rules.yaml]\ncases:\n  - case: x\n    fires: [Secret read]\n", "the case 'x' has nothing happen; give one of events:"),
    (event("opneat: {fd: 3}"), "5:8: no event is called 'opneat'; did you mean 'openat'?"),
    (event("openat: {nmae: /x}"), "5:17: openat has no parameter 'nmae'; did you mean 'name'?"),
    (event("openat: {fd: 3}\n        yb: x"), "an event has one name, and beside it by, after and cpu; 'yb' is none of them; did you mean 'by'?"),
    (event("openat: {fd: 3}\n        by: shel"), "no process is called 'shel'; did you mean 'shell'?"),
    (event("openat: {flags: O_RDNOLY}"), "5:24: the value of 'flags' must be a number or names joined by |; 'O_RDNOLY' is not among them; did you mean 'O_RDONLY'?"),
    (event("openat: {fd: ENOETN}"), "the value of 'fd' must be a number or the name of an error; did you mean 'ENOENT'?"),
    (event("connect: {tuple: here}"), "the value of 'tuple' must be 192.0.2.1:1000->192.0.2.2:80 or unix:/path"),
    (event("openat: {fd: 3}\n        after: soon"), "'after' must be a time such as 500ms, 6s or 2h"),
    (event("openat: {fd: 3}", fires: "Secret raed"), "no rule is called 'Secret raed'; did you mean 'Secret read'?"),
    (event("openat: {fd: 3}", process: "{exepath: /x, parnet: y}"), "the process process has no key 'parnet'; did you mean 'parent'?"),
    (event("openat: {fd: 3}", process: "{exepath: /x, parent: shel}"), "no process is called 'shel'; did you mean 'shell'?"),
    (event("openat: {fd: 3}", process: "{exepath: /x, container: web}"), "no container is called 'web'; define it under containers:"),
    (event("openat: {fd: 3}", process: "{exepath: /x, capabilities: [CAP_SYS_ADMN]}"), "no capability is called 'CAP_SYS_ADMN'; did you mean 'CAP_SYS_ADMIN'?"),
    (event("openat: {fd: 3}", process: "{exepath: /x, fds: {3: sokcet}}"), "this is no descriptor"),
    (event("openat: {fd: 3}", process: "{exepath: /x, user: eve}"), "no user is called 'eve'; define it under users:, as id: eve"),
  ])
  func isRefused(text: String, message: String) {
    let files = Files(["rules.yaml": sampleRules, "a.test.yaml": text])
    let suite = files.run()
    let problems = suite.problems.map { $0.text.replacing(files.folder + "/a.test.yaml", with: "FILE") }
    #expect(problems.contains { $0.contains(message) }, "\(problems)")
    #expect(suite.outcomes.allSatisfy { !$0.passed })
    #expect(suite.hasFailed)
  }

  @Test func allProblemsOfAFileAreToldAtOnce() {
    let suite = Files(["rules.yaml": sampleRules, "a.test.yaml": event("openat: {fdd: 3, nmae: x}", process: "{exepat: /x}")]).run()
    #expect(suite.problems.count == 3, "\(suite.problems.map(\.text))")
  }

  @Test func rulesThatCannotBeUsedAreReportedWithTheirOwnPlace() {
    let suite = Files(["rules.yaml": "- rule: x\n  desc: d\n  condition: fd.nmae = x\n  output: o\n  priority: INFO\n", "a.test.yaml": event("openat: {fd: 3}", fires: "x")]).run()
    #expect(suite.problems.contains { $0.message.contains("rules.yaml:3:14") }, "\(suite.problems.map(\.text))")
  }

  @Test func aBombOfAliasesIsRefused() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 { text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n" }
    let suite = Files(["a.test.yaml": text]).run()
    #expect(suite.problems.contains { $0.message.contains("nodes") }, "\(suite.problems.map(\.text))")
  }
}

/// A test file with one case, whose event begins in column 9 of line 5.
private func event(_ event: String, fires: String = "Secret read", process: String = "shell") -> String {
  """
  rules: [rules.yaml]
  processes: {shell: {exepath: /usr/bin/bash}}
  cases:
    - {case: x, process: \(process), fires: [\(fires)], events: [
        \(event.contains("\n") ? "{" + event.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: ", ") + "}" : "{" + event + "}")]}
  """
}
