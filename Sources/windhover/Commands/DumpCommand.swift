import Agent
import ArgumentParser
import CLinux
import Capture
import EventSchema
import Outputs
import RuleCompiler
import RuleEngine
import SystemState

struct DumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Print events as they come, one a line, every parameter by name.",
    discussion: """
      The filter is a condition as rules have it, for example: windhover dump 'evt.type = openat and fd.name \
      startswith /etc'. The number of events seen and lost is printed on standard error at the end.
      """)

  @Argument(help: ArgumentHelp("A condition; without one, every event is printed.", valueName: "filter"))
  var filter: String?

  @OptionGroup var target: TargetOptions

  @Flag(help: "Print a JSON object a line.")
  var json = false

  @Option(name: .customShort("n"), help: ArgumentHelp("Stop after this many events.", valueName: "count"))
  var count: UInt64?

  @Option(help: ArgumentHelp("Capture driver: auto, modern_ebpf, ebpf, kmod or ptrace.", valueName: "driver"))
  var engine: String = "auto"

  @Option(
    name: [.customShort("o"), .customLong("option")], parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration.", valueName: "key=value"))
  var overrides: [String] = []

  func run() throws {
    let settings = try Settings.read(nil, overrides: overrides + ["engine.kind=\(engine)"]) { _ in }
    try target.run(settings) { settings in
      let dump = try EventDump(settings, filter: filter, json: json, limit: count)
      try dump.run()
    }
  }
}
