internal import JSONText

extension TestSuite {
  /// One object: `passed`, `failed`, `not_run`, `problems`, `cases` and `coverage`.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("passed", outcomes.count { $0.passed })
      json.member("failed", outcomes.count { !$0.failures.isEmpty })
      json.member("not_run", outcomes.count { $0.obstacle != nil })
      json.objects("problems", problems) { problem, json in
        json.member("file", problem.file)
        json.member("line", problem.line)
        json.member("column", problem.column)
        json.member("message", problem.message)
        if let hint = problem.hint { json.member("hint", hint) }
      }
      json.objects("cases", outcomes) { outcome, json in
        json.member("name", outcome.name)
        json.member("file", outcome.file)
        json.member("line", outcome.line)
        json.member("result", outcome.passed ? "passed" : outcome.obstacle != nil ? "not_run" : "failed")
        json.member("events", outcome.events)
        json.member("ns", outcome.nanoseconds)
        if let obstacle = outcome.obstacle { json.member("obstacle", obstacle) }
        json.objects("failures", outcome.failures) { failure, json in
          json.member("line", failure.line)
          json.member("message", failure.message)
          json.member("details", failure.details)
        }
      }
      let coverage = coverage
      json.object("coverage") { json in
        json.member("rules", coverage.ruleCount)
        json.member("rules_never_fired", coverage.neverTrue)
        json.member("rules_never_silent", coverage.neverFalse)
        json.member("rules_not_expected_by_any_case", coverage.neverExpected)
        json.member("rules_not_silenced_by_any_case", coverage.neverSilenced)
        json.member("comparisons", coverage.checkCount)
        json.member("comparisons_true_and_false", coverage.fullySeenCheckCount)
        json.objects("gaps", coverage.gaps) { gap, json in
          json.member("rule", gap.rule)
          json.member("comparison", gap.check)
          json.member("file", gap.file)
          json.member("line", gap.line)
          json.member("never_true", gap.neverTrue)
          json.member("never_false", gap.neverFalse)
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }
}
