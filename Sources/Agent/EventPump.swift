internal import CLinux
internal import Capture
internal import CaptureFile
internal import ExecutableDigests
internal import ContainerRuntimes
internal import ProcFS
internal import SystemState

/// What happens to the events of a source, once the state is current.
protocol EventConsumer: ~Copyable {
  /// Applies each event of a batch to the state and does what is to be done with it.
  ///
  /// The loop over the events is here, not at the caller: one dynamic call per batch, none per event.
  ///
  /// - Returns: False for the end of the run.
  mutating func take(_ batch: inout EventBatch, _ state: inout SystemState) -> Bool
  /// SIGUSR1: output files were rotated.
  mutating func reopenOutputs()
  /// What can be done now that runtimes have told more of containers, or time has passed; after each batch.
  mutating func settle(_ state: borrowing SystemState)
  /// Whether ``settle(_:)`` should come again soon.
  var isWaiting: Bool { get }
  /// Capture was interrupted and goes on; the state has been brought up to date.
  mutating func tell(_ gap: CaptureGap)
  /// Another capture begins in the same file, with a state of its own.
  mutating func begin(_ contents: CaptureContents, _ state: borrowing SystemState)
}

extension EventConsumer where Self: ~Copyable {
  mutating func reopenOutputs() {}
  mutating func settle(_ state: borrowing SystemState) {}
  var isWaiting: Bool { false }
  mutating func tell(_ gap: CaptureGap) {}
  mutating func begin(_ contents: CaptureContents, _ state: borrowing SystemState) {}
}

/// Pulls batches from a source and hands them to a consumer: the one thread that all of it happens on, and the frame
/// that watching and dumping share.
struct EventPump: ~Copyable {
  var state: SystemState
  let log: Log
  /// Where threads that vanished without an exit event are looked for, every 20 minutes, and where the state is read
  /// anew after a gap; `nil` for events that are not of this host.
  private let procfs: ProcFS?
  /// Asks about containers; `nil` if nobody is asked.
  private let containers: ContainerLookup?
  private static let cleaningInterval: UInt64 = 20 * 60 * 1_000_000_000
  /// When what only the start took is given back: pages of the program, and free pieces of the heap.
  private static let startingTime: UInt64 = 1_000_000_000
  /// After a gap: since when what /proc does not show may go (epoch), and from when on (monotonic). The events that were
  /// captured meanwhile come first.
  private var afterGap: (silentSince: UInt64, due: UInt64)?
  private static let settlingTime: UInt64 = 2 * 1_000_000_000

  /// Hashes executables; `nil` if nothing shows their hashes.
  private let digests: DigestWorker?

  init(
    state: consuming SystemState, procfs: ProcFS?, containers: ContainerLookup? = nil, digests: DigestWorker? = nil,
    log: Log
  ) {
    self.digests = digests
    self.state = state
    self.containers = containers
    self.procfs = procfs
    self.log = log
  }

  /// Runs until a stop is requested, the time is up, the source is spent, or the consumer has enough.
  ///
  /// - Parameter limit: Stop after this many nanoseconds of the monotonic clock, if given.
  /// - Returns: Why it had to end, or `nil` if it was to end.
  mutating func run(
    _ source: inout some CaptureSource & ~Copyable, into consumer: inout some EventConsumer & ~Copyable,
    for limit: UInt64? = nil
  ) -> Failure? {
    let start = wh_clock_monotonic()
    var cleanedAt = start
    // What the threads of outputs, the first batches and the first alerts ran through once, too.
    var restsAt = start + EventPump.startingTime
    var reopenRequests = wh_usr1_count()
    while wh_stop_requested() == 0 {
      do throws(CaptureError) {
        // A tenth of a second, so that a stop is noticed; less where an alert waits for an answer.
        var batch = try source.nextBatch(waitingUpTo: .milliseconds(consumer.isWaiting ? 10 : 100))
        if !consumer.take(&batch, &state) { return nil }
      } catch {
        if let end = carryOn(&source, after: error, &consumer) { return end.failure }
      }
      exchangeDigests()
      if !exchangeContainers(&consumer) { return nil }
      let now = wh_clock_monotonic()
      if state.returnMemory(at: now) { wh_release_free_memory() }
      if now >= restsAt {
        restsAt = .max
        wh_release_startup_pages()
        wh_release_free_memory()
      }
      if let limit, now - start >= limit { return nil }
      if wh_usr1_count() != reopenRequests {
        reopenRequests = wh_usr1_count()
        consumer.reopenOutputs()
      }
      if let procfs, let pending = afterGap, now >= pending.due {
        afterGap = nil
        state.removeGoneThreads(procfs, silentSince: pending.silentSince)
      }
      if let procfs, now - cleanedAt >= EventPump.cleaningInterval {
        cleanedAt = now
        state.removeGoneThreads(procfs, now: wh_clock_realtime())
      }
    }
    return nil
  }

  /// Hands new containers to the lookup and takes what it found out: metadata as an event like all others, which the
  /// state takes over, rules may look for, and a dump shows.
  ///
  /// - Returns: False for the end of the run.
  private mutating func exchangeContainers(_ consumer: inout some EventConsumer & ~Copyable) -> Bool {
    state.removeGoneContainers(at: state.current.timestamp)
    guard let containers else {
      consumer.settle(state)
      return true
    }
    containers.submit(state.takeNewContainers())
    for result in containers.take() {
      switch result {
      case .metadata(let metadata):
        // Who is gone by now needs no entry of its own.
        guard state.findContainer(metadata.id) != Slot.none else { continue }
        var source = InMemorySource([metadata.event(at: wh_clock_realtime())])
        do throws(CaptureError) {
          var batch = try source.nextBatch(waitingUpTo: .zero)
          if !consumer.take(&batch, &state) { return false }
        } catch { preconditionFailure("an event in memory cannot be read: \(error)") }
      // Rules have judged its event already.
      case .update(let metadata): if state.findContainer(metadata.id) != Slot.none { state.setContainer(metadata) }
      case .accounts(let id, let users, let groups): state.setAccounts(of: id, users: users, groups: groups)
      case .noAccounts(let id): state.giveUpAccounts(of: id)
      case .unavailable(let id): state.giveUpContainer(id)
      }
    }
    consumer.settle(state)
    return true
  }

  /// Hands new executables to the worker and takes the hashes of earlier ones.
  private mutating func exchangeDigests() {
    guard let digests else { return }
    digests.submit(state.takeNewExecutables())
    for result in digests.take() { state.setDigest(result.digest, of: result.slot, serial: result.serial) }
  }

  private struct End { var failure: Failure? }

  /// - Returns: How the run ends, or `nil` if the source goes on.
  private mutating func carryOn(
    _ source: inout some CaptureSource & ~Copyable, after error: CaptureError,
    _ consumer: inout some EventConsumer & ~Copyable
  ) -> End? {
    if error == .endOfStream { return End(failure: nil) }
    let gap: CaptureGap
    do throws(CaptureError) { gap = try source.recover(from: error) } catch {
      return End(failure: Failure("the capture ended: \(error)"))
    }
    log(
      .error,
      "\(gap.from.rawValue): \(gap.reason); \(gap.from == gap.to ? "opened it again" : "going on with \(gap.to.rawValue)"). "
        + "System calls of up to \(gap.nanoseconds / 1_000_000) ms were not seen and are not counted")
    if let procfs {
      let result = state.reconcile(procfs, removesGone: false)
      afterGap = (wh_clock_realtime(), wh_clock_monotonic() + EventPump.settlingTime)
      log(
        .notice,
        "read /proc again: \(result.kept) processes as before, \(result.added) new, \(result.replaced) with the id of "
          + "another, \(result.removed) gone; \(result.descriptorsAdded) descriptors new, \(result.descriptorsRemoved) gone")
      if !result.isComplete { log(.warning, "reading /proc took too long; the rest is looked up when it makes an event") }
    }
    consumer.tell(gap)
    return nil
  }
}
