internal import YAML

/// Reads the values of one item, and turns what is wrong with them into diagnostics.
///
/// Every function that throws abandons the item; the loader goes on with the next one.
struct ItemReader {
  let node: YAMLNode
  let file: Int
  let files: RuleFiles
  /// Leads to the item.
  var context: ItemContext

  func place(of node: YAMLNode) -> Place { Place(file: file, offset: node.mark.offset) }

  /// A reader for a mapping inside this item.
  func entering(_ node: YAMLNode, _ type: ItemType, _ name: String) -> ItemReader {
    ItemReader(
      node: node, file: file, files: files, context: context.adding(type, name, at: place(of: node)))
  }

  func problem(_ code: DiagnosticCode, _ message: String, hint: String? = nil, at node: YAMLNode? = nil) -> Diagnostic {
    files.diagnostic(code, message, hint: hint, in: context.movingLast(to: node.map(place)))
  }

  func problem(
    _ code: DiagnosticCode, _ message: String, hint: String? = nil, in key: String, at node: YAMLNode
  ) -> Diagnostic {
    files.diagnostic(code, message, hint: hint, in: context.adding(.valueFor, key, at: place(of: node)))
  }

  func has(_ key: String) -> Bool { node[key] != nil }

  func required(_ key: String) throws(Diagnostic) -> YAMLNode {
    guard let value = node[key] else {
      throw problem(.yamlValidate, "The item has no key '\(key)'", hint: missingKeyHint(key))
    }
    return try nonNull(value, key)
  }

  func optional(_ key: String) throws(Diagnostic) -> YAMLNode? {
    guard let value = node[key] else { return nil }
    return try nonNull(value, key)
  }

  /// The text of a scalar that must not be empty.
  func string(_ key: String) throws(Diagnostic) -> String { try text(try required(key), key) }

  func optionalString(_ key: String) throws(Diagnostic) -> String? {
    guard let value = try optional(key) else { return nil }
    return try text(value, key)
  }

  func mappedText(_ key: String) throws(Diagnostic) -> (MappedText, Place) {
    let value = try required(key)
    _ = try text(value, key)
    return (MappedText(value, file: file, contents: files.files[file].contents), place(of: value))
  }

  func bool(_ key: String) throws(Diagnostic) -> Bool? {
    guard let value = try optional(key) else { return nil }
    let text = try text(value, key)
    guard let bool = value.bool else {
      throw problem(.yamlValidate, "'\(text)' is no boolean", hint: "write true or false", in: key, at: value)
    }
    return bool
  }

  func unsignedInteger(_ key: String) throws(Diagnostic) -> UInt64? {
    guard let value = try optional(key) else { return nil }
    let text = try text(value, key)
    guard let number = value.unsignedInteger else {
      throw problem(.yamlValidate, "'\(text)' is no whole number from 0", in: key, at: value)
    }
    return number
  }

  func elements(_ key: String) throws(Diagnostic) -> [YAMLNode] {
    let value = try required(key)
    guard let elements = value.elements else {
      throw problem(.yamlValidate, "Wanted is a sequence, found \(value.kindName)", in: key, at: value)
    }
    return elements
  }

  /// The texts of a sequence of scalars.
  func strings(_ key: String) throws(Diagnostic) -> [String] {
    var strings: [String] = []
    for element in try elements(key) {
      guard let string = element.string else {
        throw problem(
          .yamlValidate, "Wanted are scalars in the sequence, found \(element.kindName)", in: key, at: element)
      }
      strings.append(string)
    }
    return strings
  }

  func text(_ value: YAMLNode, _ key: String) throws(Diagnostic) -> String {
    guard let text = value.string else {
      throw problem(.yamlValidate, "Wanted is a scalar, found \(value.kindName)", in: key, at: value)
    }
    guard !text.isEmpty else { throw problem(.yamlValidate, "The value must not be empty", in: key, at: value) }
    return text
  }

  /// One warning for every key that this kind of item does not have.
  func unknownKeys(among known: [String]) -> [Diagnostic] {
    (node.entries ?? []).compactMap { entry in
      let key = entry.key.string ?? entry.key.kindName
      guard !known.contains(key) else { return nil }
      return problem(
        .unknownKey, "Unknown key '\(key)' is ignored", hint: didYouMean(key, among: known), in: key, at: entry.key)
    }
  }

  private func nonNull(_ value: YAMLNode, _ key: String) throws(Diagnostic) -> YAMLNode {
    guard !value.isNull else { throw problem(.yamlValidate, "The key '\(key)' has no value", in: key, at: value) }
    return value
  }

  private func missingKeyHint(_ key: String) -> String? {
    let present = (node.entries ?? []).compactMap(\.key.string)
    return closest(to: key, among: present).map { "'\($0)' is present; is it misspelt?" }
  }
}

extension ItemContext {
  /// The same way, but pointing at another place in the last item.
  func movingLast(to place: Place?) -> ItemContext {
    guard let place else { return self }
    var context = self
    context.levels[context.levels.count - 1].place = place
    return context
  }
}
