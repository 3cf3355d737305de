internal import Capture
internal import CaptureFile
public import EventSchema
internal import RuleCompiler
internal import RuleEngine
public import SystemState

/// Events of a capture file through state and rules.
public enum CaptureEvents {
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
    return walk(path) { event, state in
      if selector == nil || selector!.evaluate(event, state) { run.take(event, state) }
      return true
    }
  }

  /// Applies every event of a file and shows it; `body` returns false to stop.
  public static func walk(
    _ path: String, _ body: (borrowing EventView, borrowing SystemState) -> Bool
  ) -> String? {
    do throws(CaptureError) {
      var source = try CaptureFileSource(path: path)
      var state = SystemState(beginning: source.contents)
      var section = source.section
      while true {
        var batch = try source.nextBatch(waitingUpTo: .zero)
        while true {
          do throws(RecordError) {
            guard let event = try batch.next() else { break }
            state.apply(event)
            if event.isStateOnly { continue }
            if !body(event, state) { return nil }
          } catch { return "\(path): \(error)" }
        }
        if source.section != section {
          section = source.section
          state = SystemState(beginning: source.contents)
        }
      }
    } catch {
      return error == .endOfStream ? nil : "\(error)"
    }
  }
}

extension SystemState {
  /// The state that a section of a capture file begins with.
  init(beginning contents: CaptureContents) {
    var machine = Machine()
    machine.hostName = String(decoding: contents.machine.hostName.prefix { $0 != 0 }, as: UTF8.self)
    machine.bootTime = contents.machine.bootTime
    for interface in contents.interfaces {
      let address = IPAddress(high: interface.address.high, low: interface.address.low)
      if interface.isV6 {
        machine.addressesV6.append(address)
      } else {
        machine.addressesV4.append(address)
        machine.masksV4.append(UInt32(truncatingIfNeeded: interface.mask.high))
      }
    }
    self.init(machine: machine)
    followsNames = false
    load(users: contents.users, groups: contents.groups)
    add(contents.processes, readAt: 0)
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
