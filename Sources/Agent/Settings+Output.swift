internal import FilterLanguage
public import RuleCompiler

extension OutputAddition {
  private static let keys = ["match", "extra_output", "extra_fields", "suggested_output"]
  private static let matchKeys = ["source", "rule", "tags"]

  /// Entries of `append_output`.
  static func read(_ value: Setting.Value) throws(SettingError) -> [OutputAddition] {
    guard case .list(let entries) = value else { throw SettingError("needs a list of entries") }
    var additions: [OutputAddition] = []
    for (number, entry) in entries.enumerated() {
      guard case .map(let pairs) = entry else {
        throw SettingError("each entry needs some of \(keys.joined(separator: ", "))")
      }
      var addition = OutputAddition()
      addition.place = "append_output[\(number)]"
      for (key, value) in pairs {
        switch key {
        case "match": try addition.readMatch(value)
        case "extra_output": addition.text = try value.string()
        case "suggested_output": addition.showsSuggested = try value.bool()
        case "extra_fields": try addition.readFields(value)
        default: throw SettingError.unknown(key, among: keys)
        }
      }
      additions.append(addition)
    }
    return additions
  }

  private mutating func readMatch(_ value: Setting.Value) throws(SettingError) {
    guard case .map(let pairs) = value else {
      throw SettingError("match needs some of \(Self.matchKeys.joined(separator: ", "))")
    }
    for (key, value) in pairs {
      switch key {
      case "source": source = try value.string()
      case "rule": rule = try value.string()
      case "tags": tags = try value.strings()
      default: throw SettingError.unknown(key, among: Self.matchKeys)
      }
    }
  }

  private mutating func readFields(_ value: Setting.Value) throws(SettingError) {
    guard case .list(let entries) = value else { throw SettingError("extra_fields needs a list") }
    for entry in entries {
      switch entry {
      case .scalar(let name): try add(Field(key: name))
      case .map(let pairs): for (key, format) in pairs { try add(Field(key: key, format: try format.string())) }
      case .list: throw SettingError("extra_fields needs names of fields, and keys with a text")
      }
    }
  }

  private mutating func add(_ field: Field) throws(SettingError) {
    if fields.contains(where: { $0.key == field.key }) { throw SettingError("extra_fields has '\(field.key)' twice") }
    fields.append(field)
  }
}

extension SettingError {
  fileprivate static func unknown(_ key: String, among keys: [String]) -> SettingError {
    let near = Suggestion.closest(to: key, among: keys).map { "did you mean \($0)?" }
    return SettingError("'\(key)' is no key here; \(near ?? "use " + keys.joined(separator: ", "))")
  }
}
