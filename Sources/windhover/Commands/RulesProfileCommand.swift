import Agent
import ArgumentParser

struct ProfileRules: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Measure what each rule costs: evaluations, matches and nanoseconds, the most expensive first.",
    discussion: """
      Watches this host until Ctrl-C, or for -M seconds, or reads a capture file. Reading the clock after each rule makes \
      this much slower than run, which measures nothing. A comparison that several rules share is paid by the first.
      """)

  @OptionGroup var options: SharedOptions

  @Option(help: ArgumentHelp("Read the events of this capture file instead of watching.", valueName: "file"))
  var capture: String?

  @Option(help: ArgumentHelp("Read the capture file this often.", valueName: "count"))
  var rounds = 1

  @Option(name: .customShort("M"), help: ArgumentHelp("Stop watching after this many seconds.", valueName: "seconds"))
  var seconds: Int?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if rounds < 1 || rounds > 100_000 { throw ValidationError("--rounds must be from 1 to 100000.") }
  }

  func run() throws {
    let profiling = try RuleProfiling(options.settings(), rulePaths: options.rules)
    let report = if let capture { try profiling.replay(capture, rounds: rounds) } else { try profiling.watch(for: seconds) }
    print(json ? report.json : report.text)
  }
}
