public import JSONText

/// The published shape of rule files.
public enum RuleSchema {
  /// A JSON schema (draft 6) on one line.
  public static var json: String {
    var json = JSONWriter()
    RuleFileSchema.write(into: &json)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

extension RuleFileSchema {
  static func write(into json: inout JSONWriter) {
    json.beginObject()
    json.key("$schema")
    json.string("http://json-schema.org/draft-06/schema#")
    json.key("type")
    json.string("array")
    json.key("items")
    write(.object(item), into: &json)
    json.endObject()
  }

  private static func write(_ shape: Shape, into json: inout JSONWriter) {
    json.beginObject()
    switch shape {
    case .any: break
    case .string: type("string", into: &json)
    case .boolean: type("boolean", into: &json)
    case .integer: type("integer", into: &json)
    case .stringOrInteger: types(into: &json)
    case .priority:
      type("string", into: &json)
      json.key("enum")
      json.beginArray()
      for priority in priorities.sorted() { json.string(priority) }
      json.endArray()
    case .strings:
      type("array", into: &json)
      json.key("items")
      write(.string, into: &json)
    case .scalars:
      type("array", into: &json)
      json.key("items")
      write(.stringOrInteger, into: &json)
    case .objects(let keys):
      type("array", into: &json)
      json.key("items")
      write(.object(keys), into: &json)
    case .object(let keys):
      type("object", into: &json)
      json.key("additionalProperties")
      json.boolean(false)
      json.key("properties")
      json.beginObject()
      for (key, shape) in keys.sorted(by: { $0.key < $1.key }) {
        json.key(key)
        write(shape, into: &json)
      }
      json.endObject()
    }
    json.endObject()
  }

  private static func type(_ name: String, into json: inout JSONWriter) {
    json.key("type")
    json.string(name)
  }

  private static func types(into json: inout JSONWriter) {
    json.key("type")
    json.beginArray()
    json.string("string")
    json.string("integer")
    json.endArray()
  }
}
