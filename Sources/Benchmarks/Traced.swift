import Glibc

/// What tracing adds to the calls of a command, and how much longer a job of many processes takes: with ptrace and the
/// default rules, and beside it with strace where it is installed.
enum Traced {
  static func measure(_ binary: String) {
    print("workload    rounds    bare ns   traced ns   added ns   times    strace ns")
    // Uncaptured; one stop or two per call; a call with a path and one without; a thousand processes.
    for (workload, rounds) in [(Workload.getpid, 200_000), (.stdinclose, 20_000), (.openclose, 10_000), (.shell, 10)] {
      var bare: [Double] = [], traced: [Double] = [], strace: [Double] = []
      for _ in 0..<5 {
        let command = [CommandLine.arguments[0], "workload", workload.rawValue, "\(rounds)"]
        bare.append(time(command))
        traced.append(time([binary, "run", "--engine", "ptrace", "--"] + command))
        if unsafe access("/usr/bin/strace", X_OK) == 0 {
          strace.append(time(["/usr/bin/strace", "-f", "-o", "/dev/null"] + command))
        }
      }
      let (without, with) = (Overhead.median(bare), Overhead.median(traced))
      let ratio = Int((with / without * 100).rounded())
      let columns = [
        "\(rounds)", "\(Int(without))", "\(Int(with))", "\(Int(with - without))",
        "\(ratio / 100).\(ratio % 100 < 10 ? "0" : "")\(ratio % 100)",
        strace.isEmpty ? "-" : "\(Int(Overhead.median(strace)))",
      ]
      print(workload.rawValue.padding(to: 12) + columns.map { $0.padding(to: 11) }.joined())
    }
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
