import Agent
import ArgumentParser
import Glibc
import RuleCompiler
import RuleTesting

struct TestRules: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run test files: does each rule fire where it must, and stay silent where it must not?",
    discussion: """
      Without paths, runs the test files below the current folder. A folder gives the files in it, and in folders below, \
      whose names end in .test.yaml. Each file names the rules that it tests. docs/RULES.md describes the format.

      Exit code 0 if every case passed, 1 if one failed or a file has an error. Cases that record a command on this \
      host are run with --live only; until then they are listed as not run.
      """)

  @Argument(help: ArgumentHelp("Test files, or folders with some.", valueName: "path"))
  var paths: [String] = []

  @Option(
    name: [.customShort("r"), .customLong("rules")], parsing: .singleValue,
    help: ArgumentHelp(
      "Test these rules instead of those that the test files name; may be given several times.", valueName: "path"))
  var rules: [String] = []

  @Option(help: ArgumentHelp("Run the cases whose names contain this only.", valueName: "text"))
  var filter: String?

  @Flag(help: "Also run cases that record a command on this host; needs a driver that works here.")
  var live = false

  @Flag(help: "List the rules and comparisons that no case has shown true, or false.")
  var coverage = false

  @Flag(help: "Fail if a rule never fired, was never silent, or is not named by a case for each.")
  var requireCoverage = false

  @Option(help: ArgumentHelp("Write a JSON report; - for standard output, instead of the text.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Write a JUnit report; - for standard output, instead of the text.", valueName: "file"))
  var junit: String?

  func run() throws {
    let files: [String]
    do throws(TestFileProblem) { files = try TestDiscovery.files(paths.isEmpty ? ["."] : paths) } catch {
      throw Failure(error.text)
    }
    var suite = TestSuite(rules: rules, filter: filter, recorder: live ? LiveRecorder() : nil) {
      paths throws(TestFileProblem) in
      do throws(Failure) { return try RuleSet.sources(paths) } catch {
        throw TestFileProblem("rules", nil, error.description)
      }
    }
    for file in files { suite.run(file) }
    if let json { try write(String(decoding: suite.json, as: UTF8.self), to: json) }
    if let junit { try write(suite.junit, to: junit) }
    if json != "-" && junit != "-" {
      print(suite.text(listsCoverage: coverage, usesColour: isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil))
    }
    if suite.hasFailed { throw ExitCode(1) }
    if suite.outcomes.isEmpty { throw Failure("no case was run" + (filter.map { "; none has '\($0)' in its name" } ?? "")) }
    if requireCoverage, !suite.coverage.isComplete {
      throw Failure("the cases do not show every rule both fire and stay silent; --coverage lists what is missing")
    }
  }

  private func write(_ text: String, to path: String) throws {
    if path == "-" { return print(text, terminator: "") }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Failure("cannot write \(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw Failure("cannot write \(path): \(String(cString: strerror(errno)))") }
      rest = rest.dropFirst(count)
    }
  }
}
