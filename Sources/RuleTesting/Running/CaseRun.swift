public import EventSchema
internal import Fields
internal import FilterLanguage
internal import Outputs
internal import RuleCompiler
internal import RuleEngine
public import SystemState

/// One case while its events go by: applies the rules to each and remembers what the verdict needs.
public struct CaseRun: ~Copyable {
  private let rules: RuleSetUnderTest
  private let item: TestCase
  private var evaluator: RuleEvaluator
  private var probe: ConditionProbe
  private var coverage: Coverage
  private var extractor: FieldExtractor
  private let outputs: [OutputFormat]
  /// By expectation, the fields of which texts are wanted, as positions in the extractor.
  private let wantedFields: [[Int]]
  private var counts: [Int]
  private var firstFired: [Int: FirstMatch] = [:]
  /// By rule, why it did not fire on the event on which it came nearest.
  private var nearest: [Int: NearMiss] = [:]
  private let isExplained: Set<Int>
  private(set) var judged = 0

  private struct FirstMatch {
    var event: Int
    var type: String
    var fields: [Int: String]
    var output: String
    var reasons: [String]
  }
  private struct NearMiss {
    var event: Int
    var type: String
    var reasons: [String]
    var looked = 1
  }

  /// - Precondition: The rules that the case names exist.
  public init(_ item: TestCase, _ rules: RuleSetUnderTest, coverage: consuming Coverage) {
    self.rules = rules
    self.item = item
    evaluator = RuleEvaluator(rules.compiled.program)
    evaluator.stopsAtFirstMatch = false
    probe = ConditionProbe(rules.plan)
    self.coverage = coverage
    var fields: [ResolvedField] = []
    var wanted: [[Int]] = []
    for expectation in item.expectations {
      var positions: [Int] = []
      for field in expectation.fields {
        if case .success(let resolved) = FieldCatalogue.resolve(field.field) {
          positions.append(fields.count)
          fields.append(resolved)
        } else {
          positions.append(-1)
        }
      }
      wanted.append(positions)
    }
    var places: [String: Int] = [:]
    for field in rules.compiled.rules.lazy.flatMap(\.output.fields) where places[field.name] == nil {
      places[field.name] = fields.count
      fields.append(field)
    }
    var expressions: [FieldExpression] = []
    var formats: [OutputFormat] = []
    for rule in rules.compiled.rules {
      var format = rule.output
      format.bind({ places[$0.name]! }, firstExpression: fields.count + expressions.count)
      expressions += format.expressions
      formats.append(format)
    }
    outputs = formats
    extractor = FieldExtractor(fields, expressions: expressions)
    wantedFields = wanted
    counts = Array(repeating: 0, count: rules.compiled.rules.count)
    isExplained = Set(item.expectations.compactMap { rules.index[$0.rule.name] })
  }

  /// Judges an event that was applied to the state.
  public mutating func take(_ event: borrowing EventView, _ state: borrowing SystemState) {
    judged += 1
    _ = evaluator.evaluate(event, state)
    let matches = Set(evaluator.matches.map(Int.init))
    let results = probe.evaluate(event, state)
    coverage.note(event.type, matches, results)
    for rule in matches {
      counts[rule] += 1
      if firstFired[rule] == nil { firstFired[rule] = firstMatch(rule, results, event, state) }
    }
    for rule in isExplained where !matches.contains(rule) && counts[rule] == 0 {
      guard rules.compiled.rules[rule].eventTypes.contains(event.type), nearest[rule]?.looked ?? 0 < 100 else { continue }
      let reasons = Explanation(rules.loaded[rule].condition, &probe, results, event, state).reasons
      let looked = (nearest[rule]?.looked ?? 0) + 1
      if let known = nearest[rule], known.reasons.count <= reasons.count {
        nearest[rule]!.looked = looked
        continue
      }
      nearest[rule] = NearMiss(event: judged, type: name(event), reasons: reasons, looked: looked)
    }
  }

  private func name(_ event: borrowing EventView) -> String { Schema.event(event.type)?.name ?? "\(event.type.rawValue)" }

  private mutating func firstMatch(
    _ rule: Int, _ results: [Bool], _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FirstMatch {
    extractor.begin()
    var texts: [Int: String] = [:]
    for (expectation, positions) in zip(item.expectations, wantedFields) where rules.index[expectation.rule.name] == rule {
      for position in positions where position >= 0 {
        var text: [UInt8] = []
        extractor.render(position, event, state, into: &text)
        texts[position] = String(decoding: text, as: UTF8.self)
      }
    }
    var output: [UInt8] = []
    outputs[rule].render(&extractor, event, state, into: &output)
    let reasons = Explanation(rules.loaded[rule].condition, &probe, results, event, state).reasons
    return FirstMatch(
      event: judged, type: name(event), fields: texts, output: String(decoding: output, as: UTF8.self), reasons: reasons)
  }

  /// Compares what happened with what the case expects.
  ///
  /// - Returns: The outcome, and the coverage with this case's part added.
  public consuming func finish() -> (CaseOutcome, Coverage) {
    var failures: [Failing] = []
    for (expectation, positions) in zip(item.expectations, wantedFields) {
      let name = expectation.rule.name
      guard let rule = rules.index[name] else { continue }
      coverage.noteExpected(rule)
      guard let first = firstFired[rule] else {
        var details: [String] = []
        if let near = nearest[rule] {
          details = ["on event \(near.event) (\(near.type)) its condition is not true because"] + near.reasons.map { "  " + $0 }
        } else {
          let types = rules.compiled.rules[rule].eventTypes.types.prefix(12).map { Schema.event($0)?.name ?? "" }
          details = ["it looks at none of the \(judged) events: it looks at \(types.joined(separator: ", "))"]
        }
        failures.append(Failing(expectation.rule.line, "\(name) must fire and did not", details))
        continue
      }
      if let times = expectation.times, counts[rule] != times {
        failures.append(Failing(expectation.rule.line, "\(name) must fire \(times) times and fired \(counts[rule])"))
      }
      for (field, position) in zip(expectation.fields, positions) {
        if position < 0 {
          failures.append(Failing(field.line, "'\(field.field)' is no field", ["`windhover fields` lists them"]))
        } else if let text = first.fields[position], text != field.text {
          failures.append(
            Failing(field.line, "\(name): \(field.field) must be '\(field.text)'", ["it is '\(text)' on event \(first.event) (\(first.type))"]))
        }
      }
      for text in expectation.output where !first.output.contains(text.text) {
        failures.append(Failing(text.line, "\(name): the output must contain '\(text.text)'", ["it is: \(first.output)"]))
      }
    }
    for rule in item.silent {
      guard let index = rules.index[rule.name] else { continue }
      coverage.noteSilenced(index)
      if let first = firstFired[index] { failures.append(unexpected(rule.name, rule.line, first)) }
    }
    if item.silencesOthers {
      let expected = Set(item.expectations.map(\.rule.name))
      for (index, rule) in rules.compiled.rules.enumerated() where !expected.contains(rule.name) {
        if let first = firstFired[index] { failures.append(unexpected(rule.name, item.line, first)) }
      }
    }
    if judged == 0 { failures.append(Failing(item.line, "there was no event to judge")) }
    return (
      CaseOutcome(name: item.name, file: item.file, line: item.line, events: judged, failures: failures), coverage
    )
  }

  private func unexpected(_ name: String, _ line: Int, _ first: FirstMatch) -> Failing {
    Failing(
      line, "\(name) must stay silent and fired",
      ["on event \(first.event) (\(first.type)): \(first.output)", "because"] + first.reasons.map { "  " + $0 })
  }
}

/// What became of one case.
public struct CaseOutcome: Sendable {
  public var name: String
  public var file: String
  public var line: Int
  /// Judged.
  public var events: Int
  public var failures: [Failing]
  /// Why the case was not run, if it was not: that is no pass.
  public var obstacle: String?
  public var nanoseconds: UInt64 = 0

  public var passed: Bool { failures.isEmpty && obstacle == nil }
}

/// One thing that differs from what a case expects.
public struct Failing: Sendable {
  /// Where the expectation is.
  public var line: Int
  public var message: String
  public var details: [String]

  init(_ line: Int, _ message: String, _ details: [String] = []) {
    self.line = line
    self.message = message
    self.details = details
  }
}
