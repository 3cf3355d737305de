internal import Glibc

/// The system has no thread to spare.
public struct NoThread: Error, Sendable { public let errno: Int32 }

/// A thread that runs one thing and ends, with all signals left to others: they are the event loop's.
public struct BackgroundThread: Sendable {
  private let thread: pthread_t

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  public init(_ body: @escaping @Sendable () -> Void) throws(NoThread) {
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
    guard failure == 0 else {
      unsafe context.release()
      throw NoThread(errno: failure)
    }
    self.thread = thread
  }

  /// Waits for its end. Once, and not after ``detach()``.
  public func join() { pthread_join(thread, nil) }

  /// Nobody will wait for it.
  public func detach() { pthread_detach(thread) }
}

/// Runs something on a thread of its own, which nobody waits for.
public func startThread(_ body: @escaping @Sendable () -> Void) {
  do throws(NoThread) { try BackgroundThread(body).detach() } catch {
    preconditionFailure("no thread for background work: errno \(error.errno)")
  }
}
