import FilterLanguage
import RuleCompiler

func loadText(_ text: String, _ options: LoadOptions = LoadOptions()) -> LoadedRules {
  load([RuleSource(name: "a.yaml", contents: Array(text.utf8))], options)
}

func loadTexts(_ texts: String...) -> LoadedRules {
  load(texts.enumerated().map { RuleSource(name: "\($0).yaml", contents: Array($1.utf8)) })
}

/// A rule item with nothing but what a rule needs.
func rule(_ name: String, _ condition: String, _ more: String = "") -> String {
  let more = more.isEmpty ? "" : "  \(more)\n"
  return """
    - rule: \(name)
      desc: d
      condition: |-
        \(condition)
      output: o
      priority: INFO
    \(more)
    """
}

extension LoadedRules {
  func rule(_ name: String) -> LoadedRule? { rules.first { $0.name == name } }

  /// The canonical text of a rule's condition.
  func condition(_ name: String) -> String? { rule(name)?.condition.canonicalText }

  var codes: [DiagnosticCode] { diagnostics.map(\.code) }
  var errors: [Diagnostic] { diagnostics.filter(\.isError) }
}

extension Diagnostic {
  /// File, line and column of the innermost location, counted from 1.
  var place: String { locations.last.map { "\($0.file):\($0.line + 1):\($0.column + 1)" } ?? "" }
}
