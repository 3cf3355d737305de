public import FilterLanguage

/// A rule, ready to be checked against the fields and compiled.
public struct LoadedRule: Sendable {
  public var name: String
  /// Lists expanded, exceptions joined, macros substituted: no ``FilterLanguage/Expression/macro(name:_:)`` is left.
  public var condition: Expression
  /// The condition as its author wrote it, appended parts included.
  public var conditionText: String
  public var output: String
  /// What ranges into ``output`` name as their text.
  public var outputText: TextID
  public var priority: Priority
  /// Sorted, without duplicates.
  public var tags: [String]
  public var source: String
  /// After the rule's own `enabled`, the configuration's selections and the minimum priority.
  public var isEnabled: Bool
  /// Whether the minimum priority keeps the rule from ever being evaluated.
  public var isBelowMinimumPriority: Bool
  public var description: String
  public var exceptions: [LoadedException]
  /// Whether a match starts a capture file.
  public var capture: Bool
  /// In milliseconds; 0 stands for the configuration's value.
  public var captureDuration: UInt64
  public var warnsAboutEventTypes: Bool
  /// Whether unknown fields and event types make the rule be skipped with a warning.
  public var skipsIfUnknownField: Bool
  /// The macros that the condition names itself, in the order of the text.
  public var macros: [String]
  /// The lists that the condition names itself, in the order of their definition.
  public var lists: [String]
  var context: ItemContext
}

/// What is left to know about an exception once its values are part of the condition.
public struct LoadedException: Sendable, Equatable {
  public var name: String
  public var fields: [String]
  public var comparisons: [String]

  public init(name: String, fields: [String], comparisons: [String]) {
    self.name = name
    self.fields = fields
    self.comparisons = comparisons
  }
}

public struct LoadedMacro: Sendable {
  public var name: String
  public var conditionText: String
  /// Lists expanded and macros substituted; nil if an error was reported.
  public var condition: Expression?
  public var macros: [String]
  public var lists: [String]
  public var isUsed: Bool
}

public struct LoadedList: Sendable {
  public var name: String
  /// As written, references to other lists left out.
  public var items: [String]
  /// The lists named by items.
  public var lists: [String]
  /// References to other lists replaced by their items.
  public var expandedItems: [String]
  public var isUsed: Bool
}

/// What loading found in one file.
public struct LoadedFile: Sendable {
  public var name: String
  /// Deviations from the schema of rule files, which do not keep the file from loading; nil if it is no YAML or empty.
  public var schemaWarnings: [String]?
  public var diagnostics: [Diagnostic]

  public var isSuccessful: Bool { !diagnostics.contains(where: \.isError) }
  public var errors: [Diagnostic] { diagnostics.filter(\.isError) }
  public var warnings: [Diagnostic] { diagnostics.filter { !$0.isError } }
}

/// The outcome of reading rule files.
public struct LoadedRules: Sendable {
  /// In the order of their first definition, without those of unknown event sources and those with errors.
  public var rules: [LoadedRule]
  /// The enabled rules by index into ``rules``, in the order in which they are tried.
  ///
  /// That is the order of definition, except that rules which the configuration enables come after all others.
  public var evaluationOrder: [Int]
  public var macros: [LoadedMacro]
  public var lists: [LoadedList]
  /// The highest version that any file asks for.
  public var requiredEngineVersion: Version?
  public var requiredPlugins: [PluginRequirement]
  /// The files read; those behind the first with errors are not.
  public internal(set) var files: [LoadedFile]
  /// What the configuration adds to the rules' outputs.
  public var outputAdditions: [OutputAddition] = []
  /// The key of the event's time in alerts is `evt.time.iso8601`.
  public var usesISOTime = false
  var contents: RuleFiles
  var texts: SourceTexts

  public var diagnostics: [Diagnostic] { files.flatMap(\.diagnostics) }
  public var hasErrors: Bool { files.contains { !$0.isSuccessful } }

  /// Adds what a later step found, to the result of the file where it stands.
  public mutating func report(_ diagnostic: Diagnostic) {
    guard files.indices.contains(diagnostic.file) else { return }
    files[diagnostic.file].diagnostics.append(diagnostic)
  }

  /// Describes a problem at a place in a rule's condition, in a macro used by it, or in its output.
  public func diagnostic(
    _ code: DiagnosticCode, _ message: String, hint: String? = nil, at range: SourceRange, in rule: LoadedRule
  ) -> Diagnostic {
    var context = texts.context(of: range)
    // Inside a macro the way leads through the rule that uses it.
    if texts[range.text].kind == .macroCondition {
      let macroLevels = context.levels.drop { $0.type != .macro }
      context = rule.context
      context.levels += macroLevels
    }
    return contents.diagnostic(code, message, hint: hint, in: context)
  }

  /// Describes a problem with a rule as a whole.
  public func diagnostic(
    _ code: DiagnosticCode, _ message: String, hint: String? = nil, in rule: LoadedRule
  ) -> Diagnostic {
    contents.diagnostic(code, message, hint: hint, in: rule.context)
  }

  /// The text of a range, lists expanded.
  public func text(of range: SourceRange) -> String {
    let bytes = texts[range.text].text.bytes
    let offsets = range.offsets.clamped(to: 0..<bytes.count)
    return String(decoding: bytes[offsets], as: UTF8.self)
  }

  /// Applies the configuration's selections to ``rules`` and puts them in the order of evaluation.
  mutating func select(_ selections: [RuleSelection]) {
    evaluationOrder = rules.indices.filter { rules[$0].isEnabled && !rules[$0].isBelowMinimumPriority }
    var isEnabled = Set(evaluationOrder)
    for selection in selections {
      for (index, rule) in rules.enumerated()
      where !rule.isBelowMinimumPriority && selection.matches(name: rule.name, tags: rule.tags) {
        if selection.enables {
          if isEnabled.insert(index).inserted { evaluationOrder.append(index) }
        } else if isEnabled.remove(index) != nil {
          evaluationOrder.removeAll { $0 == index }
        }
      }
    }
    for index in rules.indices { rules[index].isEnabled = isEnabled.contains(index) }
  }
}
