internal import Capture
internal import Glibc
internal import RuleCompiler
internal import YAML

extension Settings {
  /// Reads a configuration file, then applies overrides in their order.
  ///
  /// Keys that nothing here acts on are named in a warning, never dropped in silence.
  ///
  /// - Parameters:
  ///   - path: A YAML file, or `nil` for the defaults.
  ///   - overrides: `KEY=VALUE`, dots between the levels; `KEY[]=VALUE` appends to a list, and `rules[].disable.tag=X`
  ///     to the list of rules. A value in brackets or braces is read as YAML.
  public static func read(_ path: String?, overrides: [String], warn: (String) -> Void) throws(Failure) -> Settings {
    var settings = Settings()
    if let path { try settings.apply(file: path, warn: warn) }
    for override in overrides { try settings.apply(override: override, warn: warn) }
    for plugin in settings.otherPlugins { warn("plugin \(plugin) has no effect in this version") }
    if settings.writesToFile && settings.outputFile.isEmpty {
      throw Failure("file_output.enabled is true but file_output.filename is empty; name the file")
    }
    if settings.replays && settings.captureFile.isEmpty {
      throw Failure("engine.kind is replay but engine.replay.capture_file is empty; name the capture file")
    }
    if !settings.writesToStandardOutput && !settings.writesToFile {
      throw Failure("no output is enabled; set stdout_output.enabled or file_output.enabled to true")
    }
    return settings
  }

  private mutating func apply(file path: String, warn: (String) -> Void) throws(Failure) {
    let source: RuleSource
    do throws(RuleSourceError) { source = try RuleSource(reading: path) } catch {
      throw Failure("cannot read the configuration: \(error.message)")
    }
    let documents: [YAMLNode]
    do throws(YAMLError) { documents = try YAMLDocuments.read(source.contents) } catch {
      throw Failure("\(path):\(error.mark.line + 1):\(error.mark.column + 1): \(error.message)")
    }
    for document in documents where !document.isNull {
      guard document.isMapping else { throw Failure("\(path): a configuration is a map of keys, not \(document.kindName)") }
      for entry in document.entries ?? [] {
        let key = entry.key.string ?? ""
        try apply(key, entry.value, in: path, warn: warn)
      }
    }
  }

  /// Goes down maps until a key of the table is reached.
  private mutating func apply(_ key: String, _ node: YAMLNode, in path: String, warn: (String) -> Void) throws(Failure) {
    let place = "\(path):\(node.mark.line + 1):\(node.mark.column + 1)"
    if let setting = Setting.byKey[key] {
      if node.isNull { return }
      do throws(SettingError) { try setting.apply(&self, Setting.Value(node)) } catch {
        throw Failure("\(place): \(key): \(error.message)")
      }
      return
    }
    if let entries = node.entries, Setting.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
      for entry in entries { try apply(key + "." + (entry.key.string ?? ""), entry.value, in: path, warn: warn) }
      return
    }
    let section = String(key.prefix { $0 != "." })
    if Setting.ignoredSections.contains(section) {
      warn("\(place): \(key) has no effect in this version")
    } else {
      warn("\(place): unknown key \(key)")
    }
  }

  private mutating func apply(override: String, warn: (String) -> Void) throws(Failure) {
    guard let equals = override.firstIndex(of: "=") else {
      throw Failure("-o \(override): write KEY=VALUE, as in -o json_output=true")
    }
    var key = String(override[..<equals])
    let text = String(override[override.index(after: equals)...])
    var value = Setting.Value.scalar(text)
    if text.hasPrefix("{") || text.hasPrefix("[") {
      do throws(YAMLError) {
        if let node = try YAMLDocuments.read(Array(text.utf8)).first { value = Setting.Value(node, expandsVariables: false) }
      } catch {
        throw Failure("-o \(override): \(error.message)")
      }
    }
    let earlierFiles = rulesFiles
    let earlierSelections = ruleSelections
    let earlierAdditions = outputAdditions
    let bracket = key.utf8.firstIndex(of: UInt8(ascii: "[")).map { key[$0...] }
    if let bracket, bracket.hasPrefix("[]") {
      // What stands behind the brackets are the levels inside the new item.
      for level in bracket.dropFirst(2).split(separator: ".").reversed() { value = .map([(String(level), value)]) }
      value = .list([value])
      key = String(key[..<bracket.startIndex])
    }
    guard let setting = Setting.byKey[key] else {
      if Setting.ignoredSections.contains(String(key.prefix { $0 != "." && $0 != "[" })) {
        warn("-o \(key) has no effect in this version")
        return
      }
      throw Failure("-o \(key): there is no such key; `windhover run --help` lists them")
    }
    do throws(SettingError) { try setting.apply(&self, value) } catch {
      throw Failure("-o \(key): \(error.message)")
    }
    guard bracket != nil else { return }
    switch key {
    case "rules_files", "rules_file": rulesFiles = earlierFiles + rulesFiles
    case "rules": ruleSelections = earlierSelections + ruleSelections
    case "append_output": outputAdditions = earlierAdditions + outputAdditions
      for number in outputAdditions.indices { outputAdditions[number].place = "append_output[\(number)]" }
    default: break
    }
  }
}

extension Setting.Value {
  /// - Parameter expandsVariables: Whether `${NAME}` stands for a variable of the environment, as in files.
  init(_ node: YAMLNode, expandsVariables: Bool = true) {
    if let elements = node.elements {
      self = .list(elements.map { Setting.Value($0, expandsVariables: expandsVariables) })
    } else if let entries = node.entries {
      self = .map(entries.map { ($0.key.string ?? "", Setting.Value($0.value, expandsVariables: expandsVariables)) })
    } else {
      let text = node.string ?? ""
      self = .scalar(expandsVariables ? Environment.substituting(text) : text)
    }
  }
}

/// `${NAME}` in the configuration.
enum Environment {
  /// Replaces each `${NAME}` by the variable's value, nothing for one that is not set; `$${NAME}` stays as `${NAME}`.
  static func substituting(_ text: String) -> String {
    guard text.contains("${") else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        result += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") {
        let name = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
        if let value = getenv(name) { result += String(cString: value) }
        rest = rest[rest.index(after: end)...]
      } else {
        result.append("$")
        rest = rest.dropFirst()
      }
    }
    return result + rest
  }
}
