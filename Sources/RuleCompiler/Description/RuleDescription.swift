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
    json.text("name", rule.name)
    json.text("condition", rule.conditionText)
    json.text("priority", rule.priority.name)
    json.text("output", rule.output)
    json.text("description", rule.description)
    json.key("enabled")
    json.boolean(rule.isEnabled)
    json.text("source", rule.source)
    json.key("capture")
    json.boolean(rule.capture)
    json.key("capture_duration")
    json.number(rule.captureDuration)
    json.texts("tags", rule.tags)
    json.endObject()
    json.key("details")
    json.beginObject()
    json.texts("macros", rule.macros)
    json.texts("lists", rule.lists)
    json.texts("condition_operators", facts.operators)
    json.texts("condition_fields", facts.fields)
    let (output, _) = rule.compileOutput()
    json.texts("output_fields", output?.fields.map(\.name) ?? [])
    json.texts("exception_fields", Set(rule.exceptions.flatMap(\.fields)).sorted())
    json.texts("exception_names", rule.exceptions.map(\.name))
    json.texts("exception_operators", Set(rule.exceptions.flatMap(\.comparisons)).sorted())
    json.texts("events", facts.events)
    json.text("condition_compiled", rule.condition.canonicalText)
    json.text("output_compiled", rule.output)
    json.texts("plugins", [])
    json.endObject()
    json.endObject()
  }

  private func describe(_ macro: LoadedMacro, into json: inout JSONWriter) {
    let facts = macro.condition.map(ConditionFacts.init)
    json.beginObject()
    json.key("info")
    json.beginObject()
    json.text("name", macro.name)
    json.text("condition", macro.conditionText)
    json.endObject()
    json.key("details")
    json.beginObject()
    json.key("used")
    json.boolean(macro.isUsed)
    json.texts("macros", macro.macros)
    json.texts("lists", macro.lists)
    json.texts("condition_operators", facts?.operators ?? [])
    json.texts("condition_fields", facts?.fields ?? [])
    json.texts("events", facts?.events ?? [])
    json.text("condition_compiled", macro.condition?.canonicalText ?? "")
    json.texts("plugins", [])
    json.endObject()
    json.endObject()
  }

  private func describe(_ list: LoadedList, into json: inout JSONWriter) {
    json.beginObject()
    json.key("info")
    json.beginObject()
    json.text("name", list.name)
    json.texts("items", list.items)
    json.endObject()
    json.key("details")
    json.beginObject()
    json.key("used")
    json.boolean(list.isUsed)
    json.texts("lists", list.lists)
    json.texts("items_compiled", list.expandedItems)
    json.texts("plugins", [])
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
  fileprivate mutating func text(_ key: String, _ value: String) {
    self.key(key)
    string(value)
  }

  fileprivate mutating func texts(_ key: String, _ values: [String]) {
    array(key, values) { value, json in json.string(value) }
  }

  fileprivate mutating func array<Element>(
    _ key: String, _ values: some Sequence<Element>, _ write: (Element, inout JSONWriter) -> Void
  ) {
    self.key(key)
    beginArray()
    for value in values { write(value, &self) }
    endArray()
  }

  fileprivate mutating func plugin(_ plugin: PluginVersion) {
    text("name", plugin.name)
    text("version", plugin.version.description)
  }
}
