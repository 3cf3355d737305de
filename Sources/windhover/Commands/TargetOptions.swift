import Agent
import ArgumentParser
import Capture

/// What to trace, for commands that can watch a part of the host instead of all of it.
struct TargetOptions: ParsableArguments {
  @Option(
    name: .customLong("pid"), parsing: .singleValue,
    help: ArgumentHelp("Trace this running process and its descendants; may be given several times.", valueName: "pid"))
  var processes: [Int32] = []

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("After --: a command to start and trace, with its arguments.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if !processes.isEmpty && !command.isEmpty { throw ValidationError("Give a command or --pid, not both.") }
    if let wrong = processes.first(where: { $0 < 1 }) { throw ValidationError("--pid \(wrong) is no process id.") }
  }

  /// Runs a watching command over the target, and ends as the traced command did.
  func run(_ settings: Settings, _ body: (Settings) throws -> Void) throws {
    var settings = settings
    if !command.isEmpty {
      settings.target = .command(command)
    } else if !processes.isEmpty {
      settings.target = .processes(processes)
    }
    let end = CommandEnd()
    settings.commandEnd = end
    do { try body(settings) } catch {
      guard case .notRun = end.outcome else { throw error }
    }
    guard let outcome = end.outcome else { return }
    if case .notRun(let errno) = outcome {
      Log(level: settings.logLevel)(.error, "cannot run \(command.first ?? ""): \(errorText(errno))")
    }
    if outcome.exitCode != 0 { throw ExitCode(outcome.exitCode) }
  }
}
