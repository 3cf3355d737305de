import Capture
import EventSchema

/// The records of the workload's own processes and threads, out of those of the whole host.
///
/// Threads are numbered in the order in which they were made, which the workload defines. Their records are put one
/// thread after the other: within a thread the order is that of time, and between two threads that exist at the same
/// moment (a parent that returns from fork, the child that starts) the kernel promises none.
struct ProcessTree {
  private let records: [Record]
  /// By thread id, its number.
  private let threads: [Int64: Int]

  /// - Throws: ``Failure`` if the workload's own start is not among the records.
  init(of run: Run) throws {
    guard let start = run.records.firstIndex(where: { Self.isStart($0) && run.root ?? $0.thread == $0.thread }) else {
      throw Failure("\(run.kind.rawValue): the start of the workload is not among \(run.records.count) records")
    }
    let later = run.records[(start + 1)...].sorted { $0.timestamp < $1.timestamp }
    var threads = [run.records[start].thread: 0]
    for record in later where threads[record.thread] == nil {
      if let maker = Self.maker(of: record), threads[maker] != nil { threads[record.thread] = threads.count }
    }
    self.threads = threads
    records = later.filter { threads[$0.thread] != nil }
  }

  /// The second exec of the workload, which gives it the environment that all runs have in common.
  private static func isStart(_ record: Record) -> Bool {
    guard record.type == .execve, record["res"] == 0,
      let index = Schema.event(.execve)?.parameters.firstIndex(where: { $0.name == "env" }),
      index < record.parameters.count
    else { return false }
    return record.parameters[index] == Array("PARITY=1\0LANG=C\0".utf8)
  }

  /// The calls that make threads; they return in the new thread, too.
  static let makers = EventTypeSet([.clone, .clone3, .fork, .vfork])

  /// Whose child or thread the record's thread is, if the record is the first that it made: the parent of a new
  /// process, the process of a new thread.
  static func maker(of record: Record) -> Int64? {
    guard makers.contains(record.type), record["res"] == 0, let pid = record["pid"], let tid = record["tid"] else {
      return nil
    }
    return pid == tid ? record["ptid"] : pid
  }

  func lines() -> [Line] {
    var byThread: [[Record]] = Array(repeating: [], count: threads.count)
    for record in records { byThread[threads[record.thread]!].append(record) }
    var normaliser = Normaliser(threads: threads)
    return byThread.enumerated().flatMap { number, records in
      // A child's end reaches its parent between any two of the parent's calls, so its place says nothing.
      (records.filter { !Self.isChildsEnd($0) } + records.filter(Self.isChildsEnd)).map {
        normaliser.line(of: $0, thread: number)
      }
    }
  }

  private static func isChildsEnd(_ record: Record) -> Bool { record.type == .signaldeliver && record["sig"] == 17 }
}
