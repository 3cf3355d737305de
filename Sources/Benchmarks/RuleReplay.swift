import Agent
import CLinux
import Capture
import EventSchema
import Glibc
import Outputs
import RuleCompiler
import RuleEngine
import SystemState

/// State and rules over a recording: what an event costs from the ring to the verdict.
enum RuleReplay {
  /// - Parameters:
  ///   - tier: One of those that come with the program; a tier includes those before it.
  ///   - limit: Use the first events only.
  static func measure(_ path: String, tier: RuleTier, rounds: Int, limit: Int) throws {
    let records = try Recording.read(path, limit: limit)
    let rules = try RuleSet.loadUsable(["builtin:\(tier.rawValue)"], Settings()) { _ in }
    let outputs = AlertWriter([DescriptorChannel(descriptor: open("/dev/null", O_WRONLY))], capacity: 1000)
    var best = Double.infinity
    var events: UInt64 = 0
    var matches: UInt64 = 0
    for _ in 0..<rounds {
      // From nothing each time: a round is the whole recording as a program that has just started sees it.
      var evaluator = RuleEvaluator(rules.program)
      evaluator.stopsAtFirstMatch = true
      let alerts = AlertFormatter(rules.rules, style: AlertStyle(), hostName: "bench", outputs: outputs)
      var loop = EventLoop(state: SystemState(), evaluator: evaluator, alerts: alerts, log: Log(level: .error))
      var source = InMemorySource(packed: records)
      let start = wh_cpu_time()
      run(&loop, &source)
      let time = Double(wh_cpu_time() - start)
      best = min(best, time / Double(max(1, loop.eventCount)))
      (events, matches) = (loop.eventCount, loop.matchCount)
    }
    outputs.finish()
    print("\(rules.rules.count) rules, \(events) events, \(matches) matches: \(Int(best.rounded())) ns per event")
  }
}

/// What `scripts/bench` counts instructions of: callgrind is told to look at this function and what it calls, by name.
@inline(never) @_silgen_name("wh_bench_replay")
func run(_ loop: inout EventLoop, _ source: inout InMemorySource) { _ = loop.run(&source) }

/// How long reading, checking and compiling rules takes.
enum RuleLoad {
  static func measure(rounds: Int) throws {
    for tier in RuleTier.allCases {
      var times: [Double] = []
      var count = 0
      for _ in 0..<rounds {
        let start = wh_cpu_time()
        count = try RuleSet.loadUsable(["builtin:\(tier.rawValue)"], Settings()) { _ in }.rules.count
        times.append(Double(wh_cpu_time() - start) / 1e6)
      }
      let tenths = Int((Overhead.median(times) * 10).rounded())
      print("builtin:\(tier.rawValue): \(count) rules loaded in \(tenths / 10).\(tenths % 10) ms, median of \(rounds)")
    }
  }
}
