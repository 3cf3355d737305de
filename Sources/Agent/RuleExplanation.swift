internal import Capture
internal import EventSchema
internal import Fields
internal import FilterLanguage
internal import JSONText
internal import Recordings
internal import RuleCompiler
internal import RuleEngine
public import RuleTesting
internal import SystemState

/// What `rules explain` says of a rule: its whole condition, what it makes the kernel do, and what it costs.
public struct RuleExplanation: Sendable {
  public let name: String
  let description: String
  let priority: String
  let tags: [String]
  let isEnabled: Bool
  let condition: Expression
  let output: String
  let eventTypes: [String]
  let genericCalls: [String]
  /// Events that are captured for the state behind the fields, and not for the rule itself.
  let stateEvents: [String]
  let hooks: [String]
  let resolvesPaths: Bool
  let hints: [String]
  private let rule: LoadedRule
  private let loaded: LoadedRules

  /// - Throws: If the rules cannot be loaded or have no such rule; the text suggests the nearest name.
  public init(_ name: String, rulePaths: [String]) throws(Failure) {
    let compiled = try RuleSet.load(rulePaths)
    if compiled.hasErrors {
      throw Failure("the rules cannot be used\n" + compiled.loaded.files.filter { !$0.isSuccessful }.map { $0.report() }.joined(separator: "\n"))
    }
    let names = compiled.loaded.rules.map(\.name)
    guard let rule = compiled.loaded.rules.first(where: { $0.name == name }) else {
      let near = Suggestion.closest(to: name, among: names).map { "did you mean '\($0)'?" }
      throw Failure("no rule is called '\(name)'; \(near ?? "windhover rules check lists what is loaded")")
    }
    var alone = compiled.loaded
    alone.rules = [rule]
    alone.rules[0].isEnabled = true
    alone.evaluationOrder = [0]
    let only = alone.compiled()
    let interest = Interest(rules: only)
    self.name = name
    description = rule.description
    priority = rule.priority.name
    tags = rule.tags
    isEnabled = rule.isEnabled
    condition = rule.condition
    output = rule.output
    func eventNames(_ set: EventTypeSet) -> [String] {
      var result: [String] = []
      for type in set.types {
        if let info = Schema.event(type), info.symbol == info.name || info.symbol != info.name + "_enter", !result.contains(info.name) {
          result.append(info.name)
        }
      }
      return result
    }
    let own = only.program.eventTypes
    eventTypes = eventNames(own)
    genericCalls = own.contains(.generic)
      ? Schema.syscalls.filter { only.program.genericCalls.contains($0.code) && $0.event == .generic }.map(\.name) : []
    var others = interest.events
    others.subtract(own)
    stateEvents = eventNames(others)
    hooks = interest.events.types.compactMap { type in
      guard let info = Schema.event(type), info.symbol == info.name + "_enter", !own.contains(type) else { return nil }
      return info.name
    }
    resolvesPaths = interest.resolvesPaths
    hints = RuleExplanation.hints(rule, only, interest)
    self.rule = rule
    loaded = compiled.loaded
  }

  private static func hints(_ rule: LoadedRule, _ only: CompiledRules, _ interest: Interest) -> [String] {
    var hints: [String] = []
    let types = only.program.eventTypes
    if types.count > 100 {
      hints.append("looks at \(types.count) types of events: name those that it needs, as in evt.type in (open, openat) and ...")
    }
    let heavy = types.types.filter { StateEvents.isHighVolume($0) && interest.events.contains($0) }.compactMap { Schema.event($0)?.name }
    if !heavy.isEmpty { hints.append("has the kernel deliver frequent events that nothing else needs: \(heavy.joined(separator: ", "))") }
    if interest.resolvesPaths {
      hints.append("has the kernel find the real path of each opened file, up to a microsecond for each open of the machine")
    }
    var ancestors: Set<String> = []
    var walks: Set<String> = []
    rule.condition.forEachCheck { check in
      for field in check.allFields {
        if ["proc.aname", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.aenv", "proc.apid"].contains(field.name) {
          if field.argument == nil { walks.insert(field.name) } else { ancestors.insert(field.name) }
        }
      }
    }
    if !walks.isEmpty { hints.append("walks over all ancestors for \(walks.sorted().joined(separator: ", ")); it comes last in the order of evaluation") }
    let count = only.program.tests.count
    hints.append("\(count) comparisons over \(only.program.fields.count) fields; cheap ones run first, and those that other rules share run once")
    return hints
  }

  /// For people.
  public var text: String {
    var lines = [name, "", "  " + description.split(separator: "\n").joined(separator: "\n  "), ""]
    lines.append("Priority  \(priority)\(isEnabled ? "" : " (switched off)")")
    lines.append("Tags      \(tags.joined(separator: ", "))")
    lines.append("")
    lines.append("Condition, macros and lists expanded:")
    lines += condition.outline(1)
    lines.append("")
    lines.append("Looks at  \(eventTypes.joined(separator: ", "))")
    if !genericCalls.isEmpty {
      lines.append("          of calls without an event of their own: \(genericCalls.count > 12 ? "all \(genericCalls.count)" : genericCalls.joined(separator: ", "))")
    }
    lines.append("In the kernel")
    lines.append("  The types of events are decided there: calls that no rule and no state needs end after one look at a bitmap.")
    lines.append("  Switched on for the state behind its fields as well: \(stateEvents.joined(separator: ", "))")
    if !hooks.isEmpty { lines.append("  Looked at when they begin, too: \(hooks.joined(separator: ", "))") }
    if resolvesPaths { lines.append("  The real path of each opened file is found there.") }
    lines.append("  Everything else in the condition is decided in user space.")
    lines.append("Cost")
    lines += hints.map { "  " + $0 }
    lines.append("")
    lines.append("Output    \(output)")
    return lines.joined(separator: "\n")
  }

  public var json: String {
    var json = JSONWriter()
    func strings(_ key: String, _ texts: [String]) {
      json.key(key)
      json.beginArray()
      for text in texts { json.string(text) }
      json.endArray()
    }
    json.beginObject()
    json.key("rule")
    json.string(name)
    json.key("description")
    json.string(description)
    json.key("priority")
    json.string(priority)
    json.key("enabled")
    json.boolean(isEnabled)
    strings("tags", tags)
    json.key("condition")
    json.string(condition.canonicalText)
    json.key("output")
    json.string(output)
    strings("event_types", eventTypes)
    strings("generic_calls", genericCalls)
    strings("state_events", stateEvents)
    strings("entry_hooks", hooks)
    json.key("resolves_paths")
    json.boolean(resolvesPaths)
    strings("hints", hints)
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }

  // MARK: On an event

  /// Explains the rule on events of a capture file.
  ///
  /// - Parameter number: `evt.num` of the event; `nil` for the first one on which the rule fires.
  public func explain(capture path: String, event number: UInt64?) throws(Failure) -> [EventExplanation] {
    var explainer = EventExplainer(rule, loaded)
    var found: [EventExplanation] = []
    let failure = CaptureWalk.walk(path) { event, state in
      if let number {
        if state.current.number < number { return true }
        if state.current.number == number { found.append(explainer.explain(event, state)) }
        return false
      }
      let explanation = explainer.explain(event, state)
      if explanation.tree.holds { found.append(explanation) }
      return found.isEmpty
    }
    if let failure { throw Failure(failure) }
    if found.isEmpty {
      throw Failure(number.map { "\(path) has no event \($0) that rules see" } ?? "the rule fires on no event of \(path); give --event")
    }
    return found
  }

  /// Explains the rule on the written events of a test case.
  public func explain(testFile: String, caseName: String?, event number: UInt64?) throws(Failure) -> [EventExplanation] {
    var explainer = EventExplainer(rule, loaded)
    do throws(TestFileProblem) {
      return try explainer.explain(testFile: testFile, caseName: caseName, event: number)
    } catch { throw Failure(error.text) }
  }
}

extension Expression {
  /// One comparison a line, indented by depth.
  fileprivate func outline(_ depth: Int) -> [String] {
    let indent = String(repeating: "  ", count: depth)
    switch self {
    case .and(let terms, _): return [indent + "all of"] + terms.flatMap { $0.outline(depth + 1) }
    case .or(let terms, _): return [indent + "any of"] + terms.flatMap { $0.outline(depth + 1) }
    case .not(let operand, _): return [indent + "not"] + operand.outline(depth + 1)
    case .check(let check): return [indent + check.canonicalText]
    case .macro(let name, _): return [indent + name]
    }
  }
}
