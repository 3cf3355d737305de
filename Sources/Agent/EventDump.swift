internal import CLinux
internal import Capture
internal import ContainerRuntimes
internal import DriverSelection
internal import EventSchema
internal import Glibc
internal import Outputs
internal import ProcFS
internal import RuleCompiler
internal import RuleEngine
internal import SystemState

/// One run of `windhover dump`: events of a live driver as lines on standard output.
public struct EventDump {
  private let settings: Settings
  private let log: Log
  private let filter: CompiledRules?
  private let json: Bool
  private let limit: UInt64?

  /// - Parameters:
  ///   - filter: A condition, or `nil` for every event.
  ///   - limit: Events to print before stopping.
  public init(_ settings: Settings, filter: String?, json: Bool, limit: UInt64?) throws(Failure) {
    self.settings = settings
    log = Log(level: settings.logLevel)
    self.filter = if let filter { try RuleSet.compile(condition: filter) } else { nil }
    self.json = json
    self.limit = limit
  }

  /// Prints until a signal, the limit, or the reader of standard output goes away.
  public func run() throws(Failure) {
    wh_catch_stop_signals()
    var interest = Interest.everything
    if let filter {
      interest = Interest(rules: filter, usesEntryHooks: settings.usesEntryHooks)
      // What is printed names the descriptors, whatever the filter looks at.
      interest.events.formUnion(StateEvents.descriptors)
    }
    var reserve: Set<Capability> = []
    var capture = try LiveCapture.start(settings, interest, reserve: &reserve, log: log)
    let state = SystemState.ofThisHost(log: log)
    Privileges.reduce(reserve: reserve, target: settings.target, log: log)
    var lines = EventLines(filter, json: json, limit: limit, log: log)
    let containers = settings.containers.isEnabled ? ContainerLookup(settings.containers) { [log] in log(.warning, $0) } : nil
    var pump = EventPump(state: state, procfs: ProcFS(), containers: containers, log: log)
    log(.info, "watching \(interest.events.count) types of events with \(capture.kind.rawValue)")
    let ending = pump.run(&capture, into: &lines)
    containers?.finish()
    let statistics: CaptureStatistics
    do throws(CaptureError) { statistics = try capture.statistics() } catch {
      throw ending ?? Failure("\(lines.printed) events printed; what was lost cannot be told: \(error)")
    }
    writeToStandardError(
      "Events: \(statistics.seen) seen, \(lines.printed) printed, \(statistics.lost.total) lost\n"
        + Summary.details(statistics, capture).map { $0 + "\n" }.joined())
    if let ending { throw ending }
  }
}

/// Prints the events that a filter lets through, one a line.
private struct EventLines: EventConsumer, ~Copyable {
  private var printer = EventPrinter()
  private var evaluator: RuleEvaluator
  private let hasFilter: Bool
  private let json: Bool
  private let limit: UInt64?
  private var lines: [UInt8] = []
  private var malformed: MalformedRecords
  private(set) var printed: UInt64 = 0

  init(_ filter: CompiledRules?, json: Bool, limit: UInt64?, log: Log) {
    evaluator = RuleEvaluator(filter?.program ?? RuleSet.empty)
    hasFilter = filter != nil
    self.json = json
    self.limit = limit
    malformed = MalformedRecords(log: log)
  }

  mutating func take(_ batch: inout EventBatch, _ state: inout SystemState) -> Bool {
    while printed != limit {
      do throws(RecordError) {
        guard let event = try batch.next() else { break }
        state.apply(event)
        if hasFilter, !evaluator.evaluate(event, state) { continue }
        if json { printer.appendJSON(event, state, into: &lines) } else { printer.appendText(event, state, into: &lines) }
        printed += 1
      } catch {
        malformed.report(error)
      }
      if lines.count > 1 << 16, !flush() { return false }
    }
    return flush() && printed != limit
  }

  /// - Returns: False if nobody reads any more.
  private mutating func flush() -> Bool {
    defer { lines.removeAll(keepingCapacity: true) }
    return writeAll(lines, to: STDOUT_FILENO)
  }
}

extension RuleSet {
  /// A program without rules.
  static var empty: RuleProgram {
    RuleProgram(
      fields: [], tests: [], nodes: [], constants: Constants(), memberSets: [:], entriesByType: [:],
      genericCalls: SyscallSet())
  }
}
