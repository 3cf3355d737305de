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
  /// What the output of each rule shows that is known later.
  private let needs: [OutputNeeds]
  private var waiting: WaitingAlerts
  /// Alerts by rule, in the order of the rules.
  public private(set) var counts: [UInt64]

  /// - Parameter waitMilliseconds: How long an alert waits for what a container's runtime tells; 0 for not at all.
  public init(
    _ rules: [CompiledRule], style: AlertStyle, hostName: String, outputs: AlertWriter, waitMilliseconds: Int = 0
  ) {
    var all: [ResolvedField] = []
    var index: [String: Int] = [:]
    for field in rules.lazy.flatMap(\.output.fields) where index[field.name] == nil {
      index[field.name] = all.count
      all.append(field)
    }
    var expressions: [FieldExpression] = []
    formats = rules.map { rule in
      var format = rule.output
      format.bind({ index[$0.name]! }, firstExpression: all.count + expressions.count)
      expressions += format.expressions
      return format
    }
    fields = FieldExtractor(all, expressions: expressions)
    needs = rules.map { OutputNeeds($0.output.fields + $0.output.expressions.flatMap(\.fields)) }
    waiting = WaitingAlerts(waitMilliseconds: waitMilliseconds)
    self.rules = rules
    self.style = style
    self.hostName = hostName
    self.outputs = outputs
    counts = Array(repeating: 0, count: rules.count)
  }

  /// Sends an alert for each rule that matched the event that was applied to the state last; keeps those that need
  /// what a container's runtime has not told yet, see ``settle(_:)``.
  public mutating func emit(_ matches: [UInt32], _ event: borrowing EventView, _ state: borrowing SystemState) {
    fields.begin()
    let subject = waiting.limit == 0 ? nil : FieldSubject(state)
    for match in matches {
      let index = Int(match)
      counts[index] &+= 1
      if let subject, mustWait(index, subject, state) {
        let alert = WaitingAlert(
          rule: index, subject: subject,
          frozen: formats[index].freeze(&fields, event, state, isInContainer: subject.container != Slot.none),
          record: event.headerRecord, until: wh_clock_monotonic() + waiting.limit)
        if waiting.add(alert) { continue }
      }
      send(index, event, state)
    }
  }

  /// Sends what was kept and is complete now, or has waited long enough. Cheap while nothing waits.
  ///
  /// - Parameter isEnd: Nothing will be told any more: send all.
  mutating func settle(_ state: borrowing SystemState, isEnd: Bool = false) {
    if waiting.isEmpty { return }
    let now = wh_clock_monotonic()
    var held: Set<UInt32> = []
    for alert in waiting.takeAll() {
      let missing = missing(alert.rule, alert.subject, state)
      let isComplete = missing == []
      // The alerts of one container keep their order; other containers do not wait for it.
      if !isEnd, held.contains(alert.subject.container) || (!isComplete && now < alert.until) {
        if alert.subject.container != Slot.none { held.insert(alert.subject.container) }
        waiting.keep(alert)
        continue
      }
      if !isComplete { waiting.incompleteCount &+= 1 }
      fields.subject = alert.subject
      fields.begin()
      do {
        let event = try EventView(validating: alert.record.span.bytes)
        send(alert.rule, event, state, frozen: alert.frozen, note: note(on: missing))
      } catch { preconditionFailure("a record that was valid is not any more: \(error)") }
      fields.subject = nil
    }
  }

  /// Whether alerts wait for what a runtime tells.
  var isWaiting: Bool { !waiting.isEmpty }
  var waitingStatistics: WaitingAlerts.Statistics { waiting.statistics }

  private func mustWait(_ rule: Int, _ subject: FieldSubject, _ state: borrowing SystemState) -> Bool {
    // Behind others of its container, an alert waits whatever it needs.
    missing(rule, subject, state) != [] || waiting.holds(subject.container)
  }

  /// What the rule's output shows, is not known, and will be.
  private func missing(_ rule: Int, _ subject: FieldSubject, _ state: borrowing SystemState) -> OutputNeeds {
    let needs = needs[rule]
    var missing: OutputNeeds = []
    if needs == [] { return missing }
    if needs.contains(.digest), state.digests.holds(subject.digest, subject.digestSerial),
      state.digests[subject.digest].knowledge == .asked
    {
      missing.insert(.digest)
    }
    guard subject.container != Slot.none, state.holdsContainer(subject.container, since: subject.containerSince) else {
      return missing
    }
    switch state.containers[subject.container].knowledge {
    case .unasked, .asked: if needs.contains(.metadata) { missing.insert(.metadata) }
    case .known, .unavailable: break
    }
    if needs.contains(.accounts), !state.containers[subject.container].hasAccounts { missing.insert(.accounts) }
    return missing
  }

  /// What an alert says at its end, and under which key, if it is sent without something.
  private func note(on missing: OutputNeeds) -> (key: String, text: String)? {
    if missing == [] { return nil }
    return missing == .digest ? ("proc.exe.sha256.note", waiting.digestNote) : ("container.metadata", waiting.note)
  }

  private mutating func send(
    _ index: Int, _ event: borrowing EventView, _ state: borrowing SystemState, frozen: FrozenFields? = nil,
    note: (key: String, text: String)? = nil
  ) {
    var message: [UInt8] = []
    formats[index].render(&fields, event, state, frozen: frozen, into: &message)
    if let note { message += " (\(note.text))".utf8 }
    var alert = Alert(
      timestamp: event.timestamp, rule: rules[index].name, priority: rules[index].priority.name,
      source: rules[index].source, hostname: hostName, message: message, tags: rules[index].tags)
    if style.json && style.includesFields {
      writer.reset()
      formats[index].writeFields(
        &fields, event, state, frozen: frozen, note: note, into: &writer)
      alert.fields = writer.bytes
    }
    var line: [UInt8] = []
    style.append(alert, into: &line)
    outputs.offer(line)
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
