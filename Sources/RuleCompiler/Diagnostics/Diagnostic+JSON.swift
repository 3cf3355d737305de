internal import JSONText

extension Diagnostic {
  /// The problem as one JSON object on one line.
  public var json: String {
    var json = "{\"code\":\(jsonString(code.rawValue)),\"codedesc\":\(jsonString(code.summary))"
    json += ",\"message\":\(jsonString(hint.map { "\(message) (\($0))" } ?? message))"
    json += ",\"context\":{\"locations\":["
    json += locations.map(\.json).joined(separator: ",")
    let (line, caret) = visibleSnippet(width: 160)
    json += "],\"snippet\":" + jsonString("\(line)\n" + String(repeating: " ", count: caret) + "^\n") + "}}"
    return json
  }
}

extension Diagnostic.Location {
  var json: String {
    "{\"item_type\":\(jsonString(itemType.rawValue)),\"item_name\":\(jsonString(itemName)),\"position\":"
      + "{\"name\":\(jsonString(file)),\"line\":\(line),\"column\":\(column),\"offset\":\(offset)}}"
  }
}

/// Quotes a text as a JSON string.
func jsonString(_ text: String) -> String {
  var writer = JSONWriter()
  writer.string(text)
  return String(decoding: writer.bytes, as: UTF8.self)
}
