internal import Fields

/// An entry of the configuration's `append_output`: what the alerts of some rules say besides.
public struct OutputAddition: Sendable, Equatable {
  /// A further entry of an alert's `output_fields`, which its text does not show.
  public struct Field: Sendable, Equatable {
    public var key: String
    /// A text with fields in it; nil if the key is itself a field, whose value keeps its type.
    public var format: String?

    public init(key: String, format: String? = nil) {
      self.key = key
      self.format = format
    }
  }

  /// Which rules it is for: of this source, of this name, with all of these tags. Nil and none: of any.
  public var source: String?
  public var rule: String?
  public var tags: [String] = []
  /// Behind the rule's own text and a blank.
  public var text = ""
  /// Also shows each field that the catalogue marks as useful in any alert, as `container_id=%container.id`.
  public var showsSuggested = false
  public var fields: [Field] = []
  /// What messages call it.
  public var place = "append_output"

  public init() {}

  func matches(_ rule: LoadedRule) -> Bool {
    (source == nil || source == rule.source) && (self.rule == nil || self.rule == rule.name)
      && tags.allSatisfy(rule.tags.contains)
  }

  /// What it adds to the text.
  var wholeText: String {
    var parts = text.isEmpty ? [] : [text]
    if showsSuggested && (source == nil || source == "syscall") { parts += Self.suggested }
    return parts.joined(separator: " ")
  }

  private static let suggested = FieldCatalogue.classes.flatMap(\.fields)
    .filter { $0.flags.contains(.suggestedForOutput) }
    .map { $0.name.map { $0 == "." ? "_" : "\($0)" }.joined() + "=%\($0.name)" }
}
