internal import CLinux
public import Capture

/// A live capture that outlives its driver: when that dies, the next one in order goes on.
///
/// Every two seconds, between two batches, the driver has to show that its side in the kernel works
/// (``CaptureDriver/checkPulse()``). When that or waiting fails, ``nextBatch(waitingUpTo:)`` throws, and
/// ``recover(from:)`` opens a driver anew: the same one first, because what was detached from outside can be attached
/// again; the next in order if it cannot be opened, or died twice within a minute. Where there is no other, the same one
/// gets more chances, because giving up is what an attacker wants; ten deaths within a minute are the end. The counts of
/// all drivers add up.
///
/// Tracing is not failed over: its tracees are its own.
public struct FailoverCapture: CaptureSource, ~Copyable {
  /// Opens a driver of a kind that is not in the set, with capture still off.
  public typealias Opener = (_ excluded: Set<DriverKind>) throws(SelectionError) -> any CaptureDriver & ~Copyable

  private let open: Opener
  private let interest: Interest
  private var driver: any CaptureDriver & ~Copyable
  /// The driver at work.
  public private(set) var kind: DriverKind
  /// What the drivers before this one counted.
  private var earlier = CaptureStatistics()
  private var excluded: Set<DriverKind> = []
  /// Drivers that died within ``probation``.
  private var deaths: [(kind: DriverKind, at: UInt64)] = []
  /// When the driver was last known to work; monotonic clock, nanoseconds.
  private var aliveAt: UInt64

  /// How often the driver has changed, for how long at most nothing was captured, and how many drivers died without
  /// telling their counts.
  public private(set) var gapCount = 0
  public private(set) var gapNanoseconds: UInt64 = 0
  public private(set) var uncountedDrivers = 0

  static let pulseInterval: UInt64 = 2_000_000_000
  static let probation: UInt64 = 60_000_000_000
  static let mostDeaths = 10

  /// Opens the first driver and begins to capture.
  ///
  /// - Throws: ``FailoverError``.
  public init(capturing interest: Interest, _ open: @escaping Opener) throws(FailoverError) {
    var driver: any CaptureDriver & ~Copyable
    do throws(SelectionError) { driver = try open([]) } catch { throw .selection(error) }
    do throws(CaptureError) { try driver.capture(interest) } catch { throw .capture(error) }
    self.open = open
    self.interest = interest
    kind = kindOf(&driver)
    self.driver = driver
    aliveAt = wh_clock_monotonic()
  }

  @_lifetime(&self)
  public mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    let now = wh_clock_monotonic()
    if now &- aliveAt >= FailoverCapture.pulseInterval {
      try driver.checkPulse()
      aliveAt = now
    }
    return try driver.nextBatch(waitingUpTo: limit)
  }

  public mutating func statistics() throws(CaptureError) -> CaptureStatistics {
    var sum = earlier
    sum += try driver.statistics()
    return sum
  }

  /// Opens another driver after a failure of this one; see the type.
  ///
  /// - Throws: `failure` if no driver can go on. The source is closed then.
  public mutating func recover(from failure: CaptureError) throws(CaptureError) -> CaptureGap {
    let from = kind
    guard failure != .endOfStream, from != .ptrace else { throw failure }
    do throws(CaptureError) { earlier += try driver.statistics() } catch { uncountedDrivers += 1 }
    // The old one goes first: two at a time may not fit, and its programs would cost while nobody reads.
    driver = ClosedDriver()
    let now = wh_clock_monotonic()
    deaths.removeAll { now &- $0.at >= FailoverCapture.probation }
    if deaths.contains(where: { $0.kind == from }) { excluded.insert(from) }
    deaths.append((from, now))
    guard deaths.count < FailoverCapture.mostDeaths else { throw failure }
    var isLastResort = false
    while true {
      var next: any CaptureDriver & ~Copyable
      do throws(SelectionError) { next = try open(excluded) } catch {
        guard !isLastResort, excluded.contains(from) else { throw failure }
        isLastResort = true
        excluded.remove(from)
        continue
      }
      let opened = kindOf(&next)
      do throws(CaptureError) { try next.capture(interest) } catch {
        excluded.insert(opened)
        continue
      }
      driver = next
      kind = opened
      let gap = wh_clock_monotonic() &- aliveAt
      aliveAt = wh_clock_monotonic()
      gapCount += 1
      gapNanoseconds += gap
      return CaptureGap(from: from, to: opened, reason: failure, nanoseconds: gap)
    }
  }
}

/// Why a capture could not begin.
public enum FailoverError: Error, Sendable {
  case selection(SelectionError)
  case capture(CaptureError)
}

private func kindOf<Driver: CaptureDriver & ~Copyable>(_ driver: inout Driver) -> DriverKind { Driver.kind }

/// What is left of a driver once it is closed: nothing of it is in the kernel any more.
struct ClosedDriver: CaptureDriver, ~Copyable {
  static var kind: DriverKind { .modernEBPF }
  static func assess(_ host: borrowing HostFacts) -> DriverSupport { .inconclusive(.silent("it is closed")) }

  init() {}
  init(opening options: CaptureOptions) throws(CaptureError) { throw .silent("it is closed") }
  mutating func capture(_ interest: Interest) throws(CaptureError) { throw .silent("it is closed") }

  @_lifetime(&self)
  mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    throw .silent("it is closed")
  }
  /// Those of the driver were taken over.
  borrowing func statistics() throws(CaptureError) -> CaptureStatistics { CaptureStatistics() }
}
