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
  borrowing func statistics() throws(CaptureError) -> CaptureStatistics
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

  public init(events: EventTypeSet = EventTypeSet(), genericCalls: SyscallSet = SyscallSet()) {
    self.events = events
    self.genericCalls = genericCalls
  }
  /// Nothing: capture is off.
  public static var none: Interest { Interest() }
  public static var everything: Interest { Interest(events: .all, genericCalls: .all) }
  public var isEmpty: Bool { events.isEmpty }
}

/// How a driver is opened.
public struct CaptureOptions: Sendable {
  /// Size of each ring; a power of two and a multiple of the page size. Configuration: `engine.*.buf_size_preset`.
  public var bufferBytesPerLane = 8 << 20
  /// How many CPUs share one ring; 0 puts all into one. Configuration: `engine.modern_ebpf.cpus_for_each_buffer`.
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
  /// Called with each program that was refused, and the telling lines of the verifier's log.
  public var onDegraded: (@Sendable (_ program: String, _ reason: String) -> Void)?

  public init() {}
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
  /// The kernel refused the driver's dispatcher, without which nothing works.
  case refused(program: String, errno: Int32, log: String)
  /// ``CaptureDriver/capture(_:)`` asked for events whose programs were not loaded at opening.
  case notLoaded([EventType])
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
    case .refused(let program, let errno, let log):
      "the kernel refused program \(program): \(errorText(errno))" + (log.isEmpty ? "" : "\n\(log)")
    case .notLoaded(let types):
      "not loaded at opening: " + types.map { Schema.event($0)?.symbol ?? "\($0.rawValue)" }.joined(separator: ", ")
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
  /// Entries into the driver's programs that the interest filtered out; not losses. 0 where not counted.
  public var filtered: UInt64 = 0

  public init() {}
}

/// Why events were lost, one count per reason.
public struct LossCounts: Sendable, Equatable {
  /// No room in the ring: the reader is too slow, or the ring too small.
  public var ringFull: UInt64 = 0
  /// The record would pass 64 KiB, or the scratch space of the driver.
  public var tooLarge: UInt64 = 0
  /// Memory that had to be read for the event was not there.
  public var pageFault: UInt64 = 0
  /// The kernel skipped a program because it was already running on that CPU.
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
