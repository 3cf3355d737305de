public import CaptureFile
public import EventSchema
internal import ProcFS
public import SystemState

/// Records what led to a match and what followed it: one capture file from some seconds before until some seconds after.
///
/// The last seconds of records are always in memory. A match begins a file with them; a match while a file is being
/// written extends it. The event loop copies each record once and, at a match, reads its tables; files are written by a
/// thread of their own.
///
/// What the file says of processes is what is known at the match. Processes that were seen to begin in the seconds before
/// it come from their own events instead, and those that ended then are remembered from their end. A program that another
/// one replaced in that time has the new one's name from the start.
public struct MatchRecorder: ~Copyable {
  public struct Options: Sendable {
    /// Files are this, the match's time and its event number, in 20 digits each.
    public var pathPrefix = ""
    /// Nanoseconds before the match, and memory for them: whichever ends first.
    public var before: UInt64 = 5_000_000_000
    public var beforeBytes = 16 << 20
    /// Nanoseconds after it where the rule says nothing else.
    public var after: UInt64 = 5_000_000_000
    /// Bytes on disk; `nil` for no limit.
    public var fileBytes: UInt64?
    /// Records that may wait for the disk.
    public var queueBytes = 64 << 20
    /// Memory for the lists at the head of a file; see ``SystemState/SystemState/readings(startedBefore:textBytes:)``.
    public var listBytes = 32 << 20
    public init() {}
  }

  private let options: Options
  private let machine: CaptureContents
  private let thread: RecordingThread
  private var history: RecordHistory
  private var containers = ContainerEvents()
  /// Processes that ended in the time that the history holds, oldest first.
  private var departed: [(time: UInt64, bytes: Int, process: ProcessReading)] = []
  private var departedBytes = 0
  private static let departedLimit = 16 << 20
  /// Until when the file that is being written goes on, event time; `nil` if there is none.
  private var deadline: UInt64?

  /// - Parameters:
  ///   - contents: What a file says of its machine, without processes.
  ///   - report: Told of files that cannot be written; called on another thread.
  public init(
    _ options: Options, _ contents: CaptureContents, report: @escaping @Sendable (String) -> Void
  ) throws(RecordingError) {
    self.options = options
    var machine = contents
    machine.processes = []
    self.machine = machine
    history = RecordHistory(span: options.before, limitBytes: options.beforeBytes)
    thread = try RecordingThread(queueBytes: options.queueBytes, fileBytes: options.fileBytes, report: report)
  }

  public var isRecording: Bool { deadline != nil }
  public var counters: RecordingCounters { thread.counters }
  /// The file that ended because of its size, told once.
  public func takeFullFile() -> (path: String, bytes: UInt64)? { thread.takeFullFile() }

  /// A rule matched the event that was applied last; call before ``take(_:_:)`` gets it.
  ///
  /// - Parameter duration: Nanoseconds to record from it on; `nil` for what the options say.
  /// - Returns: The file that begins with this match, if one does.
  public mutating func match(
    _ event: borrowing EventView, duration: UInt64?, _ state: borrowing SystemState
  ) -> String? {
    let time = event.timestamp
    if let deadline, time > deadline { end(at: time) }
    let (sum, overflow) = time.addingReportingOverflow(duration ?? options.after)
    let until = overflow ? .max : sum
    if let deadline {
      self.deadline = max(deadline, until)
      return nil
    }
    deadline = until
    _ = history.completeBlock(at: time)
    let since = time - min(time, options.before)
    let known = max(since, history.forgottenUntil ?? 0)
    var contents = machine.with(processesOf: state, startedBefore: known, textBytes: options.listBytes)
    let present = Set(contents.processes.lazy.map(\.main.tid))
    for (ended, _, process) in departed where ended >= known && !present.contains(process.main.tid) {
      contents.processes.append(process)
    }
    let path = options.pathPrefix + "_" + twentyDigits(time) + "_" + twentyDigits(state.current.number) + ".scap"
    thread.begin(RecordingStart(path: path, contents: contents, containers: containers.records(of: state, at: since), time: since))
    for block in history.blocks { thread.write(block) }
    return path
  }

  /// Remembers the event that was applied last, and records it if a file is being written.
  public mutating func take(_ event: borrowing EventView, _ state: borrowing SystemState) {
    if let deadline, event.timestamp > deadline { end(at: event.timestamp) }
    if let block = history.append(event), deadline != nil { thread.write(block) }
    containers.take(event)
    if event.type == .procexit { rememberEnd(event.timestamp, state) }
  }

  /// Time passes without events: a file whose time is up ends.
  ///
  /// - Parameter now: Nanoseconds since the epoch. Events of up to a second before it may still come.
  public mutating func pause(now: UInt64) {
    if let deadline, now > deadline, now - deadline > 1_000_000_000 { end(at: now) }
  }

  /// Completes what is being written and waits for it.
  public mutating func finish() {
    if let deadline { end(at: deadline) }
    thread.finish()
  }

  private mutating func end(at time: UInt64) {
    if let block = history.completeBlock(at: time) { thread.write(block) }
    thread.end()
    deadline = nil
  }

  private mutating func rememberEnd(_ time: UInt64, _ state: borrowing SystemState) {
    // What began in the meantime is known by its own events: short-lived processes cost nothing.
    let since = max(time - min(time, options.before), history.forgottenUntil ?? 0)
    guard options.before > 0, let process = state.readingOfCurrentProcess(startedBefore: since) else { return }
    let bytes = process.memoryBytes
    if departedBytes + bytes > Self.departedLimit || departed.first.map({ $0.time + 2 * options.before < time }) ?? false {
      var count = departed.firstIndex { $0.time >= since } ?? departed.count
      count = max(count, (departed.count + 1) / 2)
      for entry in departed.prefix(count) { departedBytes -= entry.bytes }
      departed.removeFirst(count)
    }
    guard departedBytes + bytes <= Self.departedLimit else { return }
    departedBytes += bytes
    departed.append((time, bytes, process))
  }

  /// For the name of a file: sorted by name, files are sorted by time.
  private func twentyDigits(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 20 - digits.count) + digits
  }
}

extension ProcessReading {
  /// About as much as it takes.
  fileprivate var memoryBytes: Int {
    let texts =
      main.exe.count + main.arguments.count + main.environment.count + main.exepath.count + main.cwd.count
      + main.root.count + main.cgroups.count
    return descriptors.reduce(1024 + texts) { $0 + 192 + $1.name.count }
  }
}
