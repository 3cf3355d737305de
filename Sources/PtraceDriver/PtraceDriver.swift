internal import CPtrace
public import Capture
internal import EventSchema
internal import Glibc

/// Captures the system calls of a command that it starts, or of running processes, as their tracer: needs no privileges.
///
/// A command gets a seccomp filter, so that calls which nobody wants cost it some 10 to 20 ns; a running process has none
/// and stops at every call. The command starts with the first ``nextBatch(waitingUpTo:)``. Where ptrace is refused, a
/// command's calls are still seen by seccomp user notification: at their start, without results.
///
/// All calls, the initialiser included, have to come from one thread: the kernel binds tracees to it. That thread reaps
/// every child that it has, tracee or not.
///
/// When the value is destroyed, processes that it attached to run on. A command that still runs is ended, by SIGTERM and
/// two seconds later by SIGKILL: without a tracer its filter would make the traced calls fail.
@safe public struct PtraceDriver: CaptureDriver, ~Copyable {
  public static var kind: DriverKind { .ptrace }

  private let tracer: OpaquePointer
  private var lanes: [LaneWindow] = []
  private var taken: UInt64 = 0
  private var malformed: UInt64 = 0
  private var onCommandEnd: (@Sendable (CommandOutcome) -> Void)?
  private let loadable: Interest
  /// A filter lets everything pass that is not in `loadable`.
  private let isFiltered: Bool

  /// Starts the command of `options.target`, held back until the first batch is asked for, or attaches to its processes.
  ///
  /// Only events of `options.loadable` can be captured from a command later: a filter cannot be changed. If only the
  /// state wants closes, it stops at those of the standard descriptors.
  ///
  /// - Throws: ``CaptureError/system(errno:during:)``: `ENOENT` or `EACCES` for a command that cannot be found, `ESRCH`
  ///   for a process that does not exist, `EPERM` if tracing it is refused.
  public init(opening options: CaptureOptions) throws(CaptureError) {
    guard let target = options.target else { throw .system(errno: EINVAL, during: "choosing what to trace") }
    let snaplen = UInt32(min(max(options.snaplen, 0), Int(WH_MAX_SNAPLEN)))
    guard let tracer = unsafe wh_tracer_create(snaplen, options.ignoredProcess ?? 0) else {
      throw .system(errno: ENOMEM, during: "making a tracer")
    }
    var mode = WH_TRACE_EVERY_CALL
    do throws(CaptureError) {
      switch target {
      case .command(let words): mode = try unsafe Self.start(words, tracer, options)
      case .processes(let processes): try unsafe Self.attach(to: processes, tracer)
      }
    } catch {
      unsafe wh_tracer_destroy(tracer)
      throw error
    }
    unsafe self.tracer = unsafe tracer
    loadable = options.loadable
    isFiltered = mode != WH_TRACE_EVERY_CALL
    onCommandEnd = options.onCommandEnd
  }

  deinit { unsafe wh_tracer_destroy(tracer) }

  @_lifetime(&self)
  public mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    release()
    let result = unsafe wh_tracer_run(tracer, limit.clampedNanoseconds)
    tellCommandEnd()
    guard result >= 0 else { throw .system(errno: -result, during: "waiting for a traced process") }
    if result == Int32(WH_TRACER_ENDED.rawValue) { throw .endOfStream }
    var size = 0
    let records = unsafe wh_tracer_records(tracer, &size)
    if size > 0 { unsafe lanes.append(LaneWindow(packed: UnsafeRawPointer(records!), count: size)) }
    return EventBatch(lanes.mutableSpan)
  }

  public borrowing func statistics() throws(CaptureError) -> CaptureStatistics {
    let counts = unsafe wh_tracer_counts(tracer)
    let window = lanes.first
    var statistics = CaptureStatistics()
    statistics.lost.malformed = malformed + (window?.malformedCount ?? 0)
    statistics.seen = taken + (window?.takenCount ?? 0) - statistics.lost.malformed
    statistics.lost.tooLarge = counts.too_large
    statistics.lost.ringFull = counts.out_of_memory
    statistics.filtered = counts.passed_over
    return statistics
  }

  /// Replaces what is captured. Calls that a command's filter stops at and that are no longer wanted go on at once.
  ///
  /// - Throws: ``CaptureError/notLoaded(_:)`` for events of calls that the filter of a running command lets pass.
  public mutating func capture(_ interest: Interest) throws(CaptureError) {
    if isFiltered {
      var missing = interest.events
      missing.formIntersection(Self.available)
      var present = loadable.events
      if Self.passesCloses(loadable), !Self.passesCloses(interest) { present.remove(.close) }
      missing.subtract(present)
      guard missing.isEmpty else { throw .notLoaded(missing.types) }
    }
    var plan = wh_plan(interest)
    unsafe wh_tracer_capture(tracer, &plan)
  }

  /// The process of the started command, `nil` for other targets.
  public var command: Int32? {
    let process = unsafe wh_tracer_command(tracer)
    return process > 0 ? process : nil
  }

  /// How the started command has ended, `nil` while it runs.
  public var outcome: CommandOutcome? {
    var status: Int32 = 0
    guard unsafe wh_tracer_outcome(tracer, &status) else { return nil }
    let error = unsafe wh_tracer_exec_error(tracer)
    if error != 0 { return .notRun(errno: error) }
    // As WIFEXITED and its like take a status apart.
    let signal = status & 0x7f
    return signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal)
  }

  // MARK: -

  /// Gives the space of what was read back.
  private mutating func release() {
    guard let window = lanes.first else { return }
    taken += window.takenCount
    malformed += window.malformedCount
    unsafe wh_tracer_consume(tracer, Int(window.position))
    lanes.removeAll(keepingCapacity: true)
  }

  private mutating func tellCommandEnd() {
    guard let tell = onCommandEnd, let outcome else { return }
    onCommandEnd = nil
    tell(outcome)
  }

  /// Starts the command with a filter and a tracer, or else with notifications.
  private static func start(
    _ words: [String], _ tracer: OpaquePointer, _ options: CaptureOptions
  ) throws(CaptureError) -> wh_trace_mode {
    let program: String
    do throws(CaptureError) { program = try CommandLookup.find(words.first ?? "") } catch {
      if case .system(let errno, _) = error { options.onCommandEnd?(.notRun(errno: errno)) }
      throw error
    }
    let plan = wh_plan(options.loadable)
    var result = unsafe start(program, words, plan, WH_TRACE_FILTERED, tracer)
    if result == 0 { return WH_TRACE_FILTERED }
    guard result == -EPERM || result == -ENOSYS || result == -EACCES else {
      throw .system(errno: -result, during: "starting \(program)")
    }
    let refusal = result
    result = unsafe start(program, words, plan, WH_TRACE_NOTIFIED, tracer)
    guard result == 0 else { throw .system(errno: -refusal, during: "tracing \(program)") }
    options.onDegraded?(
      "ptrace", "\(errorText(-refusal)): ptrace is refused here, so calls are seen when they start, without results")
    return WH_TRACE_NOTIFIED
  }

  private static func start(
    _ program: String, _ words: [String], _ plan: wh_plan, _ mode: wh_trace_mode, _ tracer: OpaquePointer
  ) -> Int32 {
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var plan = plan
    return unsafe wh_tracer_start(tracer, program, &arguments, &plan, mode)
  }

  private static func attach(to processes: [Int32], _ tracer: OpaquePointer) throws(CaptureError) {
    for process in processes {
      let result = unsafe wh_tracer_attach(tracer, process)
      guard result == 0 else {
        throw .system(errno: -result, during: "tracing process \(process)\(Refusal.reason(for: process, errno: -result))")
      }
    }
  }
}
