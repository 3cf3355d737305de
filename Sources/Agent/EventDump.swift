internal import CLinux
internal import Capture
internal import CaptureFile
internal import ContainerRuntimes
internal import DriverSelection
internal import EventSchema
internal import Glibc
internal import Outputs
internal import ProcFS
public import Recordings
internal import RuleCompiler
internal import RuleEngine
internal import SystemState

/// One run of `windhover dump`: events of a live driver or a capture file, as lines on standard output or into a capture
/// file.
public struct EventDump {
  /// Where the events go.
  public enum Form: Sendable {
    case text
    case json
    case file(path: String, compressing: Bool, Rotation)
  }

  private let settings: Settings
  private let log: Log
  private let filter: CompiledRules?
  private let form: Form
  private let limit: UInt64?

  /// - Parameters:
  ///   - filter: A condition, or `nil` for every event.
  ///   - limit: Events to print or write before stopping.
  public init(_ settings: Settings, filter: String?, form: Form, limit: UInt64?) throws(Failure) {
    self.settings = settings
    log = Log(level: settings.logLevel)
    self.filter = if let filter { try RuleSet.compile(condition: filter) } else { nil }
    self.form = form
    self.limit = limit
  }

  /// Goes on until a signal, the limit, the end of the file, or the reader of standard output goes away.
  public func run() throws(Failure) {
    wh_catch_stop_signals()
    switch form {
    case .text: try run { (_) throws(Failure) in EventLines(json: false) }
    case .json: try run { (_) throws(Failure) in EventLines(json: true) }
    case .file(let path, let compressing, let rotation):
      try run { (contents) throws(Failure) in
        try EventFile(path: path, compressing: compressing, rotation: rotation, contents, log: log)
      }
    }
  }

  private var writesFile: Bool { if case .file = form { true } else { false } }

  /// - Parameter open: Makes the destination from what a file says before its first event.
  private func run<Destination: EventDestination & ~Copyable>(
    _ open: (CaptureContents) throws(Failure) -> Destination
  ) throws(Failure) {
    if settings.replays { try replay(open) } else { try watch(open) }
  }

  private func watch<Destination: EventDestination & ~Copyable>(
    _ open: (CaptureContents) throws(Failure) -> Destination
  ) throws(Failure) {
    var interest = Interest.everything
    if let filter {
      interest = Interest(rules: filter, usesEntryHooks: settings.usesEntryHooks)
      // What is printed names the descriptors, whatever the filter looks at.
      interest.events.formUnion(StateEvents.descriptors)
      interest.forState = EventTypeSet()
    }
    var reserve: Set<Capability> = []
    var capture = try LiveCapture.start(settings, interest, reserve: &reserve, log: log)
    let state = SystemState.ofThisHost(log: log)
    Privileges.reduce(reserve: reserve, target: settings.target, writesFiles: writesFile, log: log)
    let destination = try open(writesFile ? CaptureContents.ofThisHost().with(processesOf: state) : CaptureContents())
    var dump = FilteredDump(destination, filter, limit: limit, log: log)
    let containers = settings.containers.isEnabled ? ContainerLookup(settings.containers) { [log] in log(.warning, $0) } : nil
    var pump = EventPump(state: state, procfs: ProcFS(), containers: containers, log: log)
    log(.info, "watching \(interest.events.count) types of events with \(capture.kind.rawValue)")
    let ending = pump.run(&capture, into: &dump)
    containers?.finish()
    let failure = dump.finish() ?? ending
    let statistics: CaptureStatistics
    do throws(CaptureError) { statistics = try capture.statistics() } catch {
      throw failure ?? Failure("\(dump.result); what was lost cannot be told: \(error)")
    }
    writeToStandardError(
      "Events: \(statistics.seen) seen, \(dump.result), \(statistics.lost.total) lost\n"
        + Summary.details(statistics, capture).map { $0 + "\n" }.joined())
    if let failure { throw failure }
  }

  private func replay<Destination: EventDestination & ~Copyable>(
    _ open: (CaptureContents) throws(Failure) -> Destination
  ) throws(Failure) {
    var source = try Replay.open(settings, keeping: writesFile ? [.dacOverride] : [], log: log)
    var pump = EventPump(state: SystemState(replaying: source.contents), procfs: nil, log: log)
    let destination = try open(source.contents)
    var dump = FilteredDump(destination, filter, limit: limit, log: log)
    let progress = ReplayProgress(of: source.path, sharesTerminal: !writesFile && isatty(STDOUT_FILENO) == 1)
    let ending = pump.replay(&source, into: &dump, showing: progress)
    let failure = dump.finish() ?? ending
    let seen = (try? source.statistics().seen) ?? 0
    writeToStandardError(
      "Events: \(seen) seen, \(dump.result)\n" + Summary.details(source).map { $0 + "\n" }.joined())
    if let failure { throw failure }
  }
}
