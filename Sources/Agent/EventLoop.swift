internal import CLinux
public import Capture
internal import CaptureFile
public import ContainerRuntimes
internal import EventSchema
public import ExecutableDigests
public import ProcFS
internal import Recordings
public import RuleEngine
public import SystemState

/// Keeps the state current and runs the rules over the events of a source.
public struct EventLoop: ~Copyable {
  private var pump: EventPump
  private var watch: RuleWatch

  /// - Parameters:
  ///   - procfs: The /proc of the host that the events are of; `nil` if they are not of this host.
  ///   - containers: Whom to ask about containers.
  ///   - digests: Who hashes executables, if anything shows their hashes.
  public init(
    state: consuming SystemState, evaluator: consuming RuleEvaluator, alerts: consuming AlertFormatter, log: Log,
    procfs: ProcFS? = nil, containers: ContainerLookup? = nil, digests: DigestWorker? = nil
  ) {
    pump = EventPump(state: state, procfs: procfs, containers: containers, digests: digests, log: log)
    watch = RuleWatch(evaluator: evaluator, alerts: alerts, log: log)
  }

  /// Events that were applied, and those that matched a rule.
  public var eventCount: UInt64 { watch.eventCount }
  public var matchCount: UInt64 { watch.matchCount }
  public var stateCounters: StateCounters { pump.state.counters }
  /// Alerts by rule, those without any left out.
  var alertCounts: [AlertCount] { watch.alerts.countsByRule }
  /// What became of recordings, once the run is over; `nil` if nothing was to be recorded.
  var recordingCounters: RecordingCounters? { watch.recordingCounters }

  /// From now on matches are recorded.
  mutating func record(_ recordings: consuming MatchRecordings?) { watch.recordings = recordings }

  /// Runs until a stop is requested, the time is up, or the source is spent.
  ///
  /// - Parameter limit: Stop after this many nanoseconds of the monotonic clock, if given.
  /// - Returns: Why it had to end, or `nil` if it was to end.
  public mutating func run(_ source: inout some CaptureSource & ~Copyable, for limit: UInt64? = nil) -> Failure? {
    let end = pump.run(&source, into: &watch, for: limit)
    watch.alerts.settle(pump.state, isEnd: true)
    watch.finish()
    return end
  }

  /// Runs until the file is read, a stop is requested, or the time is up.
  ///
  /// - Parameter limit: Stop after this many nanoseconds of the events' own time, if given.
  /// - Returns: What is wrong with the file, or `nil`.
  mutating func replay(
    _ source: inout CaptureFileSource, for limit: UInt64? = nil, showing progress: ReplayProgress
  ) -> Failure? {
    watch.span = limit ?? .max
    let end = pump.replay(&source, into: &watch, showing: progress)
    watch.finish()
    return end
  }

  var waitingStatistics: WaitingAlerts.Statistics { watch.alerts.waitingStatistics }
}

/// Runs the rules over each event and sends alerts.
private struct RuleWatch: EventConsumer, ~Copyable {
  var evaluator: RuleEvaluator
  var alerts: AlertFormatter
  var recordings: MatchRecordings?
  /// Nanoseconds from the first event to the one at which the run ends.
  var span: UInt64 = .max
  var eventCount: UInt64 = 0
  var matchCount: UInt64 = 0
  private var malformed: MalformedRecords

  init(evaluator: consuming RuleEvaluator, alerts: consuming AlertFormatter, log: Log) {
    self.evaluator = evaluator
    self.alerts = alerts
    malformed = MalformedRecords(log: log)
  }

  /// What became of the recordings, once the run is over.
  private(set) var recordingCounters: RecordingCounters?

  mutating func take(_ batch: inout EventBatch, _ state: inout SystemState) -> Bool {
    recordings?.pause(&alerts)
    let records = recordings != nil
    while true {
      do throws(RecordError) {
        guard let event = try batch.next() else { return true }
        eventCount &+= 1
        state.apply(event)
        if state.current.timestamp &- state.current.firstTimestamp > span, state.current.timestamp > state.current.firstTimestamp {
          eventCount &-= 1
          return false
        }
        if !event.isStateOnly, evaluator.evaluate(event, state) {
          matchCount &+= 1
          alerts.emit(evaluator.matches, event, state)
          recordings?.match(evaluator.matches, event, state)
        }
        if records { recordings?.take(event, state) }
      } catch {
        malformed.report(error)
      }
    }
  }

  mutating func reopenOutputs() { alerts.reopenOutputs() }
  mutating func settle(_ state: borrowing SystemState) { alerts.settle(state) }
  var isWaiting: Bool { alerts.isWaiting }
  mutating func tell(_ gap: CaptureGap) { alerts.emit(gap) }
  mutating func begin(_ contents: CaptureContents, _ state: borrowing SystemState) {
    alerts.hostName = state.machine.hostName
  }

  mutating func finish() {
    if let counters = recordings?.finish() { recordingCounters = counters }
    recordings?.pause(&alerts)
  }
}

/// Records that did not decode: the first is logged, all are counted in the source's statistics.
struct MalformedRecords {
  let log: Log
  private var hasReported = false

  init(log: Log) { self.log = log }

  mutating func report(_ error: RecordError) {
    if hasReported { return }
    hasReported = true
    log(.warning, "a record did not decode (\(error)); further ones are only counted")
  }
}
