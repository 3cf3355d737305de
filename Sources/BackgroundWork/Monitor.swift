internal import Glibc

/// A lock, and one condition that its holders can wait for.
///
/// Made once per object that two threads share; the object keeps what the lock protects and touches it in ``locked(_:)``
/// only.
@safe public final class Monitor: @unchecked Sendable {
  /// Heap memory, because a lock must not move.
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  public init() {
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

  /// Runs something with the lock held. Does not nest.
  public func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  /// Lets go of the lock until somebody calls ``wakeAll()``, or for no reason: ask again for what was waited for. Only
  /// with the lock held.
  ///
  /// - Parameter due: Monotonic nanoseconds; `nil` to wait without end.
  /// - Returns: False if the time was up.
  @discardableResult
  public func wait(until due: UInt64? = nil) -> Bool {
    guard let due else {
      unsafe pthread_cond_wait(changed, lock)
      return true
    }
    var deadline = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
    return unsafe pthread_cond_timedwait(changed, lock, &deadline) != ETIMEDOUT
  }

  /// Only with the lock held.
  public func wakeAll() { unsafe pthread_cond_broadcast(changed) }
}
