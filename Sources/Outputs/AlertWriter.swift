internal import CLinux
internal import Glibc

/// Carries lines from the thread that finds alerts to the channels, through one queue with an end.
///
/// One thread of its own writes each line to all channels in their order. The queue never blocks who offers a line:
/// where it is full the line is dropped and counted.
public final class AlertWriter: Sendable {
  public struct Statistics: Sendable, Equatable {
    /// Lines that were handed to the channels.
    public var written: UInt64 = 0
    /// Lines that found the queue full.
    public var dropped: UInt64 = 0
    /// Deliveries that a channel refused; a line can fail on one channel and pass on another.
    public var failed: UInt64 = 0
    /// Lines that were still waiting when the time to end was up.
    public var abandoned: UInt64 = 0
    public init() {}
  }

  private let shared: WriterState
  private let thread: pthread_t

  /// - Parameters:
  ///   - channels: At least one. They are used by the writer's thread only.
  ///   - capacity: Lines that may wait; 0 for no limit.
  ///   - report: Told of each failed delivery, and once when lines begin to be dropped; called on any thread.
  public init(
    _ channels: sending [any OutputChannel], capacity: Int = 0, report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    shared = WriterState(channels, capacity: capacity, report: report)
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(shared)
    let failure = unsafe pthread_create(
      &thread, nil,
      { context in
        unsafe Unmanaged<WriterState>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    precondition(failure == 0, "no thread for the outputs: errno \(failure)")
    self.thread = thread
  }

  /// Puts a line into the queue. Any thread; never blocks for longer than another offer takes.
  /// - Returns: `false` if it was dropped.
  @discardableResult
  public func offer(_ line: consuming [UInt8]) -> Bool { shared.offer(line) }

  /// Has the channels reopen their files, before the next line is written.
  public func reopen() { shared.requestReopening() }

  public var statistics: Statistics { shared.currentStatistics }

  /// Lines that wait at the moment.
  public var waiting: Int { shared.waiting }

  /// Delivers what waits and ends the thread. Call once; offers after it are dropped.
  ///
  /// - Parameter limitMilliseconds: The longest time to wait. A channel that hangs keeps its thread, and what is left
  ///   counts as abandoned.
  /// - Returns: Whether everything was delivered in time.
  @discardableResult
  public func finish(limitMilliseconds: Int = 2000) -> Bool {
    guard shared.close(limitMilliseconds: limitMilliseconds) else { return false }
    pthread_join(thread, nil)
    return true
  }
}

/// What the two sides share, under one lock.
@safe private final class WriterState: @unchecked Sendable {
  /// Heap memory, because a lock must not move.
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private let channels: [any OutputChannel]
  private let capacity: Int
  private let report: @Sendable (String) -> Void

  private var lines: [[UInt8]] = []
  /// Lines that the writer has taken and not yet written; they count as waiting.
  private var inHand = 0
  private var isClosed = false
  private var hasEnded = false
  private var wantsReopening = false
  private var isDropping = false
  private var statistics = AlertWriter.Statistics()

  init(_ channels: [any OutputChannel], capacity: Int, report: @escaping @Sendable (String) -> Void) {
    self.channels = channels
    self.capacity = capacity
    self.report = report
    unsafe lock = .allocate(capacity: 1)
    unsafe changed = .allocate(capacity: 1)
    unsafe pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(changed, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  var currentStatistics: AlertWriter.Statistics { locked { statistics } }
  var waiting: Int { locked { lines.count + inHand } }

  func offer(_ line: consuming [UInt8]) -> Bool {
    unsafe pthread_mutex_lock(lock)
    if isClosed || (capacity > 0 && lines.count + inHand >= capacity) {
      statistics.dropped += 1
      let isFirst = !isDropping
      isDropping = true
      unsafe pthread_mutex_unlock(lock)
      if isFirst { report("the output queue is full (\(capacity) alerts): alerts are dropped until it drains") }
      return false
    }
    isDropping = false
    lines.append(line)
    unsafe pthread_cond_broadcast(changed)
    unsafe pthread_mutex_unlock(lock)
    return true
  }

  func requestReopening() {
    locked {
      wantsReopening = true
      unsafe pthread_cond_broadcast(changed)
    }
  }

  /// - Returns: Whether the writer has ended within the limit.
  func close(limitMilliseconds: Int) -> Bool {
    var deadline = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
    deadline.tv_sec += limitMilliseconds / 1000
    deadline.tv_nsec += limitMilliseconds % 1000 * 1_000_000
    if deadline.tv_nsec >= 1_000_000_000 {
      deadline.tv_sec += 1
      deadline.tv_nsec -= 1_000_000_000
    }
    return locked {
      isClosed = true
      unsafe pthread_cond_broadcast(changed)
      while !hasEnded {
        if unsafe pthread_cond_timedwait(changed, lock, &deadline) == ETIMEDOUT, !hasEnded {
          statistics.abandoned += UInt64(lines.count + inHand)
          lines.removeAll()
          return false
        }
      }
      return true
    }
  }

  /// The writer's thread: takes all lines that wait, writes them, and ends when there are none and none will come.
  func run() {
    while true {
      unsafe pthread_mutex_lock(lock)
      while lines.isEmpty, !isClosed, !wantsReopening { unsafe pthread_cond_wait(changed, lock) }
      let mustReopen = wantsReopening
      wantsReopening = false
      let batch = lines
      lines = []
      inHand = batch.count
      let mustEnd = batch.isEmpty && isClosed
      unsafe pthread_mutex_unlock(lock)

      if mustReopen { attempt { channel throws(OutputError) in try channel.reopen() } }
      for line in batch {
        attempt { channel throws(OutputError) in try channel.write(line) }
        locked {
          statistics.written += 1
          inHand -= 1
        }
      }
      attempt { channel throws(OutputError) in try channel.flush() }
      if mustEnd {
        locked {
          hasEnded = true
          unsafe pthread_cond_broadcast(changed)
        }
        return
      }
    }
  }

  private func attempt(_ action: (any OutputChannel) throws(OutputError) -> Void) {
    for channel in channels {
      do throws(OutputError) {
        try action(channel)
      } catch {
        locked { statistics.failed += 1 }
        report("\(channel.name): \(error)")
      }
    }
  }
}
