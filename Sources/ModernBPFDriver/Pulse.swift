internal import CBPFObjects
internal import EventSchema
internal import Glibc

/// What ``ModernBPFDriver/checkPulse()`` compares: how the programs' variable should look, and a call to make.
///
/// A process with the right privileges can write the programs' maps without touching our descriptors, and so blind the
/// capture. The variable is compared whole. Entries taken out of a program array show in the call that nobody counts.
struct Pulse {
  private var control: [UInt8] = []
  let call: PulseCall?
  /// Whether the call was counted when capture began; if not, its silence means nothing.
  var isCounted = false

  /// Nothing to compare: capture has not begun.
  init() { call = nil }

  init(watching control: UnsafePointer<wh_control>, call: PulseCall?) {
    self.control = unsafe Array(UnsafeRawBufferPointer(start: control, count: MemoryLayout<wh_control>.size))
    self.call = call
  }

  func isIntact(_ control: UnsafePointer<wh_control>) -> Bool {
    unsafe self.control.isEmpty
      || self.control.withUnsafeBytes { unsafe memcmp($0.baseAddress!, control, $0.count) == 0 }
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
