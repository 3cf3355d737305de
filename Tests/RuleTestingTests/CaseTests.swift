import RuleTesting
import Testing

/// What passes and what fails, and what is said then.
struct CaseTests {
  private func run(_ cases: String) -> TestSuite {
    Files(["rules.yaml": sampleRules, "a.test.yaml": "rules: [rules.yaml]\n" + cases]).run()
  }

  @Test func aRuleThatFiresWhereItMustPasses() {
    let suite = run(
      """
      processes:
        shell: {exepath: /usr/bin/bash}
      cases:
        - case: cat
          process: {exepath: /usr/bin/cat, parent: shell, args: /etc/shadow}
          events: [{openat: {fd: 3, name: /etc/shadow}}]
          fires:
            - {rule: Secret read, times: 1, fields: {fd.name: /etc/shadow, proc.pname: bash}, output: read /etc/shadow by cat of bash}
          silent: all
      """)
    #expect(suite.problems.isEmpty, "\(suite.problems.map(\.text))")
    #expect(suite.outcomes.map(\.passed) == [true], "\(suite.text(listsCoverage: false, usesColour: false))")
    #expect(!suite.hasFailed)
  }

  @Test func aRuleThatStaysSilentSaysWhichComparisonFailedAndWhatItSaw() throws {
    let suite = run(
      """
      cases:
        - case: wrong file
          process: {exepath: /usr/bin/cat}
          events:
            - openat: {fd: 3, name: /etc/hosts}
          fires: [Secret read]
      """)
    let failure = try #require(suite.outcomes.first?.failures.first)
    #expect(failure.message == "Secret read must fire and did not")
    #expect(failure.line == 7)
    let details = failure.details.joined(separator: "\n")
    #expect(details.contains("false  fd.name in (/etc/shadow, /etc/gshadow)   [fd.name = /etc/hosts]"), "\(details)")
    #expect(!details.contains("evt.is_open_read"), "what was true is no reason: \(details)")
  }

  @Test func aRuleThatFiresWhereItMustNotSaysWhy() throws {
    let suite = run(
      """
      cases:
        - case: noisy
          process: {exepath: /usr/bin/cat}
          events: [{openat: {fd: 3, name: /etc/shadow}}]
          silent: [Secret read]
      """)
    let failure = try #require(suite.outcomes.first?.failures.first)
    #expect(failure.message == "Secret read must stay silent and fired")
    #expect(failure.details.contains { $0.contains("read /etc/shadow by cat of systemd") })
  }

  @Test func aWrongFieldOutputAndCountAreToldWithTheirLines() {
    let suite = run(
      """
      cases:
        - case: differences
          process: {exepath: /usr/bin/cat}
          events: [{openat: {fd: 3, name: /etc/shadow}}]
          fires:
            - rule: Secret read
              times: 2
              fields:
                fd.name: /etc/gshadow
                fd.nmae: x
              output: [nothing of the kind]
      """)
    let failures = suite.outcomes.first?.failures ?? []
    #expect(failures.map(\.line) == [7, 10, 11, 12])
    #expect(failures.map(\.message).contains("Secret read must fire 2 times and fired 1"))
    #expect(failures.contains { $0.message == "Secret read: fd.name must be '/etc/gshadow'" && $0.details == ["it is '/etc/shadow' on event 1 (openat)"] })
    #expect(failures.contains { $0.message == "'fd.nmae' is no field" })
    #expect(failures.contains { $0.message == "Secret read: the output must contain 'nothing of the kind'" })
  }

  @Test func disabledRulesContainersAndUsersAreThere() {
    let suite = run(
      """
      containers:
        web: {image: "registry.example.com:5000/app:1.2"}
      cases:
        - case: container
          process: {exepath: /bin/ls, args: [-l, a b], container: web, user: www-data}
          events: [execve]
          fires: [{rule: Program in container, output: "ls -l a b in registry.example.com:5000/app"}]
        - case: the same on the host
          process: {exepath: /bin/ls, user: www-data}
          events: [execve]
          silent: [Program in container]
      """)
    #expect(suite.outcomes.map(\.passed) == [true, true], "\(suite.text(listsCoverage: false, usesColour: false))")
    #expect(suite.coverage.neverTrue == ["Secret read"])
    #expect(suite.coverage.neverFalse == ["Secret read"])
    #expect(!suite.coverage.isComplete)
  }

  @Test func stateCarriesFromOneEventToTheNext() {
    let suite = run(
      """
      cases:
        - case: a relative path after a change of directory, then by a descriptor's directory
          process: {exepath: /usr/bin/cat, fds: {5: dir /etc}}
          events:
            - chdir: {path: /etc}
            - openat: {fd: 3, name: shadow}
            - openat: {fd: 3, dirfd: 5, name: gshadow}
            - {openat: {fd: 3, name: shadow}, after: 2h}
          fires: [{rule: Secret read, times: 3}]
      """)
    #expect(suite.outcomes.map(\.passed) == [true], "\(suite.text(listsCoverage: false, usesColour: false))")
  }

  @Test func aComparisonThatNoCaseMadeTrueIsAGap() {
    let suite = run(
      """
      cases:
        - case: one side only
          process: {exepath: /usr/bin/cat}
          events: [{openat: {fd: 3, name: /etc/shadow}}, {openat: {fd: 3, name: /x}}]
          fires: [Secret read]
      """)
    let gaps = suite.coverage.gaps.filter { $0.rule == "Secret read" }
    #expect(gaps.contains { $0.check == "proc.name = su" && $0.neverTrue && !$0.neverFalse && $0.line == 7 })
    #expect(!gaps.contains { $0.check.hasPrefix("fd.name in") })
    #expect(gaps.contains { $0.check == "evt.failed = false" && $0.neverFalse && $0.line == 4 })
  }

  @Test func aCaseThatRecordsACommandIsNotRunWithoutARecorderAndIsNoPass() {
    let suite = run(
      """
      cases:
        - case: live
          command: {run: [cat, /etc/shadow]}
          fires: [Secret read]
      """)
    #expect(suite.outcomes.map(\.passed) == [false])
    #expect(suite.outcomes.first?.obstacle != nil)
    #expect(suite.text(listsCoverage: false, usesColour: false).contains("0 passed, 0 failed, 1 not run"))
  }

  @Test func reportsAreWellFormed() {
    let suite = run(
      """
      cases:
        - case: "less < than & \\"quotes\\""
          process: {exepath: /usr/bin/cat}
          events: [{openat: {fd: 3, name: /etc/hosts}}]
          fires: [Secret read]
      """)
    #expect(suite.junit.contains("<testcase name=\"less &lt; than &amp; &quot;quotes&quot;\""))
    #expect(suite.junit.contains("<testsuites tests=\"1\" failures=\"1\" errors=\"0\">"))
    let json = String(decoding: suite.json, as: UTF8.self)
    #expect(json.contains("\"failed\":1") && json.contains("\"name\":\"less < than & \\\"quotes\\\"\""))
  }
}
