internal import ByteText
internal import JSONText

/// What a rule found: everything that any channel needs, independent of event and state.
public struct Alert: Sendable {
  /// Of the event, nanoseconds since the epoch.
  public var timestamp: UInt64
  public var rule: String
  /// As alerts spell it: `Warning`.
  public var priority: String
  public var source: String
  public var hostname: String
  /// The rendered output of the rule.
  public var message: [UInt8]
  /// The fields as a JSON object.
  public var fields: [UInt8]
  /// `nil` for alerts of Windhover itself, which have none.
  public var tags: [String]?

  public init(
    timestamp: UInt64, rule: String, priority: String, source: String, hostname: String, message: [UInt8],
    fields: [UInt8] = Array("{}".utf8), tags: [String]? = nil
  ) {
    self.timestamp = timestamp
    self.rule = rule
    self.priority = priority
    self.source = source
    self.hostname = hostname
    self.message = message
    self.fields = fields
    self.tags = tags
  }
}

/// How alerts become lines.
public struct AlertStyle: Sendable {
  /// JSON objects instead of text.
  public var json = false
  /// UTC date and time instead of the local time of day in front of the message.
  public var usesISOTime = false
  public var includesOutput = true
  public var includesFields = true
  public var includesTags = true
  /// The message without time and priority, under a key of its own.
  public var includesMessage = false

  public init() {}

  /// Appends the alert as one line, newline included.
  public func append(_ alert: borrowing Alert, into line: inout [UInt8]) {
    if json {
      appendJSON(alert, into: &line)
    } else {
      var text: [UInt8] = []
      appendOutput(alert, into: &text)
      line.append(escaped: unsafe text.span.bytes)
    }
    line.append(UInt8(ascii: "\n"))
  }

  /// `TIME: PRIORITY MESSAGE`.
  private func appendOutput(_ alert: borrowing Alert, into text: inout [UInt8]) {
    text.append(time: alert.timestamp, usesISOTime ? .utcWithOffset : .localTime)
    text.append(": ")
    text.append(text: alert.priority)
    text.append(UInt8(ascii: " "))
    text.append(contentsOf: alert.message)
  }

  /// Keys come in byte order, as readers of such lines expect.
  private func appendJSON(_ alert: borrowing Alert, into line: inout [UInt8]) {
    var text: [UInt8] = []
    var json = JSONWriter(line)
    line = []
    json.beginObject()
    json.key("hostname")
    json.string(alert.hostname)
    if includesMessage {
      json.key("message")
      json.string(alert.message)
    }
    if includesOutput {
      appendOutput(alert, into: &text)
      json.key("output")
      json.string(text)
    }
    if includesFields {
      json.key("output_fields")
      json.raw(alert.fields)
    }
    json.key("priority")
    json.string(alert.priority)
    json.key("rule")
    json.string(alert.rule)
    json.key("source")
    json.string(alert.source)
    if includesTags, let tags = alert.tags {
      json.key("tags")
      json.beginArray()
      for tag in tags.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { json.string(tag) }
      json.endArray()
    }
    json.key("time")
    var time: [UInt8] = []
    time.append(time: alert.timestamp, .utcZulu)
    json.string(time)
    json.endObject()
    line = json.bytes
  }
}
