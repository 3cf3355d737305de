extension LoadedRules {
  /// The verdict on every file, with its errors and warnings in full.
  public func report(_ style: DiagnosticStyle = DiagnosticStyle()) -> String {
    files.map { $0.report(style) }.joined(separator: "\n")
  }

  /// The verdicts as a JSON array on one line, the value of `falco_load_results`.
  public var resultsJSON: String { "[" + files.map(\.json).joined(separator: ",") + "]" }
}

extension LoadedFile {
  /// The verdict on the file, with its errors and warnings in full.
  public func report(_ style: DiagnosticStyle = DiagnosticStyle()) -> String {
    let verdict =
      !isSuccessful
      ? style.paint("Invalid", "1;31") : warnings.isEmpty ? "Ok" : "Ok, with warnings"
    var text = "\(name): \(verdict)"
    for (title, diagnostics) in [("error", errors), ("warning", warnings)] where !diagnostics.isEmpty {
      text += "\n\(diagnostics.count) \(title)\(diagnostics.count == 1 ? "" : "s"):"
      for diagnostic in diagnostics { text += "\n" + diagnostic.text(style) }
    }
    for warning in schemaWarnings ?? [] { text += "\nschema validation: \(warning)" }
    return text
  }

  public var json: String {
    var json = "{\"name\":\(jsonString(name)),\"successful\":\(isSuccessful)"
    if let schemaWarnings {
      json += ",\"schema_valid\":\(schemaWarnings.isEmpty),\"schema_warnings\":["
      json += schemaWarnings.map(jsonString).joined(separator: ",") + "]"
    }
    json += ",\"errors\":[" + errors.map(\.json).joined(separator: ",")
    json += "],\"warnings\":[" + warnings.map(\.json).joined(separator: ",") + "]}"
    return json
  }
}
