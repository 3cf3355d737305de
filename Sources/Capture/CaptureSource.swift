public import EventSchema

/// Anything that yields captured events: a driver, a capture file, a plugin, a test.
///
/// A source owns the memory its events live in and lends them in batches, so the compiler rejects a view that would
/// outlive the ring it points into. One thread owns a source; nothing here is safe to call from two.
public protocol CaptureSource: ~Copyable {
  /// Waits for events and lends the ones that are ready, in timestamp order.
  ///
  /// Returns the space of the previous batch to the producer first.
  ///
  /// - Parameter limit: The longest time to wait; `.zero` polls. Monotonic clock.
  /// - Returns: A batch, empty if `limit` passed with nothing to read.
  /// - Throws: ``CaptureError/endOfStream`` once a finite source is spent;
  ///   ``CaptureError/system(_:during:)`` if waiting fails for good.
  @_lifetime(&self)
  mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch

  /// Counts since the source was opened; every lost event has exactly one reason.
  ///
  /// Changes nothing that a reader sees. Mutating, because the compiler cannot borrow a driver whose type it does not
  /// know from within another value (Swift 6.3).
  mutating func statistics() throws(CaptureError) -> CaptureStatistics

  /// Carries on after ``nextBatch(waitingUpTo:)`` failed, if the source knows how.
  ///
  /// - Parameter failure: What was thrown.
  /// - Returns: What was missed; whoever keeps a state has to read /proc again.
  /// - Throws: `failure`, or another one that says why the source is at its end. Most sources do nothing else.
  mutating func recover(from failure: CaptureError) throws(CaptureError) -> CaptureGap
}

extension CaptureSource where Self: ~Copyable {
  public mutating func recover(from failure: CaptureError) throws(CaptureError) -> CaptureGap { throw failure }
}

/// A time without capture: one driver died, and another one or the same goes on.
public struct CaptureGap: Sendable, Equatable {
  /// The driver that died, the one that goes on, and why.
  public var from: DriverKind
  public var to: DriverKind
  public var reason: CaptureError
  /// The longest time for which nothing can have been captured, in nanoseconds: from when the old driver was last
  /// known to work until the new one captured. What was called in it was not seen, and nobody counted it.
  public var nanoseconds: UInt64

  public init(from: DriverKind, to: DriverKind, reason: CaptureError, nanoseconds: UInt64) {
    self.from = from
    self.to = to
    self.reason = reason
    self.nanoseconds = nanoseconds
  }
}

/// A live source of this host's system calls.
public protocol CaptureDriver: CaptureSource, ~Copyable {
  /// The name users write in the configuration, such as `modern_ebpf`.
  static var kind: DriverKind { get }

  /// Reports whether this host can run the driver, without changing the host.
  static func assess(_ host: borrowing HostFacts) -> DriverSupport

  /// Loads and attaches the driver with capture still off.
  ///
  /// Detaching and unloading happen when the value is destroyed.
  init(opening options: CaptureOptions) throws(CaptureError)

  /// Replaces what is captured; an empty interest turns capture off.
  mutating func capture(_ interest: Interest) throws(CaptureError)

  /// Makes sure that the kernel's side still works, by a call of this process that the driver must notice: somebody
  /// may have detached or changed it without a trace at our end. Takes microseconds; called every second or so, between
  /// batches.
  ///
  /// - Throws: ``CaptureError/silent(_:)`` if it does not work any more. The driver is of no use then.
  mutating func checkPulse() throws(CaptureError)
}

extension CaptureDriver where Self: ~Copyable {
  /// For drivers that cannot be taken away unnoticed.
  public mutating func checkPulse() throws(CaptureError) {}
}

public enum DriverKind: String, Sendable, CaseIterable {
  case modernEBPF = "modern_ebpf"
  case ebpf
  case kmod
  case ptrace
}

/// What a driver shall make events of. Everything else stays in the kernel.
public struct Interest: Sendable, Equatable {
  /// Events by type: exits of calls with an event of their own, entry hooks, tracepoints.
  public var events: EventTypeSet
  /// Calls without an event of their own, wanted as ``EventType/generic``. Looked at only if `events` has `.generic`.
  public var genericCalls: SyscallSet
  /// Events of opens carry the path that the kernel knows the file by, in their parameter `realpath`. The walk up the
  /// directories costs the captured call up to a microsecond: ask for it only if something looks at it.
  public var resolvesPaths: Bool
  /// Those of `events` that nobody looks at: the state behind other events lives on them. A driver to which each event is
  /// dear may leave out some whose effect later events tell as well.
  public var forState: EventTypeSet

  public init(
    events: EventTypeSet = EventTypeSet(), genericCalls: SyscallSet = SyscallSet(), resolvesPaths: Bool = false,
    forState: EventTypeSet = EventTypeSet()
  ) {
    self.events = events
    self.genericCalls = genericCalls
    self.resolvesPaths = resolvesPaths
    self.forState = forState
  }
  /// Nothing: capture is off.
  public static var none: Interest { Interest() }
  public static var everything: Interest { Interest(events: .all, genericCalls: .all, resolvesPaths: true) }
  public var isEmpty: Bool { events.isEmpty }
}

/// How a driver is opened.
public struct CaptureOptions: Sendable {
  /// Memory for the records of ``cpusPerLane`` CPUs; a power of two and a multiple of the page size. Configuration:
  /// `engine.*.buf_size_preset`.
  public var bufferBytesPerLane = 8 << 20
  /// How many CPUs share that; 0 for all. Drivers with a ring for each CPU divide it among them. Configuration:
  /// `engine.modern_ebpf.cpus_for_each_buffer`.
  public var cpusPerLane = 2
  /// How much of the data of reads and writes an event carries, in bytes; at most 65,000.
  public var snaplen = 80
  /// Events that may be asked for later: only programs for these are loaded. A later ``CaptureDriver/capture(_:)``
  /// beyond this set throws ``CaptureError/notLoaded(_:)``.
  public var loadable: Interest = .everything
  /// Threads of this process never make events: an agent that watched itself would feed itself.
  public var ignoredProcess: Int32?
  /// What a driver that needs a target traces; the others watch the whole host and pass it over.
  public var target: TraceTarget?
  /// Called once when the command of ``target`` has ended, from ``CaptureSource/nextBatch(waitingUpTo:)``, or when it
  /// cannot be run, from opening. Descendants of it may still run; the source ends with the last of them.
  public var onCommandEnd: (@Sendable (CommandOutcome) -> Void)?
  /// Runs work that takes the privileges of opening, when they may not be in force any more. By default it just runs.
  public var withPrivileges: @Sendable (_ work: () -> Void) -> Void = { $0() }
  /// Called with each program that was refused, and the telling lines of the verifier's log; with ``ringsAreDegraded``
  /// instead of a program where rings are smaller or fewer than asked for.
  public var onDegraded: (@Sendable (_ program: String, _ reason: String) -> Void)?

  /// In place of a program's name.
  public static let ringsAreDegraded = "rings"

  public init() {}

  /// What each CPU's ring may take in drivers where every CPU has one of its own: CPUs that would share a ring share its
  /// size. A power of two, rounded down.
  public func ringBytesPerCPU(online: Int, atLeast least: Int) -> Int {
    let sharers = cpusPerLane < 1 ? online : min(cpusPerLane, online)
    let wished = max(bufferBytesPerLane / max(1, sharers), least)
    return 1 << (Int.bitWidth - 1 - wished.leadingZeroBitCount)
  }
}

/// The processes that the ptrace driver watches.
public enum TraceTarget: Sendable, Equatable {
  /// Started by the driver, as its tracee: the program, found along `PATH` if it has no slash, and its arguments.
  case command([String])
  /// Running already: these processes with all their threads and descendants from now on.
  case processes([Int32])
}

/// Every way capture can fail, each with the values needed to act on it.
public enum CaptureError: Error, Sendable, Equatable {
  /// A system call failed for good.
  case system(errno: Int32, during: String)
  /// This build does not contain the driver's object.
  case notBuilt(DriverKind)
  /// The driver is built for each kernel, and there is nothing at `path`, where it would be for this one.
  case noObject(DriverKind, path: String)
  /// The kernel refused the driver's dispatcher, without which nothing works.
  case refused(program: String, errno: Int32, log: String)
  /// ``CaptureDriver/capture(_:)`` asked for events whose programs were not loaded at opening.
  case notLoaded([EventType])
  /// The driver is open and has stopped to work: what of it, in words.
  case silent(String)
  /// A finite source is spent.
  case endOfStream
  /// A finite source cannot be read, from the start or from a place on; everything before that place was lent.
  case damaged(source: String, problem: String)
}

extension CaptureError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let errno, let operation): "\(operation): \(errorText(errno))"
    case .notBuilt(let kind): "\(kind.rawValue): this build does not contain the driver"
    case .noObject(let kind, let path):
      "\(kind.rawValue): not built for this kernel (\(path) is missing); run windhover driver build --kind \(kind.rawValue)"
    case .refused(let program, let errno, let log):
      "the kernel refused program \(program): \(errorText(errno))" + (log.isEmpty ? "" : "\n\(log)")
    case .notLoaded(let types):
      "not loaded at opening: " + types.map { Schema.event($0)?.symbol ?? "\($0.rawValue)" }.joined(separator: ", ")
    case .silent(let what): "the driver has stopped to work: \(what)"
    case .endOfStream: "end of the capture"
    case .damaged(let source, let problem): "\(source): \(problem)"
    }
  }
}

/// Counts since a source was opened. `seen + lost` is what the producer made.
public struct CaptureStatistics: Sendable, Equatable {
  /// Events lent to the reader.
  public var seen: UInt64 = 0
  /// Lost events by reason; each lost event is counted under exactly one.
  public var lost = LossCounts()
  /// Texts and buffers that events carry empty because the caller's memory could not be read at that moment: a page that
  /// is not resident (programs in the kernel must not wait for it), or an address that leads nowhere. The event itself
  /// arrived, so this is no loss: an event that is lost for the same reason counts under ``LossCounts/pageFault``.
  /// Shown as `unreadable`. 0 where not counted.
  public var unreadable: UInt64 = 0
  /// Entries into the driver's programs that the interest filtered out; not losses. 0 where not counted.
  public var filtered: UInt64 = 0

  public init() {}

  /// Adds the counts of another source, such as the driver before this one.
  public static func += (sum: inout CaptureStatistics, other: CaptureStatistics) {
    sum.seen += other.seen
    sum.filtered += other.filtered
    sum.lost.ringFull += other.lost.ringFull
    sum.lost.tooLarge += other.lost.tooLarge
    sum.lost.pageFault += other.lost.pageFault
    sum.lost.recursion += other.lost.recursion
    sum.lost.programMissing += other.lost.programMissing
    sum.lost.malformed += other.lost.malformed
  }
}

/// Why events were lost, one count per reason.
public struct LossCounts: Sendable, Equatable {
  /// No room in the ring: the reader is too slow, or the ring too small.
  public var ringFull: UInt64 = 0
  /// The record would pass 64 KiB, or the scratch space of the driver.
  public var tooLarge: UInt64 = 0
  /// The event was not made because memory that it needs was not there. Drivers that send such values empty do not
  /// lose events to this: see ``CaptureStatistics/unreadable``.
  public var pageFault: UInt64 = 0
  /// The kernel, or the driver's own guard, skipped a program because it was already running on that CPU. The kernel
  /// counts runs, wanted or not: this is then an upper bound of the events lost.
  public var recursion: UInt64 = 0
  /// A wanted call had no loaded program: it was refused at load.
  public var programMissing: UInt64 = 0
  /// The record did not decode.
  public var malformed: UInt64 = 0

  public init() {}

  /// Name in metrics and summaries, and value, in a fixed order.
  public var byReason: [(reason: String, count: UInt64)] {
    [
      ("ring_full", ringFull), ("too_large", tooLarge), ("page_fault", pageFault), ("recursion", recursion),
      ("program_missing", programMissing), ("malformed", malformed),
    ]
  }
  public var total: UInt64 { byReason.reduce(0) { $0 + $1.count } }
}
