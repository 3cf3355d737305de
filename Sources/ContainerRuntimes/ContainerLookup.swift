internal import BackgroundWork
internal import CLinux
internal import Synchronization
public import ProcFS
public import SystemState

/// What the lookup found out, for the thread that owns the state.
public enum LookupResult: Sendable {
  case metadata(ContainerMetadata)
  /// What the start of the container added to what was told before.
  case update(ContainerMetadata)
  case accounts(id: String, [UserReading], [GroupReading])
  /// The container's own users cannot be read, or are the host's.
  case noAccounts(id: String)
  /// Nobody can tell at the moment: alerts need not wait. May still be followed by ``metadata(_:)``.
  case unavailable(id: String)
}

/// Finds out what new containers are: one thread asks the runtimes, another reads the containers' users.
///
/// A container is looked up when its first process appears, which is the runtime's own; some runtimes know it only a
/// moment later, so what is not known is asked again, at growing intervals. Everything is bounded: how many wait, how
/// long one question takes, how large an answer may be, and for how long it is tried. The two threads are apart because
/// a runtime may answer only when the container has started, and the container may be gone by then.
public final class ContainerLookup: Sendable {
  public struct Statistics: Sendable, Equatable {
    public var found: UInt64 = 0
    /// Those that no runtime knew within ``ContainerLookup/patience``.
    public var notFound: UInt64 = 0
    /// Those that were not asked about because too many waited.
    public var refused: UInt64 = 0
    public init() {}
  }

  /// How many containers may wait for their answers.
  public static let capacity = 2048
  /// Nanoseconds for which an unknown container is asked about again.
  public static let patience: UInt64 = 30_000_000_000

  private let inquiries = WorkQueue<NewContainer>(capacity: ContainerLookup.capacity)
  private let accounts = WorkQueue<AccountInquiry>(capacity: 2 * ContainerLookup.capacity)
  /// More than anyone can submit before the next ``take()``.
  private let results = WorkQueue<LookupResult>(capacity: 1 << 20)
  private let counters = Mutex(Statistics())

  /// - Parameter report: Told once about each runtime that fails; called on the lookup's thread.
  public init(_ settings: RuntimeSettings, report: @escaping @Sendable (String) -> Void = { _ in }) {
    startThread { [self] in
      var asker = RuntimeAsker(settings, results: results, accounts: accounts, report: report)
      asker.run(inquiries) { count in self.counters.withLock { count(&$0) } }
    }
    startThread { [accounts, results] in
      var reader = AccountReader(results)
      reader.run(accounts)
    }
  }

  /// Hands over containers to find out about. Does not wait.
  public func submit(_ containers: [NewContainer]) {
    for container in containers {
      if container.isKnown {
        accounts.add(AccountInquiry(id: container.id, fullID: container.fullID, process: container.process))
        continue
      }
      guard inquiries.add(container) else {
        counters.withLock { $0.refused += 1 }
        results.add(.unavailable(id: container.id))
        results.add(.noAccounts(id: container.id))
        continue
      }
      accounts.add(AccountInquiry(id: container.id, fullID: container.fullID, process: container.process))
    }
  }

  /// What was found out since the last call; cheap if nothing was.
  public func take() -> [LookupResult] { results.take() }

  public var statistics: Statistics { counters.withLock { $0 } }

  /// Ends the threads once what they are at is done, without waiting for that.
  public func finish() {
    inquiries.close()
    accounts.close()
  }
}
