// Prints how often each rule matches in a capture file, every rule on every event: name, tab, count.
//
//   RuleCounter CAPTURE RULES...

import Capture
import CaptureFile
import EventSchema
import Glibc
import RuleCompiler
import RuleEngine
import SystemState

func fail(_ text: String) -> Never {
  var line = Array("RuleCounter: \(text)\n".utf8)
  _ = write(2, &line, line.count)
  exit(1)
}

/// The state as a section of a capture begins with it.
func state(of contents: CaptureContents) -> SystemState {
  var state = SystemState(machine: Machine(contents.machine, contents.interfaces))
  state.load(users: contents.users, groups: contents.groups)
  state.add(contents.processes, readAt: 0)
  return state
}

extension Machine {
  init(_ machine: MachineRecord, _ interfaces: [InterfaceRecord]) {
    self.init()
    bootTime = machine.bootTime
    for interface in interfaces {
      let address = IPAddress(high: interface.address.high, low: interface.address.low)
      if interface.isV6 {
        addressesV6.append(address)
      } else {
        addressesV4.append(address)
        masksV4.append(UInt32(truncatingIfNeeded: interface.mask.high))
      }
    }
  }
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
  var current = state(of: source.contents)
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
      current = state(of: source.contents)
    }
  }
  for (rule, count) in zip(rules.rules, counts) { print("\(rule.name)\t\(count)") }
} catch {
  fail("\(error)")
}
