import Agent
import Capture
import Glibc

/// Measures what `docs/BENCHMARKS.md` says. `scripts/bench` runs the parts and writes the document.
@main
struct Main {
  static let usage = """
    usage: windhover-bench PART
      workload NAME ROUNDS      a loop of calls: \(Workload.allCases.map(\.rawValue).joined(separator: ", "))
      record FILE [--every-call] [--events N]
                                capture a million events, or N, of a mixed workload into FILE: those that all tiers of
                                rules look at, or every system call
      replay FILE [--rules stable|all] [--rounds N] [--events N]
                                state and rules over the recording, or its first N events; ns per event, best round
      load                      time to load each tier of rules
      merge                     read events out of 1 to 256 rings in the order of their times; ns per event
      capture FILE ROUNDS       read a capture file, without and with the state; ns per event
      overhead BINARY ROUNDS    what a running BINARY adds to the calls of each workload, in pairs
      rate BINARY N SECONDS [OPTION...]   whether BINARY loses any of N calls per second
      pace N SECONDS            N calls per second, as `rate` starts them
      traced BINARY             what ptrace adds to calls, to a job of 1,000 processes and to a build
      startup BINARY            time from start to the first alert, and memory at rest
    """

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, Array(arguments.dropFirst())) {
    case ("workload", let rest) where rest.count == 2:
      guard let workload = Workload(rawValue: rest[0]), let rounds = Int(rest[1]) else { fail() }
      let time = workload.run(rounds)
      print(time.wall, time.cpu)
    case ("record", let rest) where rest.count >= 1: try record(rest[0], rest.dropFirst())
    case ("replay", let rest) where rest.count >= 1: try replay(rest[0], Array(rest.dropFirst()))
    case ("load", let rest) where rest.isEmpty: try RuleLoad.measure(rounds: 20)
    case ("merge", let rest) where rest.isEmpty: try Merge.measure()
    case ("capture", let rest) where rest.count == 2:
      guard let rounds = Int(rest[1]) else { fail() }
      try CaptureReplay.measure(rest[0], rounds: rounds)
    case ("overhead", let rest) where rest.count == 2:
      guard let rounds = Int(rest[1]) else { fail() }
      Overhead.measure(rest[0], rounds: rounds)
    case ("rate", let rest) where rest.count >= 3:
      guard let perSecond = Int(rest[1]), let seconds = Int(rest[2]) else { fail() }
      Rate.measure(rest[0], perSecond: perSecond, seconds: seconds, options: Array(rest[3...]))
    case ("pace", let rest) where rest.count == 2:
      guard let perSecond = Int(rest[0]), let seconds = Int(rest[1]) else { fail() }
      Rate.pace(perSecond: perSecond, seconds: seconds)
    case ("traced", let rest) where rest.count == 1: try Traced.measure(rest[0])
    case ("startup", let rest) where rest.count == 1: Startup.measure(rest[0])
    default: fail()
    }
  }

  private static func record(_ path: String, _ options: ArraySlice<String>) throws {
    var events = Recording.defaultCount
    var everyCall = false
    var options = options
    while let option = options.popFirst() {
      switch option {
      case "--every-call": everyCall = true
      case "--events":
        guard let value = options.popFirst() else { fail() }
        events = positive(value)
      default: fail()
      }
    }
    try Recording.make(path, events: events, everyCall: everyCall)
  }

  private static func replay(_ path: String, _ options: [String]) throws {
    var tier = RuleTier.stable
    var rounds = 3
    var events = Int.max
    guard options.count % 2 == 0 else { fail() }
    for at in stride(from: 0, to: options.count, by: 2) {
      switch (options[at], options[at + 1]) {
      case ("--rules", "stable"): tier = .stable
      case ("--rules", "all"): tier = .sandbox
      case ("--rounds", let value): rounds = positive(value)
      case ("--events", let value): events = positive(value)
      default: fail()
      }
    }
    try RuleReplay.measure(path, tier: tier, rounds: rounds, limit: events)
  }

  private static func positive(_ text: String) -> Int {
    guard let number = Int(text), number > 0 else { fail() }
    return number
  }

  static func fail() -> Never {
    writeToStandardError(usage + "\n")
    exit(64)
  }
}
