import ArgumentParser
import Capture
import DriverSelection

struct DriverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "driver", abstract: "Capture drivers: what this host can run, and why; and building those that are made for a kernel.",
    subcommands: [Assess.self, Build.self, Load.self, Unload.self], defaultSubcommand: Assess.self)

  struct Assess: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print, for each of the four capture drivers, whether this host can run it, and why not.",
      discussion: """
        Changes nothing on the host. Exit code 0 if at least one driver can run, 1 if none can, 2 if nobody knows: facts \
        that decide it could not be read, and running would have to try.

        --json prints one object. Its keys are stable: "kernel", "architecture", "default" (the driver that an automatic \
        choice takes, or null), "drivers" (an array in order of preference, each with "driver", "usable": "yes", "no" or \
        "unknown", and "obstacles", each with "code", "problem" and "remedy") and "facts" (an object; null stands for \
        what could not be read, "unreadable" tells why).
        """)

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func run() throws {
      let host = HostFacts.read(built: DriverSelector.built)
      let report = AssessmentReport(DriverSelector().assess(host), host)
      print(json ? report.json : report.table)
      let answers = report.verdicts.map(\.support.answer)
      if answers.contains("yes") { return }
      throw ExitCode(answers.contains("unknown") ? 2 : 1)
    }
  }
}
