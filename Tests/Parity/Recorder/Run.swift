import Capture
import EventSchema
import Glibc
import ModernBPFDriver

import BPFDriver
import KmodDriver
import PtraceDriver

/// One record, copied out of its batch.
struct Record {
  let type: EventType
  let thread: Int64
  let timestamp: UInt64
  let parameters: [[UInt8]]

  init(_ view: borrowing EventView) {
    type = view.type
    thread = Int64(view.threadID)
    timestamp = view.timestamp
    parameters = (0..<view.parameterCount).map { index in
      let bytes = view.bytes(index)
      return (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
  }

  /// A number by its parameter's name; `nil` if the record has no such value.
  subscript(name: String) -> Int64? {
    guard let index = Schema.event(type)?.parameters.firstIndex(where: { $0.name == name }), index < parameters.count,
      !parameters[index].isEmpty
    else { return nil }
    return Int64(bitPattern: littleEndian(parameters[index]))
  }
}

func littleEndian(_ bytes: some Collection<UInt8>) -> UInt64 {
  bytes.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
}

/// Everything that a driver saw of the host while the workload ran.
struct Run {
  let kind: DriverKind
  fileprivate(set) var records: [Record] = []
  /// The workload's first process; `nil` where the driver started it itself.
  let root: Int64?
  /// Values that went out empty because the memory was not there, of the whole host. The workload asks for some.
  fileprivate(set) var unreadable: UInt64 = 0
  /// Runs of programs that the kernel skipped, whoever's they were: "Preemption" in docs/KERNELS.md. A record of the
  /// workload among them is missing in the comparison.
  fileprivate(set) var skipped: UInt64 = 0
}

/// A driver that is open for as many runs as are wanted: the verifier takes longer to look at its programs than the
/// workload takes.
final class Watcher {
  private let watch: (String) throws -> Run

  init(_ kind: DriverKind) throws {
    switch kind {
    case .modernEBPF: watch = try HostWatcher<ModernBPFDriver>().run
    case .ebpf: watch = try HostWatcher<BPFDriver>().run
    case .kmod: watch = try HostWatcher<KmodDriver>().run
    case .ptrace: watch = trace
    }
  }

  /// - Throws: ``Failure`` if the driver lost an event other than by a skipped run, or the workload did not end well: such
  ///   a run proves nothing.
  func run(_ workload: String) throws -> Run { try watch(workload) }
}

/// The workload takes a second on a quiet machine, and a minute in a virtual one.
private let secondsMax = 180
private let recordsMax = 100_000

/// Everything but what depends on the scheduler and on memory pressure.
private var interest: Interest {
  var interest = Interest.everything
  interest.events.remove(.sched_switch)
  interest.events.remove(.page_fault)
  interest.resolvesPaths = true
  return interest
}

private var options: CaptureOptions {
  var options = CaptureOptions()
  // The whole host is watched, and nothing may be lost of the few milliseconds that count.
  options.bufferBytesPerLane = 64 << 20
  options.loadable = interest
  options.ignoredProcess = getpid()
  return options
}

private final class HostWatcher<Driver: CaptureDriver & ~Copyable> {
  private var driver: Driver

  init() throws {
    let refusals = Refusals()
    var options = options
    options.onDegraded = { program, reason in
      if program != CaptureOptions.ringsAreDegraded { refusals.add("\(program): \(reason)") }
    }
    driver = try Driver(opening: options)
    guard refusals.all.isEmpty else { throw Failure("refused by the kernel: \(refusals.all)") }
  }

  func run(_ workload: String) throws -> Run {
    let before = try driver.statistics()
    try driver.capture(interest)
    let child = try start(workload)
    var run = Run(kind: Driver.kind, root: Int64(child))
    var members: Set<UInt64> = [UInt64(child)]
    var status: Int32?
    let limit = time(nil) + secondsMax
    while true {
      if status == nil { status = try ended(child) }
      if status == nil, time(nil) > limit || run.records.count > recordsMax {
        try driver.capture(.none)
        kill(child, SIGKILL)
        throw Failure("\(run.records.count) records after \(time(nil) - limit + secondsMax) s, and no end")
      }
      let isOver = status != nil
      if isOver { try driver.capture(.none) }
      let count = run.records.count
      try Self.take(&driver, of: &members, into: &run.records)
      if isOver && run.records.count == count { break }
    }
    guard status == 0 else { throw Failure("the workload ended with wait status \(status ?? 0)") }
    let after = try driver.statistics()
    run.unreadable = after.unreadable - before.unreadable
    run.skipped = after.lost.recursion - before.lost.recursion
    guard after.lost.total - before.lost.total == run.skipped else { throw Failure("events were lost: \(after.lost)") }
    return run
  }

  /// Keeps what the workload's threads made. The first record of a thread is that of the call that made it, and tells
  /// whose child it is.
  private static func take(_ driver: inout Driver, of members: inout Set<UInt64>, into records: inout [Record]) throws {
    var batch = try driver.nextBatch(waitingUpTo: .milliseconds(20))
    while let event = try batch.next() {
      let isMember = members.contains(event.threadID)
      guard isMember || ProcessTree.makers.contains(event.type) else { continue }
      let record = Record(event)
      if !isMember {
        guard let maker = ProcessTree.maker(of: record), members.contains(UInt64(bitPattern: maker)) else { continue }
        members.insert(event.threadID)
      }
      records.append(record)
    }
  }
}

/// A tracer starts the workload itself, and sees nothing else.
private func trace(_ workload: String) throws -> Run {
  var options = options
  options.target = .command([workload])
  options.ignoredProcess = nil
  var driver = try PtraceDriver(opening: options)
  try driver.capture(interest)
  var run = Run(kind: .ptrace, root: nil)
  let limit = time(nil) + secondsMax
  reading: while run.records.count <= recordsMax && time(nil) <= limit {
    do {
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(20))
      while let event = try batch.next() { run.records.append(Record(event)) }
    } catch CaptureError.endOfStream {
      break reading
    }
  }
  guard driver.outcome == .exited(0) else {
    throw Failure("the workload ended with \(driver.outcome.map { "\($0)" } ?? "nothing") after \(run.records.count) records")
  }
  let lost = try driver.statistics().lost
  guard lost.total == 0 else { throw Failure("events were lost: \(lost)") }
  return run
}

private func start(_ workload: String) throws -> pid_t {
  var child: pid_t = 0
  var arguments = unsafe [strdup(workload), nil]
  defer { unsafe free(arguments[0]) }
  let error = unsafe posix_spawn(&child, workload, nil, nil, &arguments, environ)
  guard error == 0 else { throw Failure("cannot start \(workload): \(errorText(error))") }
  return child
}

private func ended(_ child: pid_t) throws -> Int32? {
  var status: Int32 = 0
  let found = unsafe waitpid(child, &status, WNOHANG)
  guard found >= 0 else { throw Failure("waitpid: \(errorText(errno))") }
  return found == child ? status : nil
}

/// What the kernel refused, as told from the loader's callback.
final class Refusals: @unchecked Sendable {
  private(set) var all: [String] = []
  func add(_ text: String) { all.append(text) }
}
