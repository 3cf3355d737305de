extension TestSuite {
  /// What went wrong, with its place, and a summary; for people.
  ///
  /// - Parameter listsCoverage: Name the rules and comparisons that no case has shown true and false.
  public func text(listsCoverage: Bool, usesColour: Bool) -> String {
    func paint(_ text: String, _ code: String) -> String { usesColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
    var lines: [String] = []
    for problem in problems { lines.append(paint("error: ", "1;31") + problem.text) }
    for outcome in outcomes where !outcome.failures.isEmpty {
      lines.append("\(outcome.file):\(outcome.line): " + paint("FAILED", "1;31") + " \(outcome.name)")
      for failure in outcome.failures {
        lines.append("  \(outcome.file):\(failure.line): \(failure.message)")
        lines += failure.details.map { "      " + $0 }
      }
    }
    let notRun = outcomes.filter { $0.obstacle != nil }
    for outcome in notRun { lines.append("\(outcome.file):\(outcome.line): not run: \(outcome.name): \(outcome.obstacle!)") }
    let coverage = coverage
    if coverage.ruleCount > 0 {
      lines.append(
        "Coverage: \(coverage.ruleCount - coverage.neverTrue.count) of \(coverage.ruleCount) rules fired, "
          + "\(coverage.ruleCount - coverage.neverFalse.count) stayed silent; "
          + "\(coverage.fullySeenCheckCount) of \(coverage.checkCount) comparisons were seen true and false")
    }
    if listsCoverage {
      let lists: [(String, [String])] = [
        ("never fired", coverage.neverTrue), ("never silent on an event that they look at", coverage.neverFalse),
        ("no case expects them", coverage.neverExpected), ("no case says that they stay silent", coverage.neverSilenced),
      ]
      for (title, names) in lists where !names.isEmpty {
        lines.append("  Rules, \(title):")
        lines += names.map { "    \($0)" }
      }
      if !coverage.gaps.isEmpty { lines.append("  Comparisons:") }
      for gap in coverage.gaps {
        let what = gap.neverTrue ? (gap.neverFalse ? "never seen" : "never true") : "never false"
        let check = gap.check.count > 100 ? gap.check.prefix(99) + "…" : gap.check[...]
        lines.append("    \(gap.file):\(gap.line): \(gap.rule): \(what): \(check)")
      }
    }
    let failed = outcomes.count { !$0.failures.isEmpty }
    let passed = outcomes.count { $0.passed }
    let time = Double(outcomes.reduce(0) { $0 + $1.nanoseconds }) / 1e9
    var summary = "\(passed) passed, \(failed) failed"
    if !notRun.isEmpty { summary += ", \(notRun.count) not run" }
    if !problems.isEmpty { summary += ", \(problems.count) error\(problems.count == 1 ? "" : "s") in files" }
    summary += " (\(Int(time)).\(Int(time * 10) % 10) s)"
    lines.append(paint(summary, hasFailed ? "1;31" : "1;32"))
    return lines.joined(separator: "\n")
  }
}
