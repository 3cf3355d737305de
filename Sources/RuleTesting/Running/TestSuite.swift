internal import CLinux
internal import Capture
internal import EventSchema
internal import Glibc
internal import RuleEngine
public import RuleCompiler
internal import SystemState

/// Records what a command does on this host and judges it; given by whoever can open a driver.
public protocol CommandRecorder {
  /// Runs a command in an empty folder of its own and hands every event of it and its descendants to the run.
  ///
  /// - Parameter driver: As the configuration names it, `auto` for the first that works.
  /// - Returns: Why it could not be recorded, `nil` if it was.
  func record(_ command: [String], driver: String, _ rules: CompiledRules, into run: inout CaseRun) -> String?
}

/// Test files, run one after the other.
public struct TestSuite {
  public var outcomes: [CaseOutcome] = []
  /// Problems of test files and rules, for which nothing could be run.
  public var problems: [TestFileProblem] = []
  /// By list of rule files.
  private var coverages: [(rules: [String], coverage: Coverage)] = []
  /// Over all test files.
  public var coverage: CoverageSummary { CoverageSummary(coverages.map(\.coverage)) }

  private let overridingRules: [String]
  private let load: ([String]) throws(TestFileProblem) -> [RuleSource]
  private let recorder: (any CommandRecorder)?
  private let filter: String?
  private var ruleSets: [[String]: RuleSetUnderTest] = [:]

  /// - Parameters:
  ///   - rules: Rule files to use instead of those that the test files name; empty for those.
  ///   - filter: Run the cases whose name contains this only.
  ///   - recorder: For cases that record a command; without one they are not run.
  ///   - load: Reads rule files, `builtin:TIER` among them.
  public init(
    rules: [String] = [], filter: String? = nil, recorder: (any CommandRecorder)? = nil,
    load: @escaping ([String]) throws(TestFileProblem) -> [RuleSource]
  ) {
    overridingRules = rules
    self.filter = filter
    self.recorder = recorder
    self.load = load
  }

  /// Whether something is wrong: a case failed, or a file could not be used.
  public var hasFailed: Bool { !problems.isEmpty || outcomes.contains { !$0.failures.isEmpty } }

  /// Reads and runs one test file.
  public mutating func run(_ path: String) {
    let contents: [UInt8]
    do throws(RuleSourceError) { contents = try RuleSource(reading: path).contents } catch {
      problems.append(TestFileProblem(path, nil, error.message))
      return
    }
    let (file, fileProblems) = TestFileReader.read(contents, path: path)
    problems += fileProblems
    let paths = overridingRules.isEmpty ? file.rules : overridingRules
    if paths.isEmpty {
      problems.append(TestFileProblem(path, nil, "the file names no rules", hint: "add rules: with rule files, relative to this file, or give -r"))
      return
    }
    if !fileProblems.isEmpty { return }
    let rules: RuleSetUnderTest
    do throws(TestFileProblem) { rules = try ruleSet(paths) } catch {
      if !problems.contains(error) { problems.append(error) }
      return
    }
    let slot = coverages.firstIndex { $0.rules == paths }!
    for item in file.cases {
      if let filter, !item.name.contains(filter) { continue }
      let unknown = unknownRules(item, rules)
      if !unknown.isEmpty {
        problems += unknown
        continue
      }
      let start = wh_clock_monotonic()
      var outcome = run(item, rules, slot)
      outcome.nanoseconds = wh_clock_monotonic() - start
      outcomes.append(outcome)
    }
  }

  private mutating func ruleSet(_ paths: [String]) throws(TestFileProblem) -> RuleSetUnderTest {
    if let known = ruleSets[paths] { return known }
    let set = try RuleSetUnderTest(try load(paths))
    ruleSets[paths] = set
    coverages.append((paths, Coverage(set)))
    return set
  }

  private func unknownRules(_ item: TestCase, _ rules: RuleSetUnderTest) -> [TestFileProblem] {
    (item.expectations.map(\.rule) + item.silent).filter { rules.index[$0.name] == nil }.map { rule in
      var problem = TestFileProblem(item.file, nil, "no rule is called '\(rule.name)'", hint: rules.suggestion(for: rule.name))
      problem.line = rule.line
      problem.column = rule.column
      return problem
    }
  }

  private mutating func run(_ item: TestCase, _ rules: RuleSetUnderTest, _ slot: Int) -> CaseOutcome {
    var outcome = CaseOutcome(name: item.name, file: item.file, line: item.line, events: 0, failures: [])
    if case .command = item.source, recorder == nil {
      outcome.obstacle = "it records a command, which needs --live"
      return outcome
    }
    var run = CaseRun(item, rules, coverage: coverages[slot].coverage)
    switch item.source {
    case .events(let events):
      let scene = Scene(item.scene)
      if let failure = WrittenEvents.play(events, scene, file: item.file, into: &run) {
        problems += failure
        outcome.failures = [Failing(item.line, "an event could not be made", failure.map(\.text))]
        return outcome
      }
    case .capture(let path, let condition):
      if let failure = CaptureEvents.play(path, condition, item, load, into: &run) {
        outcome.failures = [Failing(item.line, failure)]
        return outcome
      }
    case .command(let command, let driver):
      if let obstacle = recorder!.record(command, driver: driver, rules.compiled, into: &run) {
        outcome.failures = [Failing(item.line, "the command could not be recorded", [obstacle])]
        return outcome
      }
    }
    let (judged, covered) = run.finish()
    coverages[slot].coverage = covered
    return judged
  }
}
