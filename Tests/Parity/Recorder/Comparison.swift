import Capture

/// One driver's stream against the reference's: what differs and is not documented, and what is documented and does
/// not differ.
struct Comparison {
  let isEqual: Bool
  let report: String

  init(_ expected: [Line], _ found: [Line], _ kind: DriverKind, _ differences: Differences) {
    let rows = differences.of(kind)
    var hidden: [String: Set<String>] = [:]
    for row in rows { hidden[row.event, default: []].insert(row.parameter) }
    var used: Set<Differences.Row> = []
    var text: [String] = []

    func note(_ row: Differences.Row, _ otherwise: String) {
      if rows.contains(row) { used.insert(row) } else { text.append(otherwise) }
    }
    func compare(_ wanted: Line, _ got: Line) {
      guard wanted != got else { return }
      var telling: [String] = []
      let names = wanted.parameters.map(\.name)
      if names != got.parameters.map(\.name) { telling.append("other parameters: \(got.parameters.map(\.name))") }
      for (a, b) in zip(wanted.parameters, got.parameters) where a.value != b.value {
        let row = Differences.Row(driver: kind.rawValue, event: wanted.event, parameter: a.name)
        if rows.contains(row) { used.insert(row) } else { telling.append("\(a.name): \(a.value), here \(b.value)") }
      }
      if !telling.isEmpty { text.append("  \(wanted)\n    " + telling.joined(separator: "\n    ")) }
    }

    // Lines that agree in all that is not documented hold the two streams together; what lies between two of them is
    // paired by event, so that one different value is not reported as a missing and a superfluous record.
    let keys = { (lines: [Line]) in lines.map { $0.text(without: hidden[$0.event] ?? []) } }
    for gap in Alignment(keys(expected), keys(found)).steps {
      switch gap {
      case .equal(let a, let b): compare(expected[a], found[b])
      case .different(let left, let right):
        var rest = Array(right)
        for a in left {
          let wanted = expected[a]
          if let place = rest.firstIndex(where: { found[$0].event == wanted.event && found[$0].thread == wanted.thread }) {
            compare(wanted, found[rest.remove(at: place)])
          } else {
            note(Differences.Row(driver: kind.rawValue, event: wanted.event, parameter: "-"), "- \(wanted)")
          }
        }
        for b in rest {
          let extra = { Differences.Row(driver: kind.rawValue, event: found[b].event, parameter: $0) }
          if rows.contains(extra("+?")) { continue }
          note(extra("+"), "+ \(found[b])")
        }
      }
    }
    let unused = rows.filter { !used.contains($0) && $0.parameter != "+?" }
    for row in unused {
      text.append("  documented, but no difference: \(row.driver) \(row.event) \(row.parameter); remove the row")
    }
    isEqual = text.isEmpty
    report =
      (["\(kind.rawValue): \(found.count) records of \(expected.count), \(text.count) undocumented differences, "
        + "\(used.count) documented"] + text).joined(separator: "\n")
  }
}

/// Two sequences, cut into what they have in common and what lies between.
struct Alignment {
  enum Step {
    case equal(Int, Int)
    case different(Range<Int>, Range<Int>)
  }
  private(set) var steps: [Step] = []

  init(_ left: [String], _ right: [String]) {
    let difference = right.difference(from: left)
    var removed: Set<Int> = [], inserted: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var a = 0, b = 0
    while a < left.count || b < right.count {
      let (fromA, fromB) = (a, b)
      while removed.contains(a) { a += 1 }
      while inserted.contains(b) { b += 1 }
      if a > fromA || b > fromB { steps.append(.different(fromA..<a, fromB..<b)) }
      if a < left.count, b < right.count {
        steps.append(.equal(a, b))
        a += 1
        b += 1
      }
    }
  }
}
