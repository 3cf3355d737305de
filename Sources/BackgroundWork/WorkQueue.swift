internal import Glibc

/// Items for one thread that works through them, from any other: bounded, and with a time to wake up at.
@safe public final class WorkQueue<Item: Sendable>: @unchecked Sendable {
  /// Heap memory, because a lock must not move.
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var items: [Item] = []
  private var isClosed = false
  private let capacity: Int

  public init(capacity: Int) {
    self.capacity = capacity
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

  /// - Returns: False if there is no room.
  @discardableResult
  public func add(_ item: Item) -> Bool {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    guard items.count < capacity, !isClosed else { return false }
    items.append(item)
    unsafe pthread_cond_signal(changed)
    return true
  }

  /// What was added since the last call. Cheap if nothing was.
  public func take() -> [Item] {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    if items.isEmpty { return [] }
    let taken = items
    items = []
    return taken
  }

  /// Waits for items, or until a time.
  ///
  /// - Parameter due: Monotonic nanoseconds; `nil` to wait without end.
  /// - Returns: `nil` for the end.
  public func next(dueAt due: UInt64?) -> [Item]? {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    while items.isEmpty, !isClosed {
      if let due {
        var deadline = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
        if unsafe pthread_cond_timedwait(changed, lock, &deadline) == ETIMEDOUT { break }
      } else {
        unsafe pthread_cond_wait(changed, lock)
      }
    }
    if isClosed { return nil }
    let taken = items
    items = []
    return taken
  }

  public func close() {
    unsafe pthread_mutex_lock(lock)
    isClosed = true
    unsafe pthread_cond_signal(changed)
    unsafe pthread_mutex_unlock(lock)
  }
}

/// Runs something on a thread of its own, which nobody waits for, with all signals left to others.
public func startThread(_ body: @escaping @Sendable () -> Void) {
  final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
  var all = sigset_t()
  var before = sigset_t()
  unsafe sigfillset(&all)
  unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
  defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
  var thread = pthread_t()
  let context = unsafe Unmanaged.passRetained(Body(body))
  let failure = unsafe pthread_create(
    &thread, nil,
    { context in
      unsafe Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
      return nil
    }, context.toOpaque())
  precondition(failure == 0, "no thread for background work: errno \(failure)")
  pthread_detach(thread)
}
