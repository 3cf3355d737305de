internal import JSONText

extension JSONValue {
  /// The text of a member, empty for none.
  func text(_ key: String) -> String { self[key]?.string ?? "" }

  /// The value as JSON text again, without blanks.
  func write(into json: inout JSONWriter) {
    switch self {
    case .null: json.null()
    case .boolean(let value): json.boolean(value)
    case .number(let text): json.raw(Array(text.utf8))
    case .string(let text): json.string(text)
    case .array(let items):
      json.beginArray()
      for item in items { item.write(into: &json) }
      json.endArray()
    case .object(let members):
      json.beginObject()
      for member in members {
        json.key(member.key)
        member.value.write(into: &json)
      }
      json.endObject()
    }
  }
}
