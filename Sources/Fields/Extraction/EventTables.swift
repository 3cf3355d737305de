internal import EventSchema

/// What the extractor asks of an event's type, by code: one load instead of a walk through the schema.
struct EventTables {
  let count = Int(EventType.count.rawValue)
  /// Position of the open flags, for the calls that `evt.is_open_read` and its like look at; -1 for all others.
  private(set) var openFlags: [Int8]
  private(set) var openMode: [Int8]
  /// Position of a buffer called `data`; -1 for events without one.
  private(set) var data: [Int8]
  /// Finished system calls and their entry hooks.
  private(set) var isSyscall: [Bool]
  /// How the first parameter of a finished call reads as its result; `none` where there is no result.
  enum ResultShape: UInt8, BitwiseCopyable { case none, long, signed, unsigned }
  private(set) var results: [ResultShape]
  /// Made by Windhover or a plugin, not by the kernel.
  private(set) var isMeta: [Bool]

  init() {
    openFlags = Array(repeating: -1, count: count)
    openMode = openFlags
    data = openFlags
    isSyscall = Array(repeating: false, count: count)
    isMeta = isSyscall
    results = Array(repeating: .none, count: count)
    let opens: Set = ["open", "openat", "openat2", "open_by_handle_at"]
    let tracepoints: Set<EventType> = [
      .sched_switch, .procexit, .signaldeliver, .page_fault, .io_uring_submit, .pluginevent,
    ]
    for event in Schema.events {
      let code = Int(event.type.rawValue)
      isSyscall[code] =
        event.type != .drop
        && (event.direction == .WH_DIRECTION_EXIT || (event.symbol == event.name + "_enter" && event.name != "drop"))
      if event.type != .generic, isSyscall[code], event.direction == .WH_DIRECTION_EXIT,
        let first = event.parameters.first
      {
        switch first.type {
        case .WH_PT_ERRNO, .WH_PT_FD, .WH_PT_PID, .WH_PT_INT64, .WH_PT_UINT64: results[code] = .long
        case .WH_PT_INT32: results[code] = .signed
        case .WH_PT_UINT32, .WH_PT_UID, .WH_PT_GID: results[code] = .unsigned
        default: break
        }
      }
      isMeta[code] = !isSyscall[code] && !tracepoints.contains(event.type)
      for (position, parameter) in event.parameters.enumerated() {
        if opens.contains(event.name), parameter.name == "flags" { openFlags[code] = Int8(position) }
        if opens.contains(event.name) || event.name == "creat", parameter.name == "mode" {
          openMode[code] = Int8(position)
        }
        if parameter.name == "data", parameter.type == .WH_PT_BYTEBUF { data[code] = Int8(position) }
      }
    }
  }
}
