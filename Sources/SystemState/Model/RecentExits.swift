/// Threads that exited a moment ago: a parent's clone event may arrive after its short-lived child's last one.
///
/// A direct-mapped table over the low bits of the id: ids are handed out in sequence, so the last 8192 exits rarely
/// push each other out. A forgotten exit costs one stale entry, which the next owner of the id replaces.
struct RecentExits: ~Copyable {
  private struct Exit: BitwiseCopyable {
    var tid: Int32 = -1
    var parentProcess: Int32 = -1
    var pid: Int32 = -1
    var time: UInt64 = 0
  }
  private var exits = [Exit](repeating: Exit(), count: 8192)
  /// Nanoseconds for which an exit counts as recent.
  static let memory: UInt64 = 2_000_000_000

  mutating func insert(tid: Int32, parentProcess: Int32, pid: Int32, time: UInt64) {
    exits[Int(tid) & 8191] = Exit(tid: tid, parentProcess: parentProcess, pid: pid, time: time)
  }

  /// Whether a child of this process exited less than two seconds before `time`, or a thread of the caller's own.
  ///
  /// The child's parent is compared by process: a tracer that sees a child before its maker does not know which thread that
  /// was, and a thread that ends meanwhile leaves its children to another of its process.
  func contains(tid: Int32, parentProcess: Int32, process: Int32, at time: UInt64) -> Bool {
    let exit = exits[Int(tid) & 8191]
    return exit.tid == tid && (exit.parentProcess == parentProcess || exit.pid == process)
      && (time < exit.time || time - exit.time < RecentExits.memory)
  }
}
