import ArgumentParser
import EventSchema
import Fields
import JSONText

struct FieldsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fields", abstract: "List the fields that conditions and outputs can use.")

  @Flag(help: "Print Markdown, as in docs/FIELDS.md.")
  var markdown = false

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Also list deprecated fields.")
  var all = false

  func run() throws {
    print(json ? FieldListing.json(all) : markdown ? FieldListing.markdown(all) : FieldListing.text(all))
  }
}

/// The catalogue of fields in the forms that the command prints.
enum FieldListing {
  private static func fields(_ fieldClass: FieldClass, _ all: Bool) -> [FieldInfo] {
    fieldClass.fields.filter { all || $0.flags.isDisjoint(with: [.deprecated, .tableOnly]) }
  }

  /// How the argument is written behind the name.
  private static func usage(_ field: FieldInfo) -> String {
    switch field.argument {
    case .none: field.name
    case .index(let required): required ? "\(field.name)[N]" : "\(field.name) or \(field.name)[N]"
    case .key(let required): required ? "\(field.name)[NAME]" : "\(field.name) or \(field.name)[NAME]"
    case .indexOrKey(let required):
      required ? "\(field.name)[N|NAME]" : "\(field.name) or \(field.name)[N|NAME]"
    case .dotted: "\(field.name).NAME"
    case .dottedOrIndex: "\(field.name).NAME or \(field.name)[N]"
    }
  }

  static func names() -> [String] { FieldCatalogue.classes.flatMap { fields($0, false) }.map(\.name) }

  static func text(_ all: Bool) -> String {
    var lines: [String] = []
    for fieldClass in FieldCatalogue.classes {
      let fields = fields(fieldClass, all)
      if fields.isEmpty { continue }
      lines += ["", "\(fieldClass.title): \(fieldClass.description)", ""]
      for field in fields {
        lines.append("  \(usage(field))  (\(field.typeName))")
        lines += wrapped(field.description, width: 100).map { "      " + $0 }
      }
    }
    return lines.dropFirst().joined(separator: "\n")
  }

  static func markdown(_ all: Bool) -> String {
    var lines = [
      "# Fields", "",
      "What conditions and outputs can use; printed by `windhover fields --markdown`.",
    ]
    for fieldClass in FieldCatalogue.classes {
      let fields = fields(fieldClass, all)
      if fields.isEmpty { continue }
      lines += ["", "## \(fieldClass.title)", "", fieldClass.description, "", "| Field | Type | Meaning |", "|---|---|---|"]
      for field in fields {
        let description = field.description.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
        lines.append("| `\(usage(field))` | \(field.typeName) | \(description) |")
      }
    }
    return lines.joined(separator: "\n")
  }

  static func json(_ all: Bool) -> String {
    var json = JSONWriter()
    json.beginObject()
    json.key("fieldclasses")
    json.beginArray()
    for fieldClass in FieldCatalogue.classes {
      let fields = fields(fieldClass, all)
      if fields.isEmpty { continue }
      json.beginObject()
      json.key("name")
      json.string(fieldClass.name)
      json.key("desc")
      json.string(fieldClass.description)
      json.key("event_sources")
      json.beginArray()
      for source in fieldClass.sources { json.string(source) }
      json.endArray()
      json.key("fields")
      json.beginArray()
      for field in fields { write(field, into: &json) }
      json.endArray()
      json.endObject()
    }
    json.endArray()
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private static func write(_ field: FieldInfo, into json: inout JSONWriter) {
    json.beginObject()
    json.key("name")
    json.string(field.name)
    json.key("type")
    json.string(field.typeName)
    json.key("desc")
    json.string(field.description)
    json.key("is_list")
    json.boolean(field.isList)
    json.key("argument")
    let kinds: [String] =
      switch field.argument {
      case .none: []
      case .index: ["INDEX"]
      case .key, .dotted: ["KEY"]
      case .indexOrKey, .dottedOrIndex: ["INDEX", "KEY"]
      }
    if kinds.isEmpty {
      json.null()
    } else {
      json.beginObject()
      json.key("required")
      json.boolean(field.argument.isRequired)
      json.key("type")
      json.beginArray()
      for kind in kinds { json.string(kind) }
      json.endArray()
      json.endObject()
    }
    json.endObject()
  }

  /// Words put into lines of at most `width` characters.
  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty && line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + (line.isEmpty ? [] : [line])
  }
}

extension FieldInfo {
  /// The name of the type as documentation and machine-readable listings give it.
  var typeName: String { isList ? "LIST(\(type.name))" : type.name }
}
