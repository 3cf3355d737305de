internal import BackgroundWork
internal import CLinux

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
  private let thread: BackgroundThread

  /// - Parameters:
  ///   - channels: At least one. They are used by the writer's thread only.
  ///   - capacity: Lines that may wait; 0 for no limit.
  ///   - report: Told of each failed delivery, and once when lines begin to be dropped; called on any thread.
  public init(
    _ channels: sending [any OutputChannel], capacity: Int = 0, report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    shared = WriterState(channels, capacity: capacity, report: report)
    do throws(NoThread) { thread = try BackgroundThread { [shared] in shared.run() } } catch {
      preconditionFailure("no thread for the outputs: errno \(error.errno)")
    }
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
    thread.join()
    return true
  }
}

/// What the two sides share, under one lock.
private final class WriterState: @unchecked Sendable {
  private let monitor = Monitor()
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
  }

  var currentStatistics: AlertWriter.Statistics { monitor.locked { statistics } }
  var waiting: Int { monitor.locked { lines.count + inHand } }

  func offer(_ line: [UInt8]) -> Bool {
    var isFirstDropped = false
    let isTaken = monitor.locked {
      if isClosed || (capacity > 0 && lines.count + inHand >= capacity) {
        statistics.dropped += 1
        isFirstDropped = !isDropping
        isDropping = true
        return false
      }
      isDropping = false
      lines.append(line)
      monitor.wakeAll()
      return true
    }
    if isFirstDropped { report("the output queue is full (\(capacity) alerts): alerts are dropped until it drains") }
    return isTaken
  }

  func requestReopening() {
    monitor.locked {
      wantsReopening = true
      monitor.wakeAll()
    }
  }

  /// - Returns: Whether the writer has ended within the limit.
  func close(limitMilliseconds: Int) -> Bool {
    let deadline = wh_clock_monotonic() + UInt64(limitMilliseconds) * 1_000_000
    return monitor.locked {
      isClosed = true
      monitor.wakeAll()
      while !hasEnded {
        if !monitor.wait(until: deadline), !hasEnded {
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
      var mustReopen = false
      let batch: [[UInt8]]? = monitor.locked {
        while lines.isEmpty, !isClosed, !wantsReopening { monitor.wait() }
        mustReopen = wantsReopening
        wantsReopening = false
        defer { lines = [] }
        inHand = lines.count
        return lines.isEmpty && isClosed ? nil : lines
      }

      if mustReopen { attempt { channel throws(OutputError) in try channel.reopen() } }
      for line in batch ?? [] {
        attempt { channel throws(OutputError) in try channel.write(line) }
        monitor.locked {
          statistics.written += 1
          inHand -= 1
        }
      }
      attempt { channel throws(OutputError) in try channel.flush() }
      if batch == nil {
        monitor.locked {
          hasEnded = true
          monitor.wakeAll()
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
        monitor.locked { statistics.failed += 1 }
        report("\(channel.name): \(error)")
      }
    }
  }
}
