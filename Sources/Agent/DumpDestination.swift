internal import CLinux
internal import Capture
internal import CaptureFile
internal import EventSchema
internal import Glibc
internal import Outputs
internal import Recordings
internal import RuleCompiler
internal import RuleEngine
internal import SystemState

/// Where `windhover dump` puts events.
protocol EventDestination: ~Copyable {
  /// Gets each event after it was applied to the state.
  ///
  /// - Parameter isWanted: Whether the filter lets it through.
  /// - Returns: False if nothing more can be taken.
  mutating func take(_ event: borrowing EventView, _ state: borrowing SystemState, isWanted: Bool) -> Bool
  /// Between batches: somebody waits for what there is.
  mutating func pause() -> Bool
  /// Completes what was written.
  ///
  /// - Returns: Why not all of it arrived, if so.
  mutating func finish() -> Failure?
  /// Continues the number of events: "printed".
  var verb: String { get }
}

/// Filters events, counts them and hands them to a destination.
struct FilteredDump<Destination: EventDestination & ~Copyable>: EventConsumer, ~Copyable {
  private var destination: Destination
  private var evaluator: RuleEvaluator
  private let hasFilter: Bool
  private let limit: UInt64?
  private var malformed: MalformedRecords
  private var count: UInt64 = 0

  init(_ destination: consuming Destination, _ filter: CompiledRules?, limit: UInt64?, log: Log) {
    self.destination = destination
    evaluator = RuleEvaluator(filter?.program ?? RuleSet.empty)
    hasFilter = filter != nil
    self.limit = limit
    malformed = MalformedRecords(log: log)
  }

  mutating func take(_ batch: inout EventBatch, _ state: inout SystemState) -> Bool {
    while count != limit {
      do throws(RecordError) {
        guard let event = try batch.next() else { break }
        state.apply(event)
        let isWanted = !event.isStateOnly && (!hasFilter || evaluator.evaluate(event, state))
        if !destination.take(event, state, isWanted: isWanted) { return false }
        if isWanted { count += 1 }
      } catch {
        malformed.report(error)
      }
    }
    return destination.pause() && count != limit
  }

  /// How many events were let through and what became of them.
  var result: String { "\(count) \(destination.verb)" }
  mutating func finish() -> Failure? { destination.finish() }
}

/// Events as lines on standard output.
struct EventLines: EventDestination, ~Copyable {
  private var printer = EventPrinter()
  private let json: Bool
  private var lines: [UInt8] = []

  init(json: Bool) { self.json = json }

  var verb: String { "printed" }

  mutating func take(_ event: borrowing EventView, _ state: borrowing SystemState, isWanted: Bool) -> Bool {
    if !isWanted { return true }
    if json { printer.appendJSON(event, state, into: &lines) } else { printer.appendText(event, state, into: &lines) }
    return lines.count <= 1 << 16 || pause()
  }

  /// - Returns: False if nobody reads any more.
  mutating func pause() -> Bool {
    defer { lines.removeAll(keepingCapacity: true) }
    return writeAll(lines, to: STDOUT_FILENO)
  }

  mutating func finish() -> Failure? { nil }
}

/// Events in a capture file, or several one after the other.
///
/// What the filter keeps out is written all the same if the state lives on it, marked as not to be shown: the file then
/// names the same processes and descriptors as what it was made from.
struct EventFile: EventDestination, ~Copyable {
  private var recorder: RotatingRecorder
  private let log: Log
  private var failure: Failure?
  private var flushedAt = wh_clock_monotonic()
  private static let flushInterval: UInt64 = 1_000_000_000
  private static let stateEvents = {
    var events = StateEvents.threads
    events.formUnion(StateEvents.descriptors)
    events.formUnion(EventTypeSet([.asyncevent, .container, .useradded, .userdeleted, .groupadded, .groupdeleted]))
    return events
  }()
  /// A static is locked at each use.
  private let stateEvents = Self.stateEvents

  init(
    path: String, compressing: Bool, rotation: Rotation, _ contents: CaptureContents, log: Log
  ) throws(Failure) {
    do throws(CaptureFileError) {
      recorder = try RotatingRecorder(path: path, compressing: compressing, rotation: rotation, contents)
    } catch {
      throw Failure("\(rotation.path(path, number: 0)) \(error.problem.sentence)")
    }
    self.log = log
    log(.info, "writing to \(recorder.path)")
  }

  var verb: String {
    "written to " + (recorder.fileCount == 1 ? recorder.path : "\(recorder.fileCount) files, the last of them \(recorder.path)")
  }

  mutating func take(_ event: borrowing EventView, _ state: borrowing SystemState, isWanted: Bool) -> Bool {
    if !isWanted, !event.isStateOnly, !stateEvents.contains(event.type) { return true }
    do throws(CaptureFileError) {
      try recorder.append(event, forState: !isWanted, state)
      return true
    } catch {
      fail(error)
      return false
    }
  }

  /// Once a second, so that the file has all but the last second if the program is killed.
  mutating func pause() -> Bool {
    let now = wh_clock_monotonic()
    guard now - flushedAt >= Self.flushInterval else { return true }
    flushedAt = now
    do throws(CaptureFileError) {
      try recorder.flush()
      return true
    } catch {
      fail(error)
      return false
    }
  }

  mutating func finish() -> Failure? {
    if failure != nil { return failure }
    do throws(CaptureFileError) { try recorder.finish() } catch { fail(error) }
    return failure
  }

  private mutating func fail(_ error: CaptureFileError) {
    failure = Failure("\(recorder.path) \(error.problem.sentence); it is good up to its last whole event")
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
