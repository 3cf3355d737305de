// Prints how often each rule matches in a capture file, every rule on every event: name, tab, count.
//
//   RuleCounter CAPTURE RULES...

import Glibc
import Recordings
import RuleCompiler
import RuleEngine

func fail(_ text: String) -> Never {
  var line = Array("RuleCounter: \(text)\n".utf8)
  _ = write(2, &line, line.count)
  exit(1)
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else { fail("RuleCounter CAPTURE RULES...") }
do {
  let rules = RuleCompiler.load(try RuleSource.read(Array(arguments[1...]), skipsMissing: false)).compiled()
  guard !rules.hasErrors else { fail(rules.loaded.report()) }
  var counts = [Int](repeating: 0, count: rules.rules.count)
  var evaluator = RuleEvaluator(rules.program)
  evaluator.stopsAtFirstMatch = false
  let failure = CaptureWalk.walk(arguments[0]) { event, state in
    if evaluator.evaluate(event, state) {
      for match in evaluator.matches { counts[Int(match)] += 1 }
    }
    return true
  }
  if let failure { fail(failure) }
  for (rule, count) in zip(rules.rules, counts) { print("\(rule.name)\t\(count)") }
} catch {
  fail("\(error)")
}
