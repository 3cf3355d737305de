import Agent
import Capture
import EventSchema
import Glibc

/// What tracing adds to the calls of a command, and how much longer a job of many processes takes: with ptrace and the
/// default rules, and beside it with a tracer that does nothing at the same stops, and with strace where it is installed.
enum Traced {
  static func measure(_ binary: String) throws {
    let rules = try RuleSet.loadUsable(["builtin:stable"], Settings()) { _ in }
    let interest = Interest(rules: rules)
    // Uncaptured; one stop; two; two and a file to look at; a thousand processes; a build.
    var rows: [Row] = [
      Row(.getpid, rounds: 200_000), Row(.stdinclose, rounds: 20_000), Row(.badopen, rounds: 10_000),
      Row(.openclose, rounds: 10_000), Row(.shell, rounds: 10), Row(.build, rounds: 1),
    ]
    // All of them again and again: what disturbs the machine for a while does not meet every try of one of them.
    for _ in 0..<10 {
      for index in rows.indices {
        let command = rows[index].command
        // Closes of other descriptors than the standard ones are passed over by the driver's filter.
        let calls = stoppedCalls(interest, withClose: rows[index].workload == .stdinclose)
        let bare = time(command), traced = time([binary, "run", "--engine", "ptrace", "--"] + command)
        rows[index].bare = min(rows[index].bare, bare)
        rows[index].traced = min(rows[index].traced, traced)
        rows[index].ratios.append(traced / bare)
        rows[index].stops = min(rows[index].stops, time([siblingPath("BareTracer"), calls] + command))
      }
    }
    print("workload    rounds    bare ns    traced ns  added ns   times      in pairs   stops ns   strace ns")
    for row in rows {
      // Once: it takes minutes, and is there to compare with.
      let hasStrace = unsafe access("/usr/bin/strace", X_OK) == 0
      let strace = hasStrace ? time(["/usr/bin/strace", "-f", "-o", "/dev/null"] + row.command) : nil
      let columns = [
        "\(row.rounds)", "\(Int(row.bare))", "\(Int(row.traced))", "\(Int(row.traced - row.bare))",
        hundredths(row.traced / row.bare), hundredths(Overhead.median(row.ratios)),
        "\(Int(row.stops - row.bare))", strace.map { "\(Int($0 - row.bare))" } ?? "-",
      ]
      print(row.workload.rawValue.padding(to: 12) + columns.map { $0.padding(to: 11) }.joined())
    }
  }

  /// A workload, its shortest times of each kind, which others on the machine have disturbed least, and how many times
  /// longer a traced run took than the bare one before it.
  private struct Row {
    let workload: Workload
    let rounds: Int
    var bare = Double.infinity, traced = Double.infinity, stops = Double.infinity
    var ratios: [Double] = []
    var command: [String] { [CommandLine.arguments[0], "workload", workload.rawValue, "\(rounds)"] }

    init(_ workload: Workload, rounds: Int) {
      self.workload = workload
      self.rounds = rounds
    }
  }

  /// The calls that the driver stops at, by number; with a plus those whose end it waits for. A new process or image tells
  /// the result without.
  private static func stoppedCalls(_ interest: Interest, withClose: Bool) -> String {
    let endless: Set<EventType> = [.close, .execve, .execveat, .fork, .vfork, .clone, .generic]
    return Schema.syscalls.filter { interest.wants($0) && (withClose || $0.event != .close) }.compactMap { call in
      call.nativeNumber.map { "\($0)\(endless.contains(call.event) ? "" : "+")" }
    }.joined(separator: ",")
  }

  private static func hundredths(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }

  /// A program that was built beside this one.
  private static func siblingPath(_ name: String) -> String {
    let own = CommandLine.arguments[0]
    guard let slash = own.lastIndex(of: "/") else { return "./\(name)" }
    return own[...slash] + name
  }

  /// Nanoseconds per round, as the workload itself measured it: starting the tracer is not part of it.
  private static func time(_ command: [String]) -> Double {
    let text = Child.run(command[0], Array(command.dropFirst()))
    for line in text.split(separator: "\n").reversed() {
      let words = line.split(separator: " ")
      if words.count == 2, let wall = Double(words[0]), Double(words[1]) != nil { return wall }
    }
    fatalError("\(command.joined(separator: " ")) printed no time: \(text)")
  }
}
