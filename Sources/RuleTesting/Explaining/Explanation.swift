public import EventSchema
public import FilterLanguage
internal import JSONText
public import SystemState

/// A condition on one event, as a tree: what each part came to, and the values that decided it.
public indirect enum Explanation: Sendable {
  case all([Explanation], Bool)
  case any([Explanation], Bool)
  case not(Explanation, Bool)
  case check(text: String, values: [(field: String, text: String?)], Bool)

  public var holds: Bool {
    switch self {
    case .all(_, let holds), .any(_, let holds), .not(_, let holds), .check(_, _, let holds): holds
    }
  }

  /// Explains a condition on the event that was applied to the state last.
  public init(
    _ expression: Expression, _ probe: inout ConditionProbe, _ results: [Bool], _ event: borrowing EventView,
    _ state: borrowing SystemState
  ) {
    switch expression {
    case .and(let terms, _):
      var parts: [Explanation] = []
      for term in terms { parts.append(Explanation(term, &probe, results, event, state)) }
      self = .all(parts, parts.allSatisfy(\.holds))
    case .or(let terms, _):
      var parts: [Explanation] = []
      for term in terms { parts.append(Explanation(term, &probe, results, event, state)) }
      self = .any(parts, parts.contains(where: \.holds))
    case .not(let operand, _):
      let part = Explanation(operand, &probe, results, event, state)
      self = .not(part, !part.holds)
    case .check(let check):
      let position = probe.plan.position(of: check)
      self = .check(
        text: check.canonicalText, values: position.map { probe.values(of: $0, event, state) } ?? [],
        position.map { results[$0] } ?? false)
    case .macro(let name, _): self = .check(text: name, values: [], false)
    }
  }

  /// What made the condition what it came to, one line each: of a false `and` the terms that are false, of a false `or`
  /// all of its terms; a true one the other way round.
  public var reasons: [String] { reasons(for: holds) }

  private func reasons(for outcome: Bool) -> [String] {
    switch self {
    case .check(let text, let values, let holds):
      return [Explanation.line(text, values, holds)]
    case .not(let part, _): return part.reasons(for: part.holds)
    case .all(let parts, _), .any(let parts, _):
      return parts.filter { $0.holds == outcome }.flatMap { $0.reasons(for: outcome) }
    }
  }

  private static func line(_ text: String, _ values: [(field: String, text: String?)], _ holds: Bool) -> String {
    let known = values.map { "\($0.field) = \($0.text.map { shortened($0, 160) } ?? "<no value>")" }.joined(separator: ", ")
    return "\(holds ? "true " : "false")  \(shortened(text, 140))" + (known.isEmpty ? "" : "   [\(known)]")
  }

  private static func shortened(_ text: String, _ limit: Int) -> String {
    let line = text.unicodeScalars.map { $0.value < 32 ? " " : String($0) }.joined()
    return line.count <= limit ? line : String(line.prefix(limit - 20)) + " … " + String(line.suffix(16))
  }

  /// The whole tree, indented, a mark before each part.
  public func tree(_ depth: Int = 0) -> [String] {
    let indent = String(repeating: "  ", count: depth)
    switch self {
    case .check(let text, let values, let holds): return [indent + Explanation.line(text, values, holds)]
    case .not(let part, let holds): return [indent + (holds ? "true " : "false") + "  not"] + part.tree(depth + 1)
    case .all(let parts, let holds):
      return [indent + (holds ? "true " : "false") + "  all of"] + parts.flatMap { $0.tree(depth + 1) }
    case .any(let parts, let holds):
      return [indent + (holds ? "true " : "false") + "  any of"] + parts.flatMap { $0.tree(depth + 1) }
    }
  }

  /// The tree as nested objects.
  public var json: [UInt8] {
    var writer = JSONWriter()
    write(to: &writer)
    return writer.bytes
  }

  private func write(to json: inout JSONWriter) {
    json.beginObject()
    json.key("holds")
    json.boolean(holds)
    switch self {
    case .check(let text, let values, _):
      json.key("check")
      json.string(text)
      json.key("values")
      json.beginObject()
      for value in values {
        json.key(value.field)
        if let text = value.text { json.string(text) } else { json.null() }
      }
      json.endObject()
    case .not(let part, _):
      json.key("not")
      part.write(to: &json)
    case .all(let parts, _), .any(let parts, _):
      if case .all = self { json.key("all") } else { json.key("any") }
      json.beginArray()
      for part in parts { part.write(to: &json) }
      json.endArray()
    }
    json.endObject()
  }
}
