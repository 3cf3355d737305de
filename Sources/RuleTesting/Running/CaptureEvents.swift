internal import Recordings
internal import RuleCompiler
internal import RuleEngine

/// Events of a capture file through state and rules.
enum CaptureEvents {
  /// - Parameter condition: Which events are judged; all of them make the state.
  /// - Returns: Why the capture could not be played, `nil` if it was.
  static func play(
    _ path: String, _ condition: String?, _ item: TestCase,
    _ load: ([String]) throws(TestFileProblem) -> [RuleSource], into run: inout CaseRun
  ) -> String? {
    var selector: RuleEvaluator?
    if let condition {
      let (program, problem) = ConditionText.compile(condition)
      guard let program else { return "where: \(problem ?? "")" }
      selector = RuleEvaluator(program)
    }
    return CaptureWalk.walk(path) { event, state in
      if selector == nil || selector!.evaluate(event, state) { run.take(event, state) }
      return true
    }
  }
}

/// A condition alone.
enum ConditionText {
  /// - Returns: A program with one rule, or why there is none.
  static func compile(_ condition: String) -> (RuleProgram?, String?) {
    let quoted = condition.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    let text = "- rule: where\n  desc: where\n  priority: debug\n  output: where\n  warn_evttypes: false\n  condition: '\(quoted)'\n"
    let compiled = RuleCompiler.load([RuleSource(name: "where", contents: Array(text.utf8))]).compiled()
    if let problem = compiled.loaded.diagnostics.first(where: \.isError) { return (nil, problem.message) }
    return (compiled.program, nil)
  }
}
