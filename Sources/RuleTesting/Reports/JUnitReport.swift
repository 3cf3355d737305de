extension TestSuite {
  /// The form that build servers read: a suite for each test file, a case for each case.
  public var junit: String {
    var files: [String] = []
    for outcome in outcomes where !files.contains(outcome.file) { files.append(outcome.file) }
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
    let failed = outcomes.count { !$0.failures.isEmpty }
    lines.append("<testsuites tests=\"\(outcomes.count)\" failures=\"\(failed)\" errors=\"\(problems.count)\">")
    for file in files {
      let cases = outcomes.filter { $0.file == file }
      let failures = cases.count { !$0.failures.isEmpty }
      let skipped = cases.count { $0.obstacle != nil }
      lines.append(
        "  <testsuite name=\"\(escaped(file))\" tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\">")
      for item in cases {
        let seconds = item.nanoseconds / 1_000_000_000
        let millis = item.nanoseconds / 1_000_000 % 1000
        let padded = String(repeating: "0", count: 3 - String(millis).count) + String(millis)
        lines.append(
          "    <testcase name=\"\(escaped(item.name))\" classname=\"\(escaped(file))\" file=\"\(escaped(file))\" line=\"\(item.line)\" time=\"\(seconds).\(padded)\">")
        for failure in item.failures {
          lines.append(
            "      <failure message=\"\(escaped(failure.message))\">\(escaped("\(file):\(failure.line): " + failure.message + "\n" + failure.details.joined(separator: "\n")))</failure>")
        }
        if let obstacle = item.obstacle { lines.append("      <skipped message=\"\(escaped(obstacle))\"/>") }
        lines.append("    </testcase>")
      }
      lines.append("  </testsuite>")
    }
    if !problems.isEmpty {
      lines.append("  <testsuite name=\"files\" tests=\"\(problems.count)\" failures=\"0\" errors=\"\(problems.count)\">")
      for problem in problems {
        lines.append("    <testcase name=\"\(escaped(problem.file))\" classname=\"files\">")
        lines.append("      <error message=\"\(escaped(problem.message))\">\(escaped(problem.text))</error>")
        lines.append("    </testcase>")
      }
      lines.append("  </testsuite>")
    }
    lines.append("</testsuites>")
    return lines.joined(separator: "\n") + "\n"
  }

  /// Text for XML: what it has no way to write becomes U+FFFD.
  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "\n": result += "&#10;"
      case "\t": result += "\t"
      default:
        let isAllowed = scalar.value >= 32 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
        result.unicodeScalars.append(isAllowed ? scalar : "\u{FFFD}")
      }
    }
    return result
  }
}
