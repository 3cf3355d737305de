internal import CLinux
internal import Capture
internal import CaptureFile
internal import ContainerRuntimes
internal import DriverSelection
internal import EventSchema
internal import ExecutableDigests
internal import Glibc
internal import Outputs
internal import ProcFS
internal import Recordings
internal import RuleCompiler
internal import RuleEngine
internal import SystemState

/// One run of `windhover run` or `windhover replay`: start-up as an ordered list of steps, the event loop, and a clean end.
public struct Session {
  private let settings: Settings
  private let log: Log
  private let rules: CompiledRules

  /// Loads the rules: what can fail without privileges fails first.
  public init(_ settings: Settings, rulePaths: [String]) throws(Failure) {
    self.settings = settings
    let log = Log(level: settings.logLevel)
    self.log = log
    rules = try RuleSet.loadUsable(rulePaths, settings) { log(.warning, $0) }
  }

  /// Watches until a signal, or for some seconds; or replays a capture file to its end, or some seconds of it.
  public func run(for seconds: Int?) throws(Failure) {
    wh_catch_stop_signals()
    let limit = seconds.map { UInt64($0) * 1_000_000_000 }
    if settings.replays { try replay(for: limit) } else { try watch(for: limit) }
  }

  private func watch(for limit: UInt64?) throws(Failure) {
    let interest = Interest(rules: rules, usesEntryHooks: settings.usesEntryHooks)
    // Capture first, then look at what is running: nothing can start unseen in between.
    var reserve: Set<Capability> = []
    var capture = try LiveCapture.start(settings, interest, reserve: &reserve, log: log)
    var state = SystemState.ofThisHost(log: log)
    Privileges.reduce(reserve: reserve, target: settings.target, log: log)
    // After that, because its thread would keep the privileges.
    var digests: DigestWorker?
    if rules.fields.contains(where: \.needsDigest) {
      digests = DigestWorker(limitBytes: UInt64(settings.largestExecutableMiB) << 20)
      state.digestExecutables()
    }

    let outputs = try openOutputs()
    let containers = settings.containers.isEnabled ? ContainerLookup(settings.containers) { [log] in log(.warning, $0) } : nil
    var loop = makeLoop(state, outputs, procfs: ProcFS(), containers, digests)
    loop.record(try MatchRecordings(settings, rules.rules, .ofThisHost(), log: log))
    log(
      .info,
      "watching: \(rules.rules.count) rules over \(interest.events.count) types of events with \(capture.kind.rawValue)")
    let end = loop.run(&capture, for: limit)
    containers?.finish()
    digests?.finish()
    outputs.finish()
    let statistics: CaptureStatistics
    do throws(CaptureError) { statistics = try capture.statistics() } catch {
      throw end ?? Failure("\(loop.eventCount) events seen; what was lost cannot be told: \(error)")
    }
    summarise(Summary(events: loop.eventCount, statistics, capture), loop, outputs, containers)
    if let end { throw end }
  }

  private func replay(for limit: UInt64?) throws(Failure) {
    var source = try Replay.open(settings, log: log)
    let outputs = try openOutputs()
    // What the file tells of containers is all there is to know: nobody is asked.
    var loop = makeLoop(SystemState(replaying: source.contents), outputs, procfs: nil, nil)
    loop.record(try MatchRecordings(settings, rules.rules, source.contents, log: log))
    log(.info, "replaying \(source.path): \(rules.rules.count) rules")
    let sharesTerminal = settings.writesToStandardOutput && isatty(STDOUT_FILENO) == 1
    let end = loop.replay(
      &source, for: limit, showing: ReplayProgress(of: source.path, sharesTerminal: sharesTerminal))
    // Nothing comes after it, so that slow outputs have their time: until the next signal.
    while outputs.waiting > 0, wh_stop_requested() == 0 { usleep(10_000) }
    outputs.finish()
    summarise(Summary(events: loop.eventCount, source), loop, outputs, nil)
    if let end { throw end }
  }

  private func makeLoop(
    _ state: consuming SystemState, _ outputs: AlertWriter, procfs: ProcFS?, _ containers: ContainerLookup?,
    _ digests: DigestWorker? = nil
  ) -> EventLoop {
    var evaluator = RuleEvaluator(rules.program)
    evaluator.stopsAtFirstMatch = !settings.matchesAllRules
    let alerts = AlertFormatter(
      rules.rules, style: style, hostName: state.machine.hostName, outputs: outputs,
      waitMilliseconds: containers == nil && digests == nil ? 0 : settings.containers.waitMilliseconds)
    return EventLoop(
      state: state, evaluator: evaluator, alerts: alerts, log: log, procfs: procfs, containers: containers,
      digests: digests)
  }

  private func openOutputs() throws(Failure) -> AlertWriter {
    // A file is read faster than alerts are written: rather wait than drop.
    let capacity = settings.replays ? 0 : settings.queueCapacity
    return AlertWriter(try channels(), capacity: capacity) { [log] in log(.error, $0) }
  }

  private func summarise(
    _ counts: consuming Summary, _ loop: borrowing EventLoop, _ outputs: AlertWriter, _ containers: ContainerLookup?
  ) {
    var summary = counts
    summary.add(loop.stateCounters, outputs.statistics)
    if let recordings = loop.recordingCounters { summary.add(recordings) }
    if let containers { summary.add(loop.waitingStatistics, containers.statistics) }
    summary.add(loop.alertCounts)
    writeToStandardError(summary.text)
  }

  private var style: AlertStyle {
    var style = AlertStyle()
    style.json = settings.jsonOutput
    style.usesISOTime = settings.usesISOTime
    style.includesOutput = settings.jsonIncludesOutput
    style.includesMessage = settings.jsonIncludesMessage
    style.includesFields = settings.jsonIncludesOutputFields
    style.includesTags = settings.jsonIncludesTags
    return style
  }

  private func channels() throws(Failure) -> sending [any OutputChannel] {
    var channels: [any OutputChannel] = []
    if settings.writesToFile {
      do throws(OutputError) {
        channels.append(try FileChannel(appendingTo: settings.outputFile, staysOpen: settings.keepsFileOpen))
      } catch {
        throw Failure("file_output: \(error); name a file in a folder that exists and can be written")
      }
    }
    if settings.writesToStandardOutput { channels.append(DescriptorChannel(isBuffered: settings.isBuffered)) }
    return channels
  }
}
