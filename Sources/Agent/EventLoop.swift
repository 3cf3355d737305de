internal import CLinux
public import Capture
public import EventSchema
public import ProcFS
public import RuleEngine
public import SystemState

/// Pulls events from a source, keeps the state current, runs the rules: the one thread that all of it happens on.
public struct EventLoop: ~Copyable {
  public var state: SystemState
  public var evaluator: RuleEvaluator
  public var alerts: AlertFormatter
  /// Records that did not decode; logged once, counted in the source's statistics.
  private var hasReportedMalformed = false
  /// Events that were applied, and those that matched a rule.
  public private(set) var eventCount: UInt64 = 0
  public private(set) var matchCount: UInt64 = 0

  /// Where threads that vanished without an exit event are looked for, every 20 minutes; `nil` for events that are not
  /// of this host.
  private let procfs: ProcFS?
  private static let cleaningInterval: UInt64 = 20 * 60 * 1_000_000_000

  public init(state: consuming SystemState, evaluator: consuming RuleEvaluator, alerts: consuming AlertFormatter, procfs: ProcFS? = nil) {
    self.procfs = procfs
    self.state = state
    self.evaluator = evaluator
    self.alerts = alerts
  }

  /// Runs until a stop is requested, the time is up, or the source is spent.
  ///
  /// - Parameter limit: Stop after this many nanoseconds of the monotonic clock, if given.
  /// - Returns: Why it had to end, or `nil` if it was to end.
  public mutating func run(
    _ source: inout some CaptureSource & ~Copyable, for limit: UInt64? = nil, log: Log
  ) -> Failure? {
    let start = wh_clock_monotonic()
    var cleanedAt = start
    var reopenRequests = wh_usr1_count()
    while wh_stop_requested() == 0 {
      do throws(CaptureError) {
        try drain(&source, log: log)
      } catch {
        return error == .endOfStream ? nil : Failure("the capture ended: \(error)")
      }
      let now = wh_clock_monotonic()
      if let limit, now - start >= limit { return nil }
      if wh_usr1_count() != reopenRequests {
        reopenRequests = wh_usr1_count()
        alerts.reopenOutputs()
      }
      if let procfs, now - cleanedAt >= EventLoop.cleaningInterval {
        cleanedAt = now
        state.removeGoneThreads(procfs, now: wh_clock_realtime())
      }
    }
    return nil
  }

  /// One batch. Waits a tenth of a second at most, so that a stop is noticed.
  private mutating func drain(_ source: inout some CaptureSource & ~Copyable, log: Log) throws(CaptureError) {
    var batch = try source.nextBatch(waitingUpTo: .milliseconds(100))
    while true {
      do throws(RecordError) {
        guard let event = try batch.next() else { return }
        eventCount &+= 1
        state.apply(event)
        if evaluator.evaluate(event, state) {
          matchCount &+= 1
          alerts.emit(evaluator.matches, event, state)
        }
      } catch {
        if !hasReportedMalformed {
          hasReportedMalformed = true
          log(.warning, "a record from the driver did not decode (\(error)); further ones are only counted")
        }
      }
    }
  }
}
