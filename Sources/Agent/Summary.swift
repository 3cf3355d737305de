internal import Capture
internal import Outputs
internal import RuleCompiler
internal import SystemState

/// What is said at the end of a run: how much was seen, and everything that was lost, by reason.
enum Summary {
  static func text(
    _ capture: CaptureStatistics, _ state: StateCounters, _ outputs: AlertWriter.Statistics,
    _ alerts: [(rule: String, priority: Priority, count: UInt64)], events: UInt64
  ) -> String {
    var lines = ["Events: \(events) seen, \(capture.lost.total) lost"]
    for (reason, count) in capture.lost.byReason where count > 0 { lines.append("   \(reason): \(count)") }
    let refused: [(String, UInt64)] = [
      ("values sent empty, memory not readable", capture.unreadable), ("threads refused, table full", state.threadsRefused), ("threads evicted", state.threadsEvicted),
      ("descriptors refused, table full", state.descriptorsRefused),
      ("alerts dropped, queue full", outputs.dropped), ("alerts not written in time", outputs.abandoned),
      ("alerts refused by an output", outputs.failed),
    ]
    for (what, count) in refused where count > 0 { lines.append("   \(what): \(count)") }
    let total = alerts.reduce(0) { $0 + $1.count }
    lines.append("Alerts: \(total)")
    for priority in Priority.allCases {
      let count = alerts.reduce(0) { $0 + ($1.priority == priority ? $1.count : 0) }
      if count > 0 { lines.append("   \(priority.name): \(count)") }
    }
    for alert in alerts { lines.append("   \(alert.rule): \(alert.count)") }
    return lines.joined(separator: "\n") + "\n"
  }
}
