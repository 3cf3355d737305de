internal import BackgroundWork
internal import CLinux
internal import ProcFS

/// A container whose users are wanted, or what has become known of it meanwhile.
struct AccountInquiry: Sendable {
  /// As `container.id` shows it, and whole.
  var id: String
  var fullID: String
  /// A process in it; 0 for none.
  var process: Int32
  /// The runtime says that it was started: no better process will come.
  var isSettled = false
}

/// Reads the users of new containers from their own files, as soon as a process in them has changed its root.
///
/// That is looked for every few milliseconds at first: a container may live no longer than one command.
struct AccountReader {
  private struct Pending {
    var inquiry: AccountInquiry
    /// The latest last.
    var processes: [Int32]
    var began: UInt64
    var due: UInt64
    var interval: UInt64 = AccountReader.firstInterval
  }

  private static let firstInterval: UInt64 = 2_000_000
  private static let longestInterval: UInt64 = 1_000_000_000
  /// How many processes of one container are looked at.
  private static let mostProcesses = 8
  /// How long a process may have our own root before that is its container's root: nanoseconds.
  private static let setupTime: UInt64 = 1_000_000_000
  /// How long another process is waited for when those that were there have ended: nanoseconds.
  private static let patience: UInt64 = 5_000_000_000

  private var pending: [Pending] = []
  private let results: WorkQueue<LookupResult>

  init(_ results: WorkQueue<LookupResult>) { self.results = results }

  /// Works until the queue is closed.
  mutating func run(_ queue: WorkQueue<AccountInquiry>) {
    while let new = queue.next(dueAt: pending.map(\.due).min()) {
      let now = wh_clock_monotonic()
      for inquiry in new { take(inquiry, at: now) }
      for index in pending.indices.reversed() where pending[index].due <= now {
        if proceed(&pending[index]) { pending.remove(at: index) }
      }
    }
  }

  private mutating func take(_ inquiry: AccountInquiry, at now: UInt64) {
    if let index = pending.firstIndex(where: { $0.inquiry.id == inquiry.id }) {
      if inquiry.process > 0, !pending[index].processes.contains(inquiry.process) {
        pending[index].processes.append(inquiry.process)
        if pending[index].processes.count > AccountReader.mostProcesses { pending[index].processes.removeFirst() }
      }
      if inquiry.isSettled { pending[index].inquiry.isSettled = true }
      pending[index].due = now
    } else if inquiry.process > 0, pending.count < ContainerLookup.capacity {
      pending.append(Pending(inquiry: inquiry, processes: [inquiry.process], began: now, due: now))
    }
  }

  /// What the latest process that is still there shows.
  private func read(_ processes: [Int32], of id: String) -> ContainerAccounts.Outcome {
    var outcome = ContainerAccounts.Outcome.unreadable
    for process in processes.reversed() {
      switch ContainerAccounts.read(process: process, id: id) {
      case .read(let users, let groups): return .read(users, groups)
      case .tooEarly: outcome = .tooEarly
      case .unreadable: break
      }
    }
    return outcome
  }

  /// - Returns: Whether nothing is left to be done.
  private func proceed(_ pending: inout Pending) -> Bool {
    let inquiry = pending.inquiry
    let now = wh_clock_monotonic()
    switch read(pending.processes, of: inquiry.fullID) {
    case .read(let users, let groups):
      results.add(.accounts(id: inquiry.id, users, groups))
      return true
    case .tooEarly:
      if now - pending.began > AccountReader.setupTime, inquiry.isSettled {
        results.add(.noAccounts(id: inquiry.id))
        return true
      }
    case .unreadable:
      // The process is gone. The runtime may name another one later.
      if inquiry.isSettled || now - pending.began > AccountReader.patience {
        results.add(.noAccounts(id: inquiry.id))
        return true
      }
    }
    if now - pending.began > AccountReader.setupTime / 2 {
      pending.interval = min(pending.interval * 2, AccountReader.longestInterval)
    }
    pending.due = now + pending.interval
    return false
  }
}
