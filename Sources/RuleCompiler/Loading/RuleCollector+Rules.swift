internal import FilterLanguage
internal import YAML

extension RuleCollector {
  static let appendableKeys = ["condition", "output", "desc", "tags", "exceptions"]
  static let replaceableKeys =
    appendableKeys + [
      "priority", "capture", "capture_duration", "enabled", "warn_evttypes", "skip-if-unknown-filter",
    ]
  static let ruleKeys = ["rule", "source", "append", "override"] + replaceableKeys

  mutating func collectRule(_ item: ItemReader) throws(Diagnostic) {
    let name = try item.string("rule")
    let reader = item.entering(item.node, .rule, name)
    for warning in reader.unknownKeys(among: Self.ruleKeys) { report(warning) }
    let appends = try reader.bool("append") == true
    if reader.has("append") { report(deprecatedAppend(reader)) }
    let overrides = try overrides(
      reader, appendable: Self.appendableKeys, replaceable: Self.replaceableKeys)
    if !overrides.isEmpty {
      if appends { throw bothAppendAndOverride(reader) }
      try override(name, overrides, reader)
    } else if appends {
      try append(to: name, reader)
    } else if !["condition", "output", "desc", "priority"].contains(where: reader.has) {
      try enable(name, reader)
    } else {
      try define(name, reader)
    }
  }

  /// The rule that an item changes; nil if its definition was already reported as broken.
  private func existing(_ name: String, _ reader: ItemReader, to purpose: String) throws(Diagnostic) -> Int? {
    if let index = ruleIndices[name] {
      if let source = try reader.optionalString("source"), source != rules[index].source {
        throw otherSource(reader, rules[index].source)
      }
      return index
    }
    if isBroken("rule", name) { return nil }
    throw reader.problem(
      .validate, "Rule '\(name)' cannot be \(purpose): no rule of that name is defined before",
      hint: didYouMean(name, among: rules.map(\.name)))
  }

  private func otherSource(_ reader: ItemReader, _ source: String) -> Diagnostic {
    reader.problem(.validate, "Rule re-defined with a different source: so far it is '\(source)'")
  }

  // The four forms of a rule item.

  private mutating func define(_ name: String, _ reader: ItemReader) throws(Diagnostic) {
    let source = try reader.optionalString("source")
    let previous = ruleIndices[name]
    if let previous, let source, source != rules[previous].source { throw otherSource(reader, rules[previous].source) }
    let (condition, conditionPlace) = try reader.mappedText("condition")
    let (output, outputPlace) = try reader.mappedText("output")
    let description = try reader.string("desc")
    let priority = try priority(reader)
    let ids =
      previous.map { (rules[$0].conditionID, rules[$0].outputID) }
      ?? (texts.reserve(.ruleCondition, reader.context), texts.reserve(.ruleOutput, reader.context))
    var rule = RuleDraft(
      name: name, condition: condition, conditionPlace: conditionPlace, output: output.trimmed,
      outputPlace: outputPlace, description: description, priority: priority, context: reader.context,
      conditionID: ids.0, outputID: ids.1)
    rule.source = source ?? "syscall"
    for key in Self.replaceableKeys where reader.has(key) {
      if ["condition", "output", "desc", "priority", "exceptions"].contains(key) { continue }
      try replace(key, of: &rule, reader)
    }
    rule.exceptions = try exceptions(reader, source: rule.source)
    if !options.knownSources.contains(rule.source) {
      report(
        reader.problem(
          .unknownSource, "No event source '\(rule.source)' is loaded; the rule is skipped",
          hint: didYouMean(rule.source, among: options.knownSources.sorted())))
    }
    if let previous {
      rules[previous] = rule
    } else {
      ruleIndices[name] = rules.count
      rules.append(rule)
    }
  }

  private mutating func append(to name: String, _ reader: ItemReader) throws(Diagnostic) {
    guard reader.has("condition") || reader.has("exceptions") else {
      throw reader.problem(.yamlValidate, "A rule with 'append: true' needs 'condition' or 'exceptions'")
    }
    guard let index = try existing(name, reader, to: "appended to") else { return }
    var rule = rules[index]
    for key in ["condition", "exceptions"] where reader.has(key) { try append(key, to: &rule, reader) }
    rules[index] = rule
  }

  private mutating func enable(_ name: String, _ reader: ItemReader) throws(Diagnostic) {
    guard let isEnabled = try reader.bool("enabled") else {
      throw reader.problem(
        .yamlValidate, "The item has none of the keys of a rule",
        hint: "a rule needs condition, output, desc and priority; to change one, add 'override'")
    }
    report(
      reader.problem(
        .deprecatedItem, "An item with nothing but 'enabled' is deprecated",
        hint: "add 'override: {enabled: replace}'"))
    guard let index = try existing(name, reader, to: "enabled or disabled") else { return }
    rules[index].isEnabled = isEnabled
  }

  private mutating func override(
    _ name: String, _ overrides: [Override], _ reader: ItemReader
  ) throws(Diagnostic) {
    guard let index = try existing(name, reader, to: "overridden") else { return }
    var rule = rules[index]
    for override in overrides where override.combination == .append { try append(override.key, to: &rule, reader) }
    for override in overrides where override.combination == .replace { try replace(override.key, of: &rule, reader) }
    rules[index] = rule
  }

  // Single keys.

  private mutating func append(_ key: String, to rule: inout RuleDraft, _ reader: ItemReader) throws(Diagnostic) {
    switch key {
    case "condition":
      let (text, place) = try reader.mappedText(key)
      rule.condition.append(" ", from: place)
      rule.condition.append(text)
    case "output":
      let (text, place) = try reader.mappedText(key)
      rule.output.append(" ", from: place)
      rule.output.append(text)
    case "desc": rule.description += " " + (try reader.string(key))
    case "tags": rule.tags = Self.sortedSet(rule.tags + (try reader.strings(key)))
    default: try appendExceptions(to: &rule, reader)
    }
  }

  private mutating func replace(_ key: String, of rule: inout RuleDraft, _ reader: ItemReader) throws(Diagnostic) {
    switch key {
    case "condition": (rule.condition, rule.conditionPlace) = try reader.mappedText(key)
    case "output": (rule.output, rule.outputPlace) = try reader.mappedText(key)
    case "desc": rule.description = try reader.string(key)
    case "tags": rule.tags = Self.sortedSet(try reader.strings(key))
    case "exceptions": rule.exceptions = try exceptions(reader, source: rule.source)
    case "priority": rule.priority = try priority(reader)
    case "capture": rule.capture = try reader.bool(key) ?? rule.capture
    case "capture_duration": rule.captureDuration = try reader.unsignedInteger(key) ?? rule.captureDuration
    case "enabled": rule.isEnabled = try reader.bool(key) ?? rule.isEnabled
    case "warn_evttypes": rule.warnsAboutEventTypes = try reader.bool(key) ?? rule.warnsAboutEventTypes
    default: rule.skipsIfUnknownField = try reader.bool(key) ?? rule.skipsIfUnknownField
    }
  }

  private func priority(_ reader: ItemReader) throws(Diagnostic) -> Priority {
    let node = try reader.required("priority")
    let text = try reader.text(node, "priority")
    guard let priority = Priority(name: text) else {
      let names = Priority.allCases.map(\.name)
      let hint =
        text.lowercased() == "warn"
        ? "did you mean 'Warning'?"
        : didYouMean(text, among: names) ?? "priorities are \(names.joined(separator: ", "))"
      let context = reader.context.adding(.rulePriority, "", at: reader.place(of: node))
      throw files.diagnostic(.yamlValidate, "Invalid priority '\(text)'", hint: hint, in: context)
    }
    return priority
  }

  private static func sortedSet(_ words: [String]) -> [String] {
    Set(words).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
