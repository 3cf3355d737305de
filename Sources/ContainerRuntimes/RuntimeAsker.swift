internal import BackgroundWork
internal import CLinux
internal import SystemState

/// Asks the runtimes about one container after the other, and again about those that they do not know yet.
struct RuntimeAsker {
  /// One container on its way.
  private struct Inquiry {
    var container: NewContainer
    var reference: ContainerReference
    /// Monotonic nanoseconds: when it came, and when it is its turn.
    var began: UInt64
    var due: UInt64
    var interval: UInt64 = 25_000_000
    /// What was told.
    var told: ContainerMetadata?
    var isKnown: Bool { told != nil }
    var isDone = false
    var wasUnavailable = false
  }

  private var runtimes: Runtimes
  private let longestLabel: Int
  private let results: WorkQueue<LookupResult>
  private let accounts: WorkQueue<AccountInquiry>
  private var inquiries: [Inquiry] = []

  init(
    _ settings: RuntimeSettings, results: WorkQueue<LookupResult>, accounts: WorkQueue<AccountInquiry>,
    report: @escaping @Sendable (String) -> Void
  ) {
    runtimes = Runtimes(settings, report: report)
    longestLabel = settings.longestLabel
    self.results = results
    self.accounts = accounts
  }

  /// Works until the queue is closed.
  mutating func run(_ queue: WorkQueue<NewContainer>, count: ((inout ContainerLookup.Statistics) -> Void) -> Void) {
    while let new = queue.next(dueAt: inquiries.map(\.due).min()) {
      for container in new { begin(container, count) }
      // One at a time, the one that has waited longest; then a look at what is new.
      let now = wh_clock_monotonic()
      let due = inquiries.indices.filter { inquiries[$0].due <= now }
      guard let index = due.min(by: { inquiries[$0].due < inquiries[$1].due }) else { continue }
      proceed(index, count)
    }
  }

  private mutating func begin(
    _ container: NewContainer, _ count: ((inout ContainerLookup.Statistics) -> Void) -> Void
  ) {
    // Of these the cgroup said all.
    switch container.shape {
    case .none, .lxc, .libvirt, .bpm, .nspawn: return
    default: break
    }
    let now = wh_clock_monotonic()
    guard let reference = ContainerReference(container), inquiries.count < ContainerLookup.capacity else {
      count { $0.refused += 1 }
      results.add(.unavailable(id: container.id))
      return
    }
    inquiries.append(Inquiry(container: container, reference: reference, began: now, due: now))
  }

  private mutating func proceed(_ index: Int, _ count: ((inout ContainerLookup.Statistics) -> Void) -> Void) {
    let wasKnown = inquiries[index].isKnown
    var inquiry = inquiries[index]
    ask(&inquiry)
    inquiries[index] = inquiry
    let now = wh_clock_monotonic()
    inquiries[index].due = now + inquiries[index].interval
    inquiries[index].interval = min(inquiries[index].interval * 2, 5_000_000_000)
    if !wasKnown, inquiries[index].isKnown { count { $0.found += 1 } }
    let isTooOld = now - inquiries[index].began > ContainerLookup.patience
    guard inquiries[index].isDone || isTooOld else { return }
    if !inquiries[index].isKnown {
      count { $0.notFound += 1 }
      results.add(.unavailable(id: inquiries[index].container.id))
    }
    inquiries.swapAt(index, inquiries.count - 1)
    inquiries.removeLast()
  }

  private mutating func ask(_ inquiry: inout Inquiry) {
    switch runtimes.ask(inquiry.reference, inquiry.container.shape) {
    case .known(var answer):
      inquiry.isDone = answer.isSettled
      answer.metadata.labels.removeAll { $0.value.utf8.count > longestLabel }
      answer.metadata.podLabels.removeAll { $0.value.utf8.count > longestLabel }
      accounts.add(
        AccountInquiry(
          id: inquiry.container.id, fullID: inquiry.reference.id, process: answer.process, isSettled: answer.isSettled))
      if inquiry.told == nil {
        results.add(.metadata(answer.metadata))
      } else if inquiry.told != answer.metadata {
        results.add(.update(answer.metadata))
      }
      inquiry.told = answer.metadata
    case .unknown(let someoneWasAsked):
      // Nobody is there to tell: no alert should wait.
      if inquiry.isKnown || inquiry.wasUnavailable || someoneWasAsked { return }
      inquiry.wasUnavailable = true
      results.add(.unavailable(id: inquiry.container.id))
    }
  }
}
