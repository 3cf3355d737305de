internal import JSONText

extension TestSuite {
  /// One object: `passed`, `failed`, `not_run`, `problems`, `cases` and `coverage`.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("passed")
    json.number(UInt64(outcomes.count { $0.passed }))
    json.key("failed")
    json.number(UInt64(outcomes.count { !$0.failures.isEmpty }))
    json.key("not_run")
    json.number(UInt64(outcomes.count { $0.obstacle != nil }))
    json.key("problems")
    json.beginArray()
    for problem in problems {
      json.beginObject()
      json.key("file")
      json.string(problem.file)
      json.key("line")
      json.number(UInt64(problem.line))
      json.key("column")
      json.number(UInt64(problem.column))
      json.key("message")
      json.string(problem.message)
      if let hint = problem.hint {
        json.key("hint")
        json.string(hint)
      }
      json.endObject()
    }
    json.endArray()
    json.key("cases")
    json.beginArray()
    for outcome in outcomes {
      json.beginObject()
      json.key("name")
      json.string(outcome.name)
      json.key("file")
      json.string(outcome.file)
      json.key("line")
      json.number(UInt64(outcome.line))
      json.key("result")
      json.string(outcome.passed ? "passed" : outcome.obstacle != nil ? "not_run" : "failed")
      json.key("events")
      json.number(UInt64(outcome.events))
      json.key("ns")
      json.number(outcome.nanoseconds)
      if let obstacle = outcome.obstacle {
        json.key("obstacle")
        json.string(obstacle)
      }
      json.key("failures")
      json.beginArray()
      for failure in outcome.failures {
        json.beginObject()
        json.key("line")
        json.number(UInt64(failure.line))
        json.key("message")
        json.string(failure.message)
        json.key("details")
        json.strings(failure.details)
        json.endObject()
      }
      json.endArray()
      json.endObject()
    }
    json.endArray()
    json.key("coverage")
    let coverage = coverage
    json.beginObject()
    json.key("rules")
    json.number(UInt64(coverage.ruleCount))
    json.key("rules_never_fired")
    json.strings(coverage.neverTrue)
    json.key("rules_never_silent")
    json.strings(coverage.neverFalse)
    json.key("rules_not_expected_by_any_case")
    json.strings(coverage.neverExpected)
    json.key("rules_not_silenced_by_any_case")
    json.strings(coverage.neverSilenced)
    json.key("comparisons")
    json.number(UInt64(coverage.checkCount))
    json.key("comparisons_true_and_false")
    json.number(UInt64(coverage.fullySeenCheckCount))
    json.key("gaps")
    json.beginArray()
    for gap in coverage.gaps {
      json.beginObject()
      json.key("rule")
      json.string(gap.rule)
      json.key("comparison")
      json.string(gap.check)
      json.key("file")
      json.string(gap.file)
      json.key("line")
      json.number(UInt64(gap.line))
      json.key("never_true")
      json.boolean(gap.neverTrue)
      json.key("never_false")
      json.boolean(gap.neverFalse)
      json.endObject()
    }
    json.endArray()
    json.endObject()
    json.endObject()
    return json.bytes + [UInt8(ascii: "\n")]
  }
}

extension JSONWriter {
  mutating func strings(_ texts: [String]) {
    beginArray()
    for text in texts { string(text) }
    endArray()
  }
}
