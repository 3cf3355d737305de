internal import FilterLanguage
internal import YAML

extension RuleCollector {
  /// What an item does with a previous definition of its name.
  enum Combination: Equatable {
    case define, append, replace
  }

  mutating func collectList(_ item: ItemReader) throws(Diagnostic) {
    let name = try item.string("list")
    let reader = item.entering(item.node, .list, name)
    for warning in reader.unknownKeys(among: ["list", "items", "append", "override"]) { report(warning) }
    if !name.utf8.allSatisfy(Self.mayStandInListName) {
      report(
        reader.problem(
          .invalidListName, "'\(name)' is no valid list name: blanks, quotes and any of ( ) = , are not allowed",
          hint: "no condition can refer to it"))
    }
    let items = try reader.strings("items")
    let combination = try combination(reader, key: "items")
    guard let index = listIndices[name] else {
      if combination == .append {
        if isBroken("list", name) { return }
        throw reader.problem(
          .validate, "Cannot append to list '\(name)': no list of that name is defined before",
          hint: didYouMean(name, among: lists.map(\.name)))
      }
      listIndices[name] = lists.count
      lists.append(ListDraft(name: name, items: items, context: reader.context))
      return
    }
    if combination == .append {
      lists[index].items += items
    } else {
      lists[index] = ListDraft(name: name, items: items, context: reader.context)
    }
  }

  mutating func collectMacro(_ item: ItemReader) throws(Diagnostic) {
    let name = try item.string("macro")
    let reader = item.entering(item.node, .macro, name)
    for warning in reader.unknownKeys(among: ["macro", "condition", "append", "override"]) { report(warning) }
    if !Self.isIdentifier(name) {
      report(
        reader.problem(
          .invalidMacroName, "'\(name)' is no valid macro name: a letter must come first, then letters, digits or '_'",
          hint: "no condition can refer to it"))
    }
    let (condition, place) = try reader.mappedText("condition")
    let combination = try combination(reader, key: "condition")
    guard let index = macroIndices[name] else {
      if combination == .append {
        if isBroken("macro", name) { return }
        throw reader.problem(
          .validate, "Cannot append to macro '\(name)': no macro of that name is defined before",
          hint: didYouMean(name, among: macros.map(\.name)))
      }
      macroIndices[name] = macros.count
      macros.append(
        MacroDraft(
          name: name, condition: condition, context: reader.context, conditionPlace: place, firstItem: itemNumber,
          lastItem: itemNumber, textID: texts.reserve(.macroCondition, reader.context)))
      return
    }
    macros[index].lastItem = itemNumber
    if combination == .append {
      macros[index].condition.append(" ", from: place)
      macros[index].condition.append(condition)
    } else {
      macros[index].condition = condition
      macros[index].context = reader.context
      macros[index].conditionPlace = place
    }
  }

  /// Reads `append` and `override` of a list or macro, whose only overridable key is `key`.
  private mutating func combination(_ reader: ItemReader, key: String) throws(Diagnostic) -> Combination {
    let appends = try reader.bool("append")
    if reader.has("append") { report(deprecatedAppend(reader)) }
    let overrides = try overrides(reader, appendable: [key], replaceable: [key])
    guard let first = overrides.first else { return appends == true ? .append : .define }
    if appends == true { throw bothAppendAndOverride(reader) }
    return first.combination
  }

  func deprecatedAppend(_ reader: ItemReader) -> Diagnostic {
    reader.problem(
      .deprecatedItem, "The key 'append' is deprecated",
      hint: "name what is appended under 'override', for example {condition: append}")
  }

  func bothAppendAndOverride(_ reader: ItemReader) -> Diagnostic {
    reader.problem(
      .yamlValidate, "'override' and 'append: true' exclude each other", hint: "remove 'append: true'")
  }

  struct Override {
    var key: String
    var combination: Combination
  }

  /// Reads the map `override`; empty if there is none.
  mutating func overrides(
    _ item: ItemReader, appendable: [String], replaceable: [String]
  ) throws(Diagnostic) -> [Override] {
    guard let node = item.node["override"], !node.isNull else { return [] }
    guard let entries = node.entries else {
      report(
        item.problem(
          .unknownKey, "'override' is \(node.kindName) and is ignored",
          hint: "write a mapping such as {\(replaceable[0]): append}", in: "override", at: node))
      return []
    }
    let reader = item.entering(node, .overrides, "")
    var overrides: [Override] = []
    for entry in entries {
      let key = entry.key.string ?? ""
      let operation = entry.value.string ?? ""
      guard operation == "append" || operation == "replace" else {
        throw reader.problem(
          .yamlValidate, "'\(operation)' is nothing that can be done to '\(key)'",
          hint: "write append or replace", in: key, at: entry.value)
      }
      let allowed = operation == "append" ? appendable : replaceable
      guard allowed.contains(key) else {
        let verb = operation == "append" ? "appended to" : "replaced"
        let hint =
          didYouMean(key, among: allowed)
          ?? (replaceable.contains(key) ? "it can be replaced" : "possible keys: \(allowed.joined(separator: ", "))")
        throw reader.problem(
          .yamlValidate, "Key '\(key)' cannot be \(verb)", hint: hint, in: key, at: entry.key)
      }
      guard item.has(key) else {
        throw reader.problem(
          .yamlValidate, "'override' says to \(operation) '\(key)', but the item has no '\(key)'",
          in: key, at: entry.key)
      }
      overrides.append(Override(key: key, combination: operation == "append" ? .append : .replace))
    }
    guard !overrides.isEmpty else { return [] }
    for key in replaceable where item.has(key) && !overrides.contains(where: { $0.key == key }) {
      throw item.problem(
        .yamlValidate, "Unexpected key '\(key)': 'override' does not name it",
        hint: "add '\(key): replace' under 'override'", in: key, at: item.node[key] ?? item.node)
    }
    return overrides
  }

  static func isIdentifier(_ name: String) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
    guard let first = name.utf8.first, isLetter(first) else { return false }
    return name.utf8.allSatisfy { isLetter($0) || $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: "_") }
  }

  private static func mayStandInListName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x08...0x0D, 0x20, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\""), UInt8(ascii: "'"),
      UInt8(ascii: "="), UInt8(ascii: ","):
      false
    default: true
    }
  }
}
