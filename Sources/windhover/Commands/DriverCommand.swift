import ArgumentParser
import Capture
import DriverSelection
import JSONText

struct DriverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "driver", abstract: "Capture drivers: what this host can run, and why; and building those that are made for a kernel.",
    subcommands: [Assess.self, Build.self, Load.self, Unload.self], defaultSubcommand: Assess.self)

  struct Assess: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print, for each of the four capture drivers, whether this host can run it, and why not.",
      discussion: "Changes nothing on the host. Exit code 0 if at least one driver can run, else 1.")

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func run() throws {
      let host = HostFacts.read(built: DriverSelector.built)
      let verdicts = DriverSelector().assess(host)
      print(json ? AssessmentReport.json(verdicts, host) : AssessmentReport.table(verdicts, host))
      if !verdicts.contains(where: { $0.support == .supported }) { throw ExitCode(1) }
    }
  }
}

/// The verdicts of all drivers, for people and for machines.
enum AssessmentReport {
  static func table(_ verdicts: [Assessment], _ host: HostFacts) -> String {
    var lines = ["Linux \(host.kernelRelease) on \(host.architecture)", ""]
    let chosen = verdicts.first { $0.support == .supported }?.kind
    for verdict in verdicts {
      let name = verdict.kind.rawValue.padded(to: 13)
      let answer = answer(verdict).padded(to: 9)
      let reasons = verdict.reasons.isEmpty ? [verdict.kind == chosen ? "used by default" : "can be used"] : verdict.reasons
      for (index, reason) in reasons.enumerated() {
        lines.append(index == 0 ? name + answer + reason : String(repeating: " ", count: 22) + reason)
      }
    }
    return lines.joined(separator: "\n")
  }

  static func json(_ verdicts: [Assessment], _ host: HostFacts) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("kernel")
    writer.string(host.kernelRelease)
    writer.key("architecture")
    writer.string(host.architecture)
    writer.key("drivers")
    writer.beginArray()
    for verdict in verdicts {
      writer.beginObject()
      writer.key("driver")
      writer.string(verdict.kind.rawValue)
      writer.key("usable")
      writer.string(answer(verdict))
      writer.key("reasons")
      writer.beginArray()
      for reason in verdict.reasons { writer.string(reason) }
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private static func answer(_ verdict: Assessment) -> String {
    switch verdict.support {
    case .supported: "yes"
    case .unsupported: "no"
    case .inconclusive: "unknown"
    }
  }
}

extension String {
  func padded(to width: Int) -> String { count >= width ? self + " " : self + String(repeating: " ", count: width - count) }
}
