internal import CBPFObjects
public import Capture
public import EventSchema
internal import Glibc

/// Whether the programs still do what they were told: how the variable that steers them should look, and a call to make.
///
/// A process with the right privileges can write the programs' maps without touching our descriptors, and so blind the
/// capture. The variable is compared whole. Entries taken out of a program array show in the call that nobody counts.
public struct Pulse {
  private var control: [UInt8] = []
  private var call: PulseCall?
  /// Whether the call was counted when capture began; if not, its silence means nothing.
  private var isCounted = false

  /// Nothing to compare: capture has not begun.
  public init() {}

  /// Takes the variable as it is now for what it should be.
  ///
  /// - Parameter counters: One for each CPU. A program counts before its call returns.
  public init(
    _ interest: Interest, of loaded: EventTypeSet, control: UnsafeRawBufferPointer, counters: UnsafeRawBufferPointer
  ) {
    unsafe self.control = Array(control)
    call = PulseCall.first { loaded.contains($0) && interest.events.contains($0) }
    // A driver that does not know this process by its id, as in a pid namespace, cannot be asked this way.
    isCounted = unsafe countsOwnCall(counters)
  }

  /// - Throws: ``CaptureError/silent(_:)``.
  public func check(
    _ attachments: borrowing Attachments, control: UnsafeRawBufferPointer, counters: UnsafeRawBufferPointer
  ) throws(CaptureError) {
    if let program = attachments.lost { throw .silent("\(program) was detached from outside") }
    let isIntact =
      unsafe self.control.isEmpty
      || self.control.withUnsafeBytes { unsafe memcmp($0.baseAddress!, control.baseAddress!, $0.count) == 0 }
    guard isIntact else { throw .silent("what to capture was changed from outside") }
    guard unsafe !isCounted || countsOwnCall(counters) else { throw .silent("its programs do not run any more") }
  }

  /// Makes a call that the programs must see, and says whether they counted it.
  private func countsOwnCall(_ counters: UnsafeRawBufferPointer) -> Bool {
    guard let call else { return false }
    let perCPU = unsafe counters.bindMemory(to: wh_counters.self)
    let before = unsafe perCPU.reduce(0) { $0 &+ $1.own }
    call.make()
    return unsafe perCPU.reduce(0) { $0 &+ $1.own } > before
  }
}

/// Calls that do nothing, as their arguments are impossible. One that the interest contains is needed, or the
/// programs would not look at it.
enum PulseCall: CaseIterable {
  case chdir, close, dup, read, write, unlink

  /// The first whose event `isWanted`.
  static func first(_ isWanted: (EventType) -> Bool) -> PulseCall? { allCases.first { isWanted($0.event) } }

  private var event: EventType {
    switch self {
    case .chdir: .chdir
    case .close: .close
    case .dup: .dup
    case .read: .read
    case .write: .write
    case .unlink: .unlink
    }
  }

  func make() {
    switch self {
    case .chdir: _ = unsafe Glibc.chdir("")
    case .close: _ = Glibc.close(-1)
    case .dup: _ = Glibc.dup(-1)
    case .read: _ = Glibc.read(-1, nil, 0)
    case .write: _ = Glibc.write(-1, nil, 0)
    case .unlink: _ = unsafe Glibc.unlink("")
    }
  }
}
