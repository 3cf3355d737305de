internal import Capture
internal import CaptureFile
internal import ContainerRuntimes
internal import DriverSelection
internal import Outputs
internal import Recordings
internal import RuleCompiler
internal import SystemState

/// What is said at the end of a run: how much was seen, and everything that was lost, by reason.
struct Summary {
  private var lines: [String]

  init(events: UInt64, _ capture: CaptureStatistics, _ source: borrowing FailoverCapture) {
    lines = ["Events: \(events) seen, \(capture.lost.total) lost"] + Summary.details(capture, source)
  }

  /// Of a capture file.
  init(events: UInt64, _ source: borrowing CaptureFileSource) {
    lines = ["Events: \(events) seen"] + Summary.details(source)
  }

  /// What of a file was not delivered; zeros are not shown.
  static func details(_ source: borrowing CaptureFileSource) -> [String] {
    let counts: [(String, UInt64)] = [
      ("told by later events of the file", source.droppedEvents),
      ("of versions after this one, unknown here", source.unknownEvents),
      ("entries of lists beyond the limits", UInt64(source.contents.refused)),
    ]
    return counts.compactMap { $1 > 0 ? "   \($0): \($1)" : nil }
  }

  /// What was lost by reason, what was left out, and what happened to the driver; zeros are not shown.
  static func details(_ capture: CaptureStatistics, _ source: borrowing FailoverCapture) -> [String] {
    var lines: [String] = []
    for (reason, count) in capture.lost.byReason where count > 0 { lines.append("   \(reason): \(count)") }
    if capture.unreadable > 0 { lines.append("   values sent empty, memory not readable: \(capture.unreadable)") }
    if capture.filtered > 0 { lines.append("   filtered, not lost: \(capture.filtered)") }
    if source.gapCount > 0 {
      lines.append(
        "   driver opened anew: \(source.gapCount), nothing captured for up to \(source.gapNanoseconds / 1_000_000) ms, "
          + "now \(source.kind.rawValue)")
    }
    if source.uncountedDrivers > 0 {
      lines.append("   drivers that died without telling what they lost: \(source.uncountedDrivers)")
    }
    return lines
  }

  mutating func add(_ state: StateCounters, _ outputs: AlertWriter.Statistics) {
    let counts: [(String, UInt64)] = [
      ("paths rewritten during the call", state.pathsRewritten),
      ("threads refused, table full", state.threadsRefused), ("threads evicted", state.threadsEvicted),
      ("descriptors refused, table full", state.descriptorsRefused),
      ("containers refused, table full", state.containersRefused),
      ("executables not hashed, too many at once", state.digestsRefused),
      ("container events not readable", state.containerEventsUnreadable),
      ("alerts dropped, queue full", outputs.dropped), ("alerts not written in time", outputs.abandoned),
      ("alerts refused by an output", outputs.failed),
    ]
    for (what, count) in counts where count > 0 { lines.append("   \(what): \(count)") }
  }

  mutating func add(_ recordings: RecordingCounters) {
    lines.append("Recordings: \(recordings.files)")
    if recordings.failed > 0 { lines.append("   not written, or not to their end: \(recordings.failed)") }
    if recordings.recordsDropped > 0 { lines.append("   events dropped, queue full: \(recordings.recordsDropped)") }
  }

  mutating func add(_ waiting: WaitingAlerts.Statistics, _ lookup: ContainerLookup.Statistics) {
    let counts: [(String, UInt64)] = [
      ("containers that no runtime knew", lookup.notFound), ("containers not asked about, too many at once", lookup.refused),
      ("alerts that waited for container metadata", waiting.waited),
      ("alerts sent with incomplete container metadata", waiting.incomplete + waiting.refused),
    ]
    for (what, count) in counts where count > 0 { lines.append("   \(what): \(count)") }
  }

  mutating func add(_ alerts: [AlertCount]) {
    lines.append("Alerts: \(alerts.reduce(0) { $0 + $1.count })")
    for priority in Priority.allCases {
      let count = alerts.reduce(0) { $0 + ($1.priority == priority ? $1.count : 0) }
      if count > 0 { lines.append("   \(priority.name): \(count)") }
    }
    for alert in alerts { lines.append("   \(alert.rule): \(alert.count)") }
  }

  var text: String { lines.joined(separator: "\n") + "\n" }
}
