internal import FilterLanguage

/// Every text that ranges count into, and where each of its bytes stands in the rule files.
struct SourceTexts: Sendable {
  enum Kind: Sendable {
    case ruleCondition, macroCondition, ruleOutput
  }

  struct Entry: Sendable {
    var kind: Kind
    /// Leads to the condition or output.
    var context: ItemContext
    var text: MappedText
  }

  private(set) var entries: [Entry] = []

  mutating func reserve(_ kind: Kind, _ context: ItemContext) -> TextID {
    entries.append(Entry(kind: kind, context: context, text: MappedText()))
    return TextID(rawValue: UInt32(entries.count - 1))
  }

  subscript(id: TextID) -> Entry {
    get { entries[Int(id.rawValue)] }
    set { entries[Int(id.rawValue)] = newValue }
  }

  /// The way to a range: to its condition or output, then to the very place in it.
  func context(of range: SourceRange) -> ItemContext {
    let entry = self[range.text]
    let place = entry.text.place(of: Int(range.lower))
    let type: ItemType = entry.kind == .ruleOutput ? .ruleOutputExpression : .conditionExpression
    return entry.context.adding(type, Self.abbreviation(of: entry.text), at: place)
  }

  /// The first 17 characters in quotes.
  private static func abbreviation(of text: MappedText) -> String {
    let string = String(decoding: text.bytes.prefix(72), as: UTF8.self)
    let start = String(string.unicodeScalars.prefix(17).map { $0 == "\n" ? " " : Character($0) })
    return "\"\(start)\(string.unicodeScalars.count > 17 ? "..." : "")\""
  }
}
