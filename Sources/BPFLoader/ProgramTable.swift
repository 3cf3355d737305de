public import Capture
internal import CBPFObjects
public import EventSchema

/// Which program of the object makes which event, and where it is attached.
///
/// The object is the one truth of what exists: an event whose program is not in it is not available.
public struct ProgramTable: Sendable {
  public static let exitDispatcher = "wh_sys_exit"
  public static let entryDispatcher = "wh_sys_enter"
  /// Behind the dispatchers, for 32-bit calls.
  public static let exitStage = "wh_ia32_exit"
  public static let entryStage = "wh_ia32_enter"

  /// Without a dispatcher there are no events at all; without any other program, its own are missing.
  public static func isDispatcher(_ name: String) -> Bool { name == exitDispatcher || name == entryDispatcher }

  /// Whether the kernel runs the program itself; the others are reached by tail call.
  public static func isAttached(_ name: String) -> Bool { isDispatcher(name) || name.hasPrefix("t_") }

  /// Where the dispatcher jumps to at once for a call that ends in this event; 0 where it goes by the call's number.
  static func directPlace(of event: EventType) -> UInt8 {
    switch event {
    case .generic: UInt8(WH_DIRECT_generic)
    case .openat: UInt8(WH_DIRECT_openat)
    case .close: UInt8(WH_DIRECT_close)
    case .read: UInt8(WH_DIRECT_read)
    case .write: UInt8(WH_DIRECT_write)
    default: 0
    }
  }

  /// Programs for a form of a tracepoint that the running kernel does not have.
  public static func otherForms() -> Set<String> {
    var others: Set = ["t_io_uring_submit", "t_io_uring_submit_sqe", "t_io_uring_submit_sqe_7"]
    // Known since then, without the 35 ms that reading the kernel's types takes. Where the tracepoint is missing all the
    // same, the program is refused.
    if KernelVersion.running >= KernelVersion(6, 4) { return others.subtracting(["t_io_uring_submit"]) }
    guard let types = KernelTypes() else { return others }
    if types.argumentCount(ofTracepoint: "io_uring_submit_req") == 1 {
      others.remove("t_io_uring_submit")
    } else {
      switch types.argumentCount(ofTracepoint: "io_uring_submit_sqe") {
      case 2: others.remove("t_io_uring_submit_sqe")
      case 7: others.remove("t_io_uring_submit_sqe_7")
      default: break
      }
    }
    return others
  }

  /// Where a program gets its events from.
  public enum Place: Equatable, Sendable {
    /// Tail-called by the dispatcher, by call number.
    case exit
    case entry
    /// Attached by itself, to one tracepoint.
    case tracepoint
    /// Tail-called by the exit program of the same event, for what is left to do.
    case continuation
  }

  public struct Program: Sendable {
    public let name: String
    public let place: Place
    public let event: EventType
  }

  public let programs: [Program]
  /// Events that at least one program makes.
  public let available: EventTypeSet

  /// - Parameter names: The programs in the object. `x_`, `e_`, `t_` and `c_` tell the place, the rest names the event;
  ///   page faults have two tracepoints, requests on an io_uring one of several forms.
  public init(names: [String]) {
    let bySymbol = Dictionary(uniqueKeysWithValues: Schema.events.map { ($0.symbol, $0.type) })
    programs = names.compactMap { name in
      let place: Place
      switch name.prefix(2) {
      case "x_": place = .exit
      case "e_": place = .entry
      case "t_": place = .tracepoint
      case "c_": place = .continuation
      default: return nil
      }
      var symbol = String(name.dropFirst(2))
      if symbol.hasPrefix("page_fault") { symbol = "page_fault" }
      if symbol.hasPrefix("io_uring_submit") { symbol = "io_uring_submit" }
      return bySymbol[symbol].map { Program(name: name, place: place, event: $0) }
    }
    available = EventTypeSet(programs.lazy.map(\.event))
  }

  /// The events that an interest needs programs for. The successful exec of either call is reported as `execve`.
  public static func needed(by interest: Interest) -> EventTypeSet {
    var events = interest.events
    if events.contains(.execveat) { events.insert(.execve) }
    if interest.genericCalls.isEmpty { events.remove(.generic) }
    return events
  }
}
