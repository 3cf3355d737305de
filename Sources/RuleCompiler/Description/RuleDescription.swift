internal import EventSchema
internal import Fields
internal import FilterLanguage
public import JSONText
internal import Outputs

/// Rules, macros and lists described for tools: what `-L` and `-l` print with JSON output.
extension CompiledRules {
  /// - Parameter name: Describe this rule alone.
  /// - Returns: Whether there is such a rule.
  public func describe(rule name: String? = nil, into json: inout JSONWriter) -> Bool {
    let rules = name.map { name in loaded.rules.filter { $0.name == name } } ?? loaded.rules
    if name != nil && rules.isEmpty { return false }
    json.beginObject()
    if name == nil {
      json.key("required_engine_version")
      json.string((loaded.requiredEngineVersion ?? Version(0, 0, 0)).description)
      json.array("required_plugin_versions", loaded.requiredPlugins) { requirement, json in
        json.beginObject()
        json.plugin(requirement.alternatives[0])
        json.array("alternatives", requirement.alternatives.dropFirst()) { plugin, json in
          json.beginObject()
          json.plugin(plugin)
          json.endObject()
        }
        json.endObject()
      }
    }
    json.array("rules", rules) { rule, json in describe(rule, into: &json) }
    if name == nil {
      json.array("macros", loaded.macros) { macro, json in describe(macro, into: &json) }
      json.array("lists", loaded.lists) { list, json in describe(list, into: &json) }
    }
    json.endObject()
    return true
  }

  private func describe(_ rule: LoadedRule, into json: inout JSONWriter) {
    let facts = ConditionFacts(rule.condition)
    json.beginObject()
    json.key("info")
    json.beginObject()
    json.member("name", rule.name)
    json.member("condition", rule.conditionText)
    json.member("priority", rule.priority.name)
    json.member("output", rule.output)
    json.member("description", rule.description)
    json.member("enabled", rule.isEnabled)
    json.member("source", rule.source)
    json.member("capture", rule.capture)
    json.member("capture_duration", rule.captureDuration)
    json.member("tags", rule.tags)
    json.endObject()
    json.key("details")
    json.beginObject()
    json.member("macros", rule.macros)
    json.member("lists", rule.lists)
    json.member("condition_operators", facts.operators)
    json.member("condition_fields", facts.fields)
    var outputs = OutputCompiler(loaded.outputAdditions, usesISOTime: loaded.usesISOTime)
    let (output, _) = outputs.compile(rule)
    let additions = loaded.outputAdditions.filter { $0.matches(rule) }
    json.member("output_fields", output?.fields.map(\.name) ?? [])
    let extra = additions.flatMap(\.fields)
    if !extra.isEmpty {
      json.object("extra_output_formatted_fields") { json in
        for field in extra { json.member(field.key, field.format ?? "%" + field.key) }
      }
    }
    json.member("exception_fields", Set(rule.exceptions.flatMap(\.fields)).sorted())
    json.member("exception_names", rule.exceptions.map(\.name))
    json.member("exception_operators", Set(rule.exceptions.flatMap(\.comparisons)).sorted())
    json.member("events", facts.events)
    json.member("condition_compiled", rule.condition.canonicalText)
    json.member(
      "output_compiled", ([rule.output] + additions.map(\.wholeText).filter { !$0.isEmpty }).joined(separator: " "))
    json.member("plugins", [])
    json.endObject()
    json.endObject()
  }

  private func describe(_ macro: LoadedMacro, into json: inout JSONWriter) {
    let facts = macro.condition.map(ConditionFacts.init)
    json.beginObject()
    json.key("info")
    json.beginObject()
    json.member("name", macro.name)
    json.member("condition", macro.conditionText)
    json.endObject()
    json.key("details")
    json.beginObject()
    json.member("used", macro.isUsed)
    json.member("macros", macro.macros)
    json.member("lists", macro.lists)
    json.member("condition_operators", facts?.operators ?? [])
    json.member("condition_fields", facts?.fields ?? [])
    json.member("events", facts?.events ?? [])
    json.member("condition_compiled", macro.condition?.canonicalText ?? "")
    json.member("plugins", [])
    json.endObject()
    json.endObject()
  }

  private func describe(_ list: LoadedList, into json: inout JSONWriter) {
    json.beginObject()
    json.key("info")
    json.beginObject()
    json.member("name", list.name)
    json.member("items", list.items)
    json.endObject()
    json.key("details")
    json.beginObject()
    json.member("used", list.isUsed)
    json.member("lists", list.lists)
    json.member("items_compiled", list.expandedItems)
    json.member("plugins", [])
    json.endObject()
    json.endObject()
  }

  /// The same for people: names and descriptions in two columns.
  ///
  /// - Returns: Nil if there is no such rule.
  public func descriptionText(rule name: String? = nil) -> String? {
    let rules = name.map { name in loaded.rules.filter { $0.name == name } } ?? loaded.rules
    if name != nil && rules.isEmpty { return nil }
    var lines = [Self.row("Rule", "Description"), Self.row("----", "-----------")]
    for rule in rules {
      let names = Self.wrapped(rule.name)
      let descriptions = Self.wrapped(rule.description)
      for index in 0..<max(names.count, descriptions.count) {
        lines.append(Self.row(index < names.count ? names[index] : "", index < descriptions.count ? descriptions[index] : ""))
      }
    }
    return lines.joined(separator: "\n")
  }

  private static let columnWidth = 50

  private static func row(_ left: String, _ right: String) -> String {
    let row = left + String(repeating: " ", count: max(1, columnWidth - left.count)) + right
    return String(row.reversed().drop { $0 == " " }.reversed())
  }

  private static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty && line.count + 1 + word.count >= columnWidth {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + [line]
  }
}

/// What a condition is made of, macros included.
struct ConditionFacts {
  var fields: [String]
  var operators: [String]
  /// Names of the events it could be true on; asynchronous ones always come through.
  var events: [String]

  init(_ condition: Expression) {
    var fields: Set<String> = []
    var operators: Set<String> = []
    condition.forEachCheck { check in
      check.forEachField { fields.insert($0.canonicalText) }
      operators.insert(check.operator.rawValue)
    }
    var checker = ConditionChecker(ProgramBuilder())
    let checked = checker.check(condition)
    self.fields = fields.sorted()
    self.operators = operators.sorted()
    events = checker.errors.isEmpty ? checked.eventNames.union(["asyncevent"]).sorted() : []
  }
}

extension JSONWriter {
  fileprivate mutating func plugin(_ plugin: PluginVersion) {
    member("name", plugin.name)
    member("version", plugin.version.description)
  }
}
