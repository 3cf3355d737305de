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
    print("workload    rounds    bare ns   traced ns   added ns   times     stops ns   strace ns")
    // Uncaptured; one stop; two; two and a file to look at; a thousand processes; a build.
    let workloads: [(Workload, rounds: Int)] = [
      (.getpid, 200_000), (.stdinclose, 20_000), (.badopen, 10_000), (.openclose, 10_000), (.shell, 10), (.build, 1),
    ]
    for (workload, rounds) in workloads {
      var bare: [Double] = [], traced: [Double] = [], stops: [Double] = [], strace: Double?
      let command = [CommandLine.arguments[0], "workload", workload.rawValue, "\(rounds)"]
      // Closes of other descriptors than the standard ones are passed over by the driver's filter.
      let calls = stoppedCalls(interest, withClose: workload == .stdinclose)
      for _ in 0..<10 {
        bare.append(time(command))
        traced.append(time([binary, "run", "--engine", "ptrace", "--"] + command))
        stops.append(time([siblingPath("BareTracer"), calls] + command))
      }
      // Once: it takes minutes, and is there to compare with.
      if unsafe access("/usr/bin/strace", X_OK) == 0 {
        strace = time(["/usr/bin/strace", "-f", "-o", "/dev/null"] + command)
      }
      // The shortest of each kind is the one that others on the machine have disturbed least.
      let (without, with, least) = (bare.min() ?? .nan, traced.min() ?? .nan, stops.min() ?? .nan)
      let columns = [
        "\(rounds)", "\(Int(without))", "\(Int(with))", "\(Int(with - without))", ratio(with, without),
        "\(Int(least - without))", strace.map { "\(Int($0 - without))" } ?? "-",
      ]
      print(workload.rawValue.padding(to: 12) + columns.map { $0.padding(to: 11) }.joined())
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

  private static func ratio(_ a: Double, _ b: Double) -> String {
    let hundredths = Int((a / b * 100).rounded())
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
