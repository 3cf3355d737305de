public import EventSchema
public import Fields
public import Outputs
public import RuleCompiler
public import SystemState
internal import CLinux
internal import Capture
internal import JSONText

/// Turns a match into an alert: the only step of the event loop that makes strings.
public struct AlertFormatter: ~Copyable {
  private var rules: [CompiledRule]
  private var formats: [OutputFormat]
  /// One extractor for the outputs of all rules.
  private var fields: FieldExtractor
  private let style: AlertStyle
  /// What alerts name as their host.
  var hostName: String
  private let outputs: AlertWriter
  private var writer = JSONWriter()
  /// Alerts by rule, in the order of the rules.
  public private(set) var counts: [UInt64]

  public init(_ rules: [CompiledRule], style: AlertStyle, hostName: String, outputs: AlertWriter) {
    var all: [ResolvedField] = []
    var index: [String: Int] = [:]
    for field in rules.lazy.flatMap(\.output.fields) where index[field.name] == nil {
      index[field.name] = all.count
      all.append(field)
    }
    formats = rules.map { rule in
      var format = rule.output
      format.bind { index[$0.name]! }
      return format
    }
    fields = FieldExtractor(all)
    self.rules = rules
    self.style = style
    self.hostName = hostName
    self.outputs = outputs
    counts = Array(repeating: 0, count: rules.count)
  }

  /// Sends an alert for each rule that matched the event that was applied to the state last.
  public mutating func emit(_ matches: [UInt32], _ event: borrowing EventView, _ state: borrowing SystemState) {
    fields.begin()
    for match in matches {
      let index = Int(match)
      counts[index] &+= 1
      var message: [UInt8] = []
      formats[index].render(&fields, event, state, into: &message)
      var alert = Alert(
        timestamp: event.timestamp, rule: rules[index].name, priority: rules[index].priority.name,
        source: rules[index].source, hostname: hostName, message: message, tags: rules[index].tags)
      if style.json && style.includesFields {
        writer.reset()
        formats[index].writeFields(&fields, event, state, into: &writer)
        alert.fields = writer.bytes
      }
      var line: [UInt8] = []
      style.append(alert, into: &line)
      outputs.offer(line)
    }
  }

  /// Has the outputs open their files anew, after a rotation.
  public func reopenOutputs() { outputs.reopen() }

  /// Alerts by rule, those without any left out.
  var countsByRule: [AlertCount] {
    rules.indices.filter { counts[$0] > 0 }.map {
      AlertCount(rule: rules[$0].name, priority: rules[$0].priority, count: counts[$0])
    }
  }

  /// Sends an alert of the program's own: capture was interrupted.
  mutating func emit(_ gap: CaptureGap) {
    let what = gap.from == gap.to ? "opened again" : "replaced by \(gap.to.rawValue)"
    let text =
      "Windhover internal: capture interrupted. The driver \(gap.from.rawValue) was \(what) after \(gap.reason); "
      + "system calls of up to \(gap.nanoseconds / 1_000_000) ms were not seen"
    writer.reset()
    writer.beginObject()
    writer.key("driver")
    writer.string(gap.to.rawValue)
    writer.key("driver.previous")
    writer.string(gap.from.rawValue)
    writer.key("gap_ns")
    writer.number(gap.nanoseconds)
    writer.key("reason")
    writer.string("\(gap.reason)")
    writer.endObject()
    emitInternal("Windhover internal: capture interrupted", .critical, text)
  }

  /// Sends an alert of the program's own: a recording ended before its time.
  mutating func emit(fullRecording path: String, bytes: UInt64, limitMegabytes: Int) {
    writer.reset()
    writer.beginObject()
    writer.key("file")
    writer.string(path)
    writer.key("max_file_size_mb")
    writer.number(UInt64(limitMegabytes))
    writer.key("written_bytes")
    writer.number(bytes)
    writer.endObject()
    emitInternal(
      "Windhover internal: capture size limit reached", .informational,
      "Windhover internal: capture size limit reached. \(path) ended at the configured limit of \(limitMegabytes) MB")
  }

  /// - Parameter text: The message; the fields are in the writer.
  private mutating func emitInternal(_ rule: String, _ priority: Priority, _ text: String) {
    var message = Array(text.utf8)
    // Texts of errors may hold line breaks; an alert is one line.
    for index in message.indices where message[index] < 0x20 { message[index] = UInt8(ascii: " ") }
    var alert = Alert(
      timestamp: wh_clock_realtime(), rule: rule, priority: priority.name, source: "internal", hostname: hostName,
      message: message)
    if style.json && style.includesFields { alert.fields = writer.bytes }
    var line: [UInt8] = []
    style.append(alert, into: &line)
    outputs.offer(line)
  }
}

/// How often a rule made an alert.
struct AlertCount {
  var rule: String
  var priority: Priority
  var count: UInt64
}
