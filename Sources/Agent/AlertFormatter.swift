public import EventSchema
public import Fields
public import Outputs
public import RuleCompiler
public import SystemState
internal import JSONText

/// Turns a match into an alert: the only step of the event loop that makes strings.
public struct AlertFormatter: ~Copyable {
  private var rules: [CompiledRule]
  private var formats: [OutputFormat]
  /// One extractor for the outputs of all rules.
  private var fields: FieldExtractor
  private let style: AlertStyle
  private let hostName: String
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
  public var countsByRule: [(rule: String, priority: Priority, count: UInt64)] {
    rules.indices.filter { counts[$0] > 0 }.map { (rules[$0].name, rules[$0].priority, counts[$0]) }
  }
}
