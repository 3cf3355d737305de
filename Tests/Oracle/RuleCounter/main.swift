// Prints how often each rule matches in a capture file, every rule on every event: name, tab, count.
//
//   RuleCounter CAPTURE RULES...

import Capture
import CaptureFile
import EventSchema
import Glibc
import Recordings
import RuleCompiler
import RuleEngine
import SystemState

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
  var source = try CaptureFileSource(path: arguments[0])
  var current = SystemState(replaying: source.contents)
  var section = source.section
  reading: while true {
    do throws(CaptureError) {
      var batch = try source.nextBatch(waitingUpTo: .zero)
      while true {
        do throws(RecordError) {
          guard let event = try batch.next() else { break }
          current.apply(event)
          if event.isStateOnly { continue }
          if evaluator.evaluate(event, current) {
            for match in evaluator.matches { counts[Int(match)] += 1 }
          }
        } catch {
          fail("\(error)")
        }
      }
    } catch {
      if error == .endOfStream { break reading }
      throw error
    }
    if source.section != section {
      section = source.section
      current = SystemState(replaying: source.contents)
    }
  }
  for (rule, count) in zip(rules.rules, counts) { print("\(rule.name)\t\(count)") }
} catch {
  fail("\(error)")
}
