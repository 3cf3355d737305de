public import EventSchema
internal import FilterLanguage
internal import JSONText
internal import Outputs
internal import RuleEngine
public import RuleCompiler
public import SystemState

/// A rule on one event.
public struct EventExplanation: Sendable {
  /// `evt.num`.
  public var number: UInt64
  /// The event as `windhover dump` prints it.
  public var line: String
  public var looksAtType: Bool
  public var tree: Explanation

  /// For people: the verdict, the reasons, then the whole tree.
  public var text: String {
    var lines = ["Event \(number): \(line)"]
    if !looksAtType {
      lines.append("The rule does not look at events of this type.")
    } else {
      lines.append(tree.holds ? "The rule fires, because" : "The rule does not fire, because")
      lines += tree.reasons.map { "  " + $0 }
    }
    lines.append("All comparisons:")
    lines += tree.tree(1)
    return lines.joined(separator: "\n")
  }

  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("event", number)
      json.member("line", line)
      json.member("looks_at_type", looksAtType)
      json.member("fires", looksAtType && tree.holds)
      json.member("reasons", tree.reasons)
      json.key("tree")
      json.raw(tree.json)
    }
    return json.bytes
  }
}

/// Explains one rule on events as they go by.
public struct EventExplainer: ~Copyable {
  private let rule: LoadedRule
  private let types: EventTypeSet
  private var probe: ConditionProbe
  private var printer = EventPrinter()

  public init(_ rule: LoadedRule, _ loaded: LoadedRules) {
    self.rule = rule
    var alone = loaded
    alone.rules = [rule]
    alone.evaluationOrder = [0]
    types = alone.compiled().program.eventTypes
    probe = ConditionProbe(ConditionPlan([rule], of: loaded))
  }

  /// Explains the rule on the event that was applied to the state last.
  public mutating func explain(_ event: borrowing EventView, _ state: borrowing SystemState) -> EventExplanation {
    let results = probe.evaluate(event, state)
    var line: [UInt8] = []
    printer.appendText(event, state, into: &line)
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    return EventExplanation(
      number: state.current.number, line: String(decoding: line, as: UTF8.self), looksAtType: types.contains(event.type),
      tree: Explanation(rule.condition, &probe, results, event, state))
  }

  /// Explains the rule on the written events of a test case.
  ///
  /// - Parameters:
  ///   - caseName: Part of the name; `nil` if the file has one case only, or for its first.
  ///   - number: Counted from 1; `nil` for all of them.
  public mutating func explain(
    testFile path: String, caseName: String?, event number: UInt64?
  ) throws(TestFileProblem) -> [EventExplanation] {
    let contents: [UInt8]
    do throws(RuleSourceError) { contents = try RuleSource(reading: path).contents } catch {
      throw TestFileProblem(path, nil, error.message)
    }
    let (file, problems) = TestFileReader.read(contents, path: path)
    if let problem = problems.first { throw problem }
    guard let item = file.cases.first(where: { caseName == nil || $0.name.contains(caseName!) }) else {
      throw TestFileProblem(path, nil, "no case has '\(caseName ?? "")' in its name")
    }
    guard case .events(let events) = item.source else {
      throw TestFileProblem(path, nil, "the case '\(item.name)' has no written events", hint: "for captures use --capture and --event")
    }
    let scene = Scene(item.scene)
    var found = Problems(file: path)
    let records = WrittenEvents.records(of: events, scene, &found)
    if let problem = found.all.first { throw problem }
    var state = scene.state()
    var explanations: [EventExplanation] = []
    for (index, (record, cpu)) in records.enumerated() {
      do throws(RecordError) {
        let event = try EventView(validating: record.span.bytes, cpu: cpu)
        state.apply(event)
        if number == nil || number == UInt64(index + 1) {
          var explanation = explain(event, state)
          explanation.number = UInt64(index + 1)
          explanations.append(explanation)
        }
      } catch { preconditionFailure("the record of a written event does not decode: \(error)") }
    }
    if explanations.isEmpty {
      throw TestFileProblem(path, nil, "the case '\(item.name)' has \(records.count) events, not \(number ?? 0)")
    }
    return explanations
  }
}
