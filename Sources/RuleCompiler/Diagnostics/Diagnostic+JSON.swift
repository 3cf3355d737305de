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
  var bytes: [UInt8] = [UInt8(ascii: "\"")]
  bytes.reserveCapacity(text.utf8.count + 2)
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
    case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
    case 0x08: bytes.append(contentsOf: "\\b".utf8)
    case 0x09: bytes.append(contentsOf: "\\t".utf8)
    case 0x0A: bytes.append(contentsOf: "\\n".utf8)
    case 0x0C: bytes.append(contentsOf: "\\f".utf8)
    case 0x0D: bytes.append(contentsOf: "\\r".utf8)
    case 0..<0x20:
      let digits = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }
  bytes.append(UInt8(ascii: "\""))
  return String(decoding: bytes, as: UTF8.self)
}
