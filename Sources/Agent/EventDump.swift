internal import CLinux
internal import Capture
internal import DriverSelection
internal import EventSchema
internal import Glibc
internal import Outputs
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
      interest = Interest(rules: filter)
      // What is printed names the descriptors, whatever the filter looks at.
      interest.events.formUnion(StateEvents.descriptors)
    }
    var driver = try LiveCapture.open(settings, interest, log: log)
    do throws(CaptureError) { try driver.capture(interest) } catch { throw Failure("cannot start capturing: \(error)") }
    var state = SystemState.ofThisHost(log: log)
    Privileges.reduce(log: log)
    var printer = EventPrinter()
    var evaluator = RuleEvaluator(filter?.program ?? RuleSet.empty)
    var printed: UInt64 = 0
    var lines: [UInt8] = []
    var ending: Failure?
    log(.info, "watching \(interest.events.count) types of events")
    capture: while wh_stop_requested() == 0 {
      do throws(CaptureError) {
        var batch = try driver.nextBatch(waitingUpTo: .milliseconds(100))
        events: while true {
          do throws(RecordError) {
            guard let event = try batch.next() else { break events }
            state.apply(event)
            if filter != nil, !evaluator.evaluate(event, state) { continue events }
            if json { printer.appendJSON(event, state, into: &lines) } else { printer.appendText(event, state, into: &lines) }
            printed += 1
          } catch {
            log(.warning, "a record from the driver did not decode: \(error)")
          }
          if printed == limit || lines.count > 1 << 16 { break events }
        }
      } catch {
        if error != .endOfStream { ending = Failure("the capture ended: \(error)") }
        break capture
      }
      if !writeAll(lines, to: STDOUT_FILENO) || printed == limit { break capture }
      lines.removeAll(keepingCapacity: true)
    }
    let statistics: CaptureStatistics
    do throws(CaptureError) { statistics = try driver.statistics() } catch {
      throw ending ?? Failure("\(printed) events printed; what was lost cannot be told: \(error)")
    }
    writeToStandardError("Events: \(statistics.seen) seen, \(printed) printed, \(statistics.lost.total) lost\n")
    for (reason, count) in statistics.lost.byReason where count > 0 { writeToStandardError("   \(reason): \(count)\n") }
    if let ending { throw ending }
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
