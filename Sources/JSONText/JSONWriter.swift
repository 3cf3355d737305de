internal import ByteText

/// Writes one JSON value after the other into a buffer: compact, in the order of the calls.
///
/// Commas and colons come by themselves. The caller opens and closes objects and arrays in pairs and gives each member
/// of an object its ``key(_:)``; the writer does not check that.
public struct JSONWriter: Sendable {
  public var bytes: [UInt8]
  /// A value was written at this level, so the next one needs a comma.
  private var needsComma = false

  /// - Parameter bytes: A buffer to go on in; its room is used again.
  public init(_ bytes: consuming [UInt8] = []) { self.bytes = bytes }

  /// Empties the buffer and keeps its room.
  public mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  private mutating func begin() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  public mutating func beginObject() {
    begin()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  public mutating func endObject() {
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  public mutating func beginArray() {
    begin()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
  }

  public mutating func endArray() {
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  public mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A member's name that is already UTF-8 bytes.
  public mutating func key(bytes name: RawSpan) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Text of any bytes: what is no UTF-8 becomes U+FFFD.
  public mutating func string(_ text: RawSpan) {
    begin()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(escaped: text)
    bytes.append(UInt8(ascii: "\""))
  }

  public mutating func string(_ text: String) {
    begin()
    bytes.append(UInt8(ascii: "\""))
    unsafe bytes.append(escaped: text.utf8.span.bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  public mutating func string(_ text: [UInt8]) { string(unsafe text.span.bytes) }

  public mutating func number(_ value: UInt64) {
    begin()
    bytes.append(decimal: value)
  }

  public mutating func number(_ value: Int64) {
    begin()
    bytes.append(decimal: value)
  }

  /// The shortest text that reads back as the same number; `null` for what JSON cannot say.
  public mutating func number(_ value: Double) {
    guard value.isFinite else { return null() }
    begin()
    bytes.append(text: value.description)
  }

  public mutating func boolean(_ value: Bool) {
    begin()
    if value { bytes.append("true") } else { bytes.append("false") }
  }

  public mutating func null() {
    begin()
    bytes.append("null")
  }

  /// A value that is JSON text already.
  public mutating func raw(_ text: [UInt8]) {
    begin()
    bytes.append(contentsOf: text)
  }
}
