/// Compares the alerts of a case with what it expects.
struct Judgement {
  /// Our own rules are held to the letter. For others only the rule, its severity and those fields count that
  /// their output happens to name.
  let ofOwnRules: Bool

  /// - Returns: What is wrong, in words; empty if nothing is.
  func findings(on item: Case, at place: Place, alerts: [Alert]) -> [String] {
    let own = alerts.filter { $0.mentions(place.marker) }
    let expected = item.expect ?? []
    var findings: [String] = []

    for expectation in expected {
      let candidates = own.filter { $0.rule == expectation.rule }
      let differences = candidates.map { self.differences(of: $0, from: expectation, at: place) }
      let agreeing = differences.count { $0.isEmpty }
      let enough = ofOwnRules ? expectation.count.map { agreeing == $0 } ?? (agreeing > 0) : agreeing > 0
      if !enough {
        let wanted = expectation.count.map { "\($0)" } ?? "at least 1"
        let reasons = differences.joined().isEmpty ? "" : ": " + differences.joined().joined(separator: "; ")
        findings.append("\"\(expectation.rule)\" fired \(agreeing) times as expected, wanted \(wanted)\(reasons)")
      }
    }
    guard ofOwnRules else { return findings }
    for alert in own where !expected.contains(where: { $0.rule == alert.rule }) {
      findings.append("\"\(alert.rule)\" must not fire: \(alert.output)")
    }
    return findings
  }

  private func differences(of alert: Alert, from expected: ExpectedAlert, at place: Place) -> [String] {
    var differences: [String] = []
    func compare(_ name: String, _ actual: String, _ wanted: String?) {
      guard let wanted, !matches(actual, pattern: place.fill(wanted)) else { return }
      differences.append("\(name) is \(actual) instead of \(place.fill(wanted))")
    }

    compare("priority", alert.priority, expected.priority)
    if ofOwnRules {
      compare("source", alert.source, expected.source)
      compare("output", alert.output, expected.output)
      if let tags = expected.tags, tags != alert.tags { differences.append("tags are \(alert.tags ?? [])") }
    }
    for (name, wanted) in (expected.fields ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let actual = alert.output_fields[name] else {
        if ofOwnRules { differences.append("field \(name) is absent") }
        continue
      }
      switch (wanted, actual) {
      case (.text(let pattern), .text), (.text(let pattern), .integer):
        compare(name, actual.description, pattern)
      default:
        if wanted != actual { differences.append("\(name) is \(actual) instead of \(wanted)") }
      }
    }
    return differences
  }
}
