internal import CLinux
internal import Capture
internal import ContainerRuntimes
internal import DriverSelection
internal import EventSchema
internal import ExecutableDigests
internal import Glibc
internal import Outputs
internal import ProcFS
internal import RuleCompiler
internal import RuleEngine
internal import SystemState

/// One run of `windhover run`: start-up as an ordered list of steps, the event loop, and a clean end.
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

  /// Watches until a signal, or for some seconds.
  public func run(for seconds: Int?) throws(Failure) {
    wh_catch_stop_signals()
    let interest = Interest(rules: rules, usesEntryHooks: settings.usesEntryHooks)
    // Capture first, then look at what is running: nothing can start unseen in between.
    var reserve: Set<Capability> = []
    var capture = try LiveCapture.start(settings, interest, reserve: &reserve, log: log)
    var state = SystemState.ofThisHost(log: log)
    var digests: DigestWorker?
    if rules.fields.contains(where: \.needsDigest) {
      digests = DigestWorker(limitBytes: UInt64(settings.largestExecutableMiB) << 20)
      state.digestExecutables()
    }
    Privileges.reduce(reserve: reserve, target: settings.target, log: log)

    let outputs = AlertWriter(try channels(), capacity: settings.queueCapacity) { [log] in log(.error, $0) }
    var evaluator = RuleEvaluator(rules.program)
    evaluator.stopsAtFirstMatch = !settings.matchesAllRules
    let containers = settings.containers.isEnabled ? ContainerLookup(settings.containers) { [log] in log(.warning, $0) } : nil
    let alerts = AlertFormatter(
      rules.rules, style: style, hostName: state.machine.hostName, outputs: outputs,
      waitMilliseconds: containers == nil && digests == nil ? 0 : settings.containers.waitMilliseconds)
    var loop = EventLoop(
      state: state, evaluator: evaluator, alerts: alerts, log: log, procfs: ProcFS(), containers: containers,
      digests: digests)
    wh_release_startup_pages()
    log(
      .info,
      "watching: \(rules.rules.count) rules over \(interest.events.count) types of events with \(capture.kind.rawValue)")
    let end = loop.run(&capture, for: seconds.map { UInt64($0) * 1_000_000_000 })
    containers?.finish()
    digests?.finish()
    outputs.finish()
    let statistics: CaptureStatistics
    do throws(CaptureError) { statistics = try capture.statistics() } catch {
      throw end ?? Failure("\(loop.eventCount) events seen; what was lost cannot be told: \(error)")
    }
    var summary = Summary(events: loop.eventCount, statistics, capture)
    summary.add(loop.stateCounters, outputs.statistics)
    if let containers { summary.add(loop.waitingStatistics, containers.statistics) }
    summary.add(loop.alertCounts)
    writeToStandardError(summary.text)
    if let end { throw end }
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
