internal import CLinux
internal import Glibc

/// How far a long file is read, on a terminal: one line that is overwritten, and gone at the end.
struct ReplayProgress {
  private let name: String
  private let isOn: Bool
  private let start = wh_clock_monotonic()
  private var shownAt: UInt64 = 0
  private static let patience: UInt64 = 1_000_000_000

  /// - Parameter sharesTerminal: Standard output has lines of its own on the same terminal, so that nothing is shown.
  init(of path: String, sharesTerminal: Bool) {
    name = path
    isOn = isatty(STDERR_FILENO) == 1 && !sharesTerminal
  }

  /// - Parameter done: In tenths of a percent; `nil` where nobody knows.
  mutating func show(_ done: Int?) {
    guard isOn, let done else { return }
    let now = wh_clock_monotonic()
    guard now - start > Self.patience, now - shownAt > Self.patience / 5 else { return }
    shownAt = now
    writeToStandardError("\r\(name): \(done / 10).\(done % 10) %\u{1b}[K")
  }

  func end() { if shownAt != 0 { writeToStandardError("\r\u{1b}[K") } }
}
