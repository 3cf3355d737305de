public import BackgroundWork
public import SystemState

/// What the worker found out, for the thread that owns the state.
public struct DigestResult: Sendable {
  public var slot: UInt32
  public var serial: UInt64
  /// `nil` if it cannot be told: the file is gone, changed, too large, or lies where reading may wait.
  public var digest: FileDigest?
}

/// Computes hashes of executables on a thread of its own, each file once per change of it.
///
/// The newest come first: alerts wait for what has just been executed, and not for what already ran at the start.
///
/// Bounded: how many wait, how large a file may be, and how many hashes are remembered. What finds no room, or has waited
/// longest where there is none left, is answered as not known.
public final class DigestWorker: Sendable {
  /// How many may wait.
  public static let capacity = 16_384

  private let requests = WorkQueue<NewExecutable>(capacity: DigestWorker.capacity)
  /// More than anyone can ask for before the next ``take()``.
  private let results = WorkQueue<DigestResult>(capacity: 1 << 20)

  /// - Parameter limitBytes: Larger files are not hashed.
  public init(limitBytes: UInt64) {
    startThread { [requests, results] in
      ExecutableFile.yieldToOthers()
      var cache = DigestCache(limitBytes: limitBytes)
      var waiting: [NewExecutable] = []
      // Without a wait while there is something to do; `nil` is the end.
      while let batch = requests.next(dueAt: waiting.isEmpty ? nil : 0) {
        waiting += batch
        let surplus = waiting.prefix(max(0, waiting.count - DigestWorker.capacity))
        for request in surplus { results.add(DigestResult(slot: request.slot, serial: request.serial, digest: nil)) }
        waiting.removeFirst(surplus.count)
        guard let request = waiting.popLast() else { continue }
        results.add(DigestResult(slot: request.slot, serial: request.serial, digest: cache.digest(of: request)))
      }
    }
  }

  /// Hands over executables. Does not wait.
  public func submit(_ executables: [NewExecutable]) {
    for executable in executables where !requests.add(executable) {
      results.add(DigestResult(slot: executable.slot, serial: executable.serial, digest: nil))
    }
  }

  /// What was found out since the last call; cheap if nothing was.
  public func take() -> [DigestResult] { results.take() }

  /// Ends the thread once the file that it reads is done, without waiting for that.
  public func finish() { requests.close() }
}
