internal import FilterLanguage
internal import YAML

/// Gathers what rule files define, file after file, before anything is compiled.
struct RuleCollector {
  let options: LoadOptions
  var files = RuleFiles()
  var texts = SourceTexts()

  /// In the order of their first definition, like macros and rules.
  var lists: [ListDraft] = []
  var listIndices: [String: Int] = [:]
  var macros: [MacroDraft] = []
  var macroIndices: [String: Int] = [:]
  var rules: [RuleDraft] = []
  var ruleIndices: [String: Int] = [:]

  /// The highest that any file asks for.
  var requiredEngineVersion: Version?
  var pluginRequirements: [PluginRequirement] = []
  var diagnostics: [Diagnostic] = []
  /// What could not be read, so that uses of it are not reported as well.
  var broken: Set<BrokenItem> = []
  /// Counts items over all files.
  var itemNumber = 0

  struct BrokenItem: Hashable {
    var kind: String
    var name: String
  }

  init(options: LoadOptions) { self.options = options }

  mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  mutating func collect(_ documents: [YAMLNode], file: Int) {
    let content = ItemContext(file: file)
    for document in documents where !document.isNull {
      let place = Place(file: file, offset: document.mark.offset)
      guard let items = document.elements else {
        let message = "The document is \(document.kindName), not a sequence of items"
        let hint = document.isMapping ? "begin each rule, macro or list with '- '" : nil
        report(files.diagnostic(.yamlValidate, message, hint: hint, in: content.movingLast(to: place)))
        continue
      }
      for item in items where !item.isNull {
        let context = content.adding(.rulesContentItem, "", at: Place(file: file, offset: item.mark.offset))
        let reader = ItemReader(node: item, file: file, files: files, context: context)
        itemNumber += 1
        guard item.isMapping else {
          report(reader.problem(.yamlValidate, "An item must be a mapping, not \(item.kindName)"))
          continue
        }
        guard collect(item: reader) else { return }
      }
    }
  }

  /// Reads one item; returns false if reading the rest of the file makes no sense.
  private mutating func collect(item reader: ItemReader) -> Bool {
    let kinds = ["required_engine_version", "required_plugin_versions", "list", "macro", "rule"]
    guard let kind = kinds.first(where: reader.has) else {
      let keys = (reader.node.entries ?? []).compactMap(\.key.string)
      let hint = keys.lazy.compactMap { didYouMean($0, among: kinds) }.first
      report(
        reader.problem(
          .unknownItem, "The item is ignored, for it has none of the keys \(kinds.joined(separator: ", "))",
          hint: hint))
      return true
    }
    do throws(Diagnostic) {
      switch kind {
      case "required_engine_version": try collectEngineVersion(reader)
      case "required_plugin_versions": try collectPluginVersions(reader)
      case "list": try collectList(reader)
      case "macro": try collectMacro(reader)
      default: try collectRule(reader)
      }
    } catch {
      report(error)
      if let name = reader.node[kind]?.string { broken.insert(BrokenItem(kind: kind, name: name)) }
      return kind != "required_engine_version"
    }
    return true
  }

  func isBroken(_ kind: String, _ name: String) -> Bool { broken.contains(BrokenItem(kind: kind, name: name)) }

  // Requirements.

  private mutating func collectEngineVersion(_ item: ItemReader) throws(Diagnostic) {
    let node = try item.required("required_engine_version")
    var reader = item
    reader.context = item.context.adding(.requiredEngineVersion, "", at: item.place(of: node))
    let text = try reader.text(node, "required_engine_version")
    let required: Version
    if let number = node.unsignedInteger, let minor = UInt32(exactly: number) {
      required = Version(0, minor, 0)
    } else if let version = Version(text) {
      required = version
    } else {
      throw reader.problem(
        .yamlValidate, "'\(text)' is no engine version", hint: "write a number such as 57, or 0.57.0")
    }
    guard options.engineVersion.satisfies(required) else {
      throw reader.problem(
        .validate, "The rules need engine version \(required), this is \(options.engineVersion)")
    }
    requiredEngineVersion = max(requiredEngineVersion ?? required, required)
    for warning in item.unknownKeys(among: ["required_engine_version"]) { report(warning) }
  }

  private mutating func collectPluginVersions(_ item: ItemReader) throws(Diagnostic) {
    var reader = item
    let node = try item.required("required_plugin_versions")
    reader.context = item.context.adding(.requiredPluginVersions, "", at: item.place(of: node))
    for entry in try reader.elements("required_plugin_versions") {
      let name = entry["name"]?.string ?? ""
      let entryReader = reader.entering(entry, .requiredPluginVersionsEntry, name)
      var alternatives = [try pluginVersion(entryReader)]
      if try entryReader.optional("alternatives") != nil {
        for alternative in try entryReader.elements("alternatives") {
          let reader = entryReader.entering(
            alternative, .requiredPluginVersionsAlternative, alternative["name"]?.string ?? "")
          let version = try pluginVersion(reader)
          guard !alternatives.contains(where: { $0.name == version.name }) else {
            throw reader.problem(.validate, "Plugin '\(version.name)' occurs twice in one requirement")
          }
          alternatives.append(version)
        }
      }
      try check(alternatives, entryReader)
      pluginRequirements.append(PluginRequirement(alternatives: alternatives))
    }
    for warning in item.unknownKeys(among: ["required_plugin_versions"]) { report(warning) }
  }

  private func pluginVersion(_ reader: ItemReader) throws(Diagnostic) -> PluginVersion {
    let name = try reader.string("name")
    let text = try reader.string("version")
    guard let version = Version(text) else {
      throw reader.problem(
        .validate, "Plugin '\(name)': invalid version '\(text)'", hint: "write three numbers, such as 0.4.0")
    }
    return PluginVersion(name: name, version: version)
  }

  private func check(_ alternatives: [PluginVersion], _ reader: ItemReader) throws(Diagnostic) {
    for alternative in alternatives {
      guard let provided = options.providedPlugins.first(where: { $0.name == alternative.name }) else { continue }
      if provided.version.satisfies(alternative.version) { return }
      throw reader.problem(
        .validate,
        "Plugin requirement not satisfied: '\(provided.name)' is loaded at \(provided.version), needed is "
          + "\(alternative.version) or a later one of the same major version")
    }
    let wanted = alternatives.map { "\($0.name) (>= \($0.version))" }.joined(separator: ", ")
    throw reader.problem(.validate, "Plugin requirement not satisfied, must load one of: \(wanted)")
  }
}
