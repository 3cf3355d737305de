internal import YAML

/// Compares rule files with the published shape of such files.
///
/// Deviations are worth knowing, since other tools may refuse the file, but they never keep rules from loading.
enum RuleFileSchema {
  enum Shape {
    case string, boolean, integer, stringOrInteger, priority, any
    case strings
    case scalars
    case object([String: Shape])
    case objects([String: Shape])
  }

  private static let plugin: [String: Shape] = ["name": .string, "version": .string]
  static let item: [String: Shape] = [
    "required_engine_version": .stringOrInteger,
    "required_plugin_versions": .objects(
      plugin.merging(["alternatives": .objects(plugin)]) { first, _ in first }),
    "list": .string,
    "items": .scalars,
    "macro": .string,
    "rule": .string,
    "condition": .string,
    "output": .string,
    "desc": .string,
    "priority": .priority,
    "source": .string,
    "enabled": .boolean,
    "tags": .strings,
    "capture": .boolean,
    "capture_duration": .integer,
    "warn_evttypes": .boolean,
    "skip-if-unknown-filter": .boolean,
    "append": .boolean,
    "exceptions": .objects(["name": .string, "fields": .any, "comps": .any, "values": .any]),
    "override": .object(
      Dictionary(
        uniqueKeysWithValues: [
          "append", "capture", "capture_duration", "condition", "desc", "enabled", "exceptions", "items", "output",
          "priority", "skip-if-unknown-filter", "tags", "warn_evttypes",
        ].map { ($0, Shape.string) })),
  ]

  static let priorities: Set<String> = [
    "EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "INFORMATIONAL", "DEBUG",
  ]

  /// At most this many are listed for one file.
  private static let limit = 100

  /// Says what deviates, each as `failed for <path>: <reason>`; empty if nothing does.
  static func warnings(for documents: [YAMLNode]) -> [String] {
    var warnings: [String] = []
    for document in documents where !document.isNull {
      guard let items = document.elements else {
        warnings.append("failed for <root>: expected an array, found \(document.kindName)")
        continue
      }
      for (index, element) in items.enumerated() where !element.isNull {
        check(element, .object(item), .element(index, of: nil), &warnings)
      }
    }
    return Array(warnings.prefix(limit))
  }

  /// Where a node is; written out only for what is told.
  private indirect enum Path: CustomStringConvertible {
    case element(Int, of: Path?)
    case member(String, of: Path)

    var description: String {
      switch self {
      case .element(let index, let whole): "\(whole?.description ?? "")[\(index)]"
      case .member(let key, let whole): "\(whole).\(key)"
      }
    }
  }

  private static func check(_ node: YAMLNode, _ shape: Shape, _ path: Path, _ warnings: inout [String]) {
    guard warnings.count < limit else { return }
    func expect(_ isAsExpected: Bool, _ wanted: String) {
      if !isAsExpected {
        let found = node.string.map { "'\($0)'" } ?? node.kindName
        warnings.append("failed for <root>\(path): expected \(wanted), found \(found)")
      }
    }
    switch shape {
    case .any: break
    case .string: expect(node.isScalar, "a string")
    case .boolean: expect(node.bool != nil, "a boolean")
    case .integer: expect(node.integer != nil, "an integer")
    case .stringOrInteger: expect(node.isScalar, "a string or an integer")
    case .priority: expect(node.string.map(priorities.contains) ?? false, "a priority in upper case")
    case .strings, .scalars:
      guard let elements = node.elements else { return expect(false, "an array") }
      for (index, element) in elements.enumerated() { check(element, .string, .element(index, of: path), &warnings) }
    case .objects(let keys):
      if node.isNull { return }
      guard let elements = node.elements else { return expect(false, "an array") }
      for (index, element) in elements.enumerated() {
        check(element, .object(keys), .element(index, of: path), &warnings)
      }
    case .object(let keys):
      guard let entries = node.entries else { return expect(false, "an object") }
      for key in node.duplicateKeys {
        warnings.append("failed for <root>\(path): the key '\(key.string ?? "")' occurs twice; the first counts")
      }
      for entry in entries {
        let key = entry.key.string ?? entry.key.kindName
        if let shape = keys[key] {
          check(entry.value, shape, .member(key, of: path), &warnings)
        } else {
          warnings.append("failed for <root>\(path): the key '\(key)' is not allowed")
        }
      }
    }
  }
}
