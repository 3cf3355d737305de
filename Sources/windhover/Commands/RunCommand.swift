import Agent
import ArgumentParser
import CLinux
import Capture
import RuleCompiler

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Watch this host: evaluate the rules over its system calls and raise alerts (the default).",
    discussion: """
      Alerts go to standard output, messages about the program itself to standard error. Ctrl-C or SIGTERM stops \
      cleanly: what is queued is written, and a summary of counters follows.

      With a command after -- (windhover run --engine ptrace -- make test) or with --pid, only these processes and \
      their descendants are watched; that needs no privileges. Signals go to the command, and the exit code is the \
      command's, 128 and the signal's number if it was killed. Its output and the alerts share standard output: \
      -o file_output.enabled=true -o file_output.filename=FILE -o stdout_output.enabled=false keeps them apart.

      Keys for -o and the configuration file:
      \(Setting.all.map { "  \($0.key.padded(to: 42)) \($0.form)" }.joined(separator: "\n"))
      """)

  @OptionGroup var options: SharedOptions

  @OptionGroup var target: TargetOptions

  @OptionGroup(title: "Instead of watching") var printing: PrintOptions

  @Option(name: .customShort("M"), help: ArgumentHelp("Stop after this many seconds.", valueName: "seconds"))
  var seconds: Int?

  func run() throws {
    if try printing.print(options) { return }
    try target.run(options.settings()) { settings in
      let session = try Session(settings, rulePaths: options.rules)
      try session.run(for: seconds)
    }
  }
}

/// Options that every watching command takes.
struct SharedOptions: ParsableArguments {
  @Option(name: [.customShort("c"), .customLong("config")], help: ArgumentHelp("Configuration file.", valueName: "file"))
  var config: String?

  @Option(
    name: [.customShort("r"), .customLong("rules")], parsing: .singleValue,
    help: ArgumentHelp("Rule file or folder; may be given several times. Replaces the configured ones.", valueName: "path"))
  var rules: [String] = []

  @Option(
    name: [.customShort("o"), .customLong("option")], parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration; may be given several times.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(
    name: [.customShort("p", allowingJoined: true), .customLong("print")],
    help: ArgumentHelp("Append this text, with fields, to the output of every rule.", valueName: "format"))
  var appended: String?

  @Option(help: ArgumentHelp("Capture driver: auto, modern_ebpf, ebpf, kmod or ptrace.", valueName: "driver"))
  var engine: String?

  /// The configuration file with all overrides applied.
  func settings() throws -> Settings {
    var overrides = overrides
    if let engine { overrides.append("engine.kind=\(engine)") }
    var warnings: [String] = []
    var settings = try Settings.read(config, overrides: overrides) { warnings.append($0) }
    switch appended {
    case nil: break
    case "c", "container", "k", "kubernetes":
      warnings.append("-p\(appended ?? "") has no effect; append_output with suggested_output: true shows containers and pods")
    case let format?:
      var addition = OutputAddition()
      addition.text = format
      addition.place = "-p"
      settings.outputAdditions.append(addition)
    }
    let log = Log(level: settings.logLevel)
    for warning in warnings { log(.warning, warning) }
    return settings
  }
}
