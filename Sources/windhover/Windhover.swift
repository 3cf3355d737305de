import ArgumentParser

@main
struct Windhover: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "windhover",
    abstract: "Runtime security for Linux: watches system calls, evaluates rules, raises alerts.",
    discussion: """
      Without a subcommand, windhover watches this host with the configured rules until it is interrupted.

      Exit codes: 0 stopped as asked, or the thing asked for was printed; 1 an error, which is named on standard \
      error; 64 wrong usage.
      """,
    version: Product.version,
    subcommands: [
      RunCommand.self, ReplayCommand.self, DumpCommand.self, DriverCommand.self, FieldsCommand.self, RulesCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  /// `--list` may stand alone or with a source behind an equals sign, which the parser knows no form for.
  static func main() {
    main(CommandLine.arguments.dropFirst().map { $0 == "--list" ? "--list=all" : $0 })
  }
}

enum Product {
  static let version = "0.1.0"
  /// Which revision of the events that programs in this field share ours are those of.
  static let schemaVersion = "4.3.0"
}
