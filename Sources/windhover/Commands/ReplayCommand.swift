import Agent
import ArgumentParser
import Capture

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run the rules over a capture file, as if its events came now.",
    discussion: """
      Reads .scap files of this program and of others, plain or compressed with gzip, of any version since 2013. Needs \
      no privileges and looks at nothing of this host: processes, users and addresses are those that the file tells \
      of, and alerts carry its times and its host's name.

      Exit code 1 if the file is damaged; the events before the damage are handled, and its place is named.
      """)

  @Argument(help: ArgumentHelp("The capture file.", valueName: "file"))
  var file: String

  @OptionGroup var options: SharedOptions

  @Option(
    name: .customShort("M"), help: ArgumentHelp("Stop after this many seconds of the events' own time.", valueName: "seconds"))
  var seconds: Int?

  func validate() throws {
    if options.engine != nil { throw ValidationError("A file is replayed, so there is no driver: leave --engine out.") }
    if let seconds, !(0...1 << 30).contains(seconds) { throw ValidationError("-M takes 0 to 2^30 seconds.") }
  }

  func run() throws {
    var settings = try options.settings()
    settings.replays = true
    settings.captureFile = file
    let session = try Session(settings, rulePaths: options.rules)
    try session.run(for: seconds)
  }
}
