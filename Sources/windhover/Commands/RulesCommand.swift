import Agent
import ArgumentParser
import Glibc
import RuleCompiler

struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Check, test, explain and profile rules.",
    subcommands: [CheckRules.self, TestRules.self, ExplainRule.self, ProfileRules.self])

  struct CheckRules: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Load rule files as `run` would, and print every problem with its place.",
      discussion: "Without files, checks the rules that come with the program. Exit code 1 if any file has an error.")

    @Argument(help: ArgumentHelp("Rule files or folders, in the order in which they are loaded.", valueName: "file"))
    var files: [String] = []

    @Flag(help: "Print one JSON object with the results.")
    var json = false

    func run() throws {
      let compiled = try RuleSet.load(files, reportsUnreadable: true)
      if json {
        print("{\"falco_load_results\":\(compiled.loaded.resultsJSON)}")
      } else {
        let isTerminal = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
        print(compiled.loaded.report(DiagnosticStyle(usesColour: isTerminal)))
        if !compiled.hasErrors {
          print("\(compiled.loaded.rules.count) rules, \(compiled.rules.count) of them enabled")
        }
      }
      if compiled.hasErrors { throw compiled.failure }
    }
  }
}
