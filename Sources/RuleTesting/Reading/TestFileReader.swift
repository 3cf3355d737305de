internal import EventSchema
internal import FilterLanguage
internal import YAML

/// Reads test files, every problem of a file in one pass.
struct TestFileReader {
  private let path: String
  var problems: Problems
  private var file: TestFile

  static func read(_ contents: [UInt8], path: String) -> (TestFile, [TestFileProblem]) {
    var reader = TestFileReader(path: path)
    reader.read(contents)
    return (reader.file, reader.problems.all)
  }

  private init(path: String) {
    self.path = path
    problems = Problems(file: path)
    file = TestFile(path: path)
  }

  private mutating func read(_ contents: [UInt8]) {
    let documents: [YAMLNode]
    do throws(YAMLError) { documents = try YAMLDocuments.read(contents).filter { !$0.isNull } } catch {
      problems.add(nil, "no YAML: \(error.message) (line \(error.mark.line + 1), column \(error.mark.column + 1))")
      return
    }
    guard documents.count == 1, let top = documents.first else {
      problems.add(nil, "a test file is one YAML document, this has \(documents.count)", hint: "start with rules: and cases:")
      return
    }
    let keys = ["rules", "processes", "containers", "users", "process", "cases"]
    guard let mapping = StrictMapping(top, "a test file", keys: keys, &problems) else { return }
    let folder = path.contains("/") ? String(path[..<path.lastIndex(of: "/")!]) + "/" : ""
    file.rules = (mapping.strings("rules", &problems) ?? []).map {
      $0.hasPrefix("/") || $0.hasPrefix("builtin") ? $0 : folder + $0
    }
    var scene = file.scene
    readScene(mapping, into: &scene)
    file.scene = scene
    guard let cases = mapping["cases"] else {
      problems.add(top, "there are no cases", hint: "add a list under cases:")
      return
    }
    guard let elements = cases.elements else {
      problems.add(cases, "'cases' must be a list, this is \(cases.kindName)")
      return
    }
    for element in elements { readCase(element, folder: folder) }
    var seen: [String: Int] = [:]
    for (index, item) in file.cases.enumerated() {
      if let first = seen[item.name] {
        problems.add(elements[min(index, elements.count - 1)], "the case of line \(first) has the same name '\(item.name)'")
      }
      seen[item.name] = item.line
    }
  }

  // MARK: Cases

  private static let caseKeys = [
    "case", "processes", "containers", "users", "process", "events", "capture", "command", "fires", "silent",
  ]

  private mutating func readCase(_ node: YAMLNode, folder: String) {
    guard let mapping = StrictMapping(node, "a case", keys: Self.caseKeys, &problems) else { return }
    guard let name = mapping.string("case", &problems), !name.isEmpty else {
      problems.add(node, "a case needs a name", hint: "write case: and a sentence that says what it shows")
      return
    }
    var scene = file.scene
    readScene(mapping, into: &scene)
    let sources = ["events", "capture", "command"].filter { mapping[$0] != nil }
    guard sources.count == 1, let kind = sources.first, let value = mapping[kind] else {
      problems.add(
        node, sources.isEmpty ? "the case '\(name)' has nothing happen" : "the case '\(name)' has \(listed(sources))",
        hint: "give one of events:, capture: and command:")
      return
    }
    let source: TestCase.Source
    switch kind {
    case "events":
      guard let elements = value.elements, !elements.isEmpty else {
        problems.add(value, "'events' must be a list with at least one event")
        return
      }
      let events = elements.compactMap { readEvent($0) }
      for event in events {
        let actor = event.actor?.string ?? scene.actor
        if let actor, scene.processes[actor] == nil {
          problems.add(
            event.actor ?? event.name, "no process is called '\(actor)'",
            hint: Suggestion.closest(to: actor, among: scene.order).map { "did you mean '\($0)'?" }
              ?? (scene.order.isEmpty ? "define it under processes:" : "there are \(listed(scene.order))"))
        } else if actor == nil {
          problems.add(event.name, "nobody does this", hint: "give the case a process:, or the event a by:")
        }
      }
      source = .events(events)
    case "capture":
      guard let capture = StrictMapping(value, "capture", keys: ["file", "where"], &problems),
        let path = capture.string("file", &problems)
      else {
        problems.add(value, "'capture' needs a file")
        return
      }
      source = .capture(
        path: path.hasPrefix("/") ? path : folder + path, condition: capture.string("where", &problems))
    default:
      guard let command = StrictMapping(value, "command", keys: ["run", "driver"], &problems),
        let words = command.strings("run", &problems), !words.isEmpty
      else {
        problems.add(value, "'command' needs run: with a program and its arguments")
        return
      }
      source = .command(words, driver: command.string("driver", &problems) ?? "auto")
    }
    let (silent, silencesOthers) = readSilent(mapping)
    let expectations = readExpectations(mapping)
    if expectations.isEmpty && silent.isEmpty && !silencesOthers {
      problems.add(node, "the case '\(name)' expects nothing", hint: "name rules under fires: or silent:")
    }
    file.cases.append(
      TestCase(
        name: name, file: path, line: node.mark.line + 1, scene: scene, source: source, expectations: expectations,
        silent: silent, silencesOthers: silencesOthers))
  }

  private mutating func readSilent(_ mapping: StrictMapping) -> ([RuleName], Bool) {
    guard let value = mapping["silent"] else { return ([], false) }
    if value.string == "all" || value.string == "others" { return ([], true) }
    return ((value.elements ?? [value]).compactMap { ruleName($0) }, false)
  }

  private mutating func ruleName(_ node: YAMLNode) -> RuleName? {
    guard let name = node.string, !name.isEmpty else {
      problems.add(node, "the name of a rule is needed, this is \(node.kindName)")
      return nil
    }
    return RuleName(name: name, line: node.mark.line + 1, column: node.mark.column + 1)
  }

  private mutating func readExpectations(_ mapping: StrictMapping) -> [Expectation] {
    guard let value = mapping["fires"] else { return [] }
    var expectations: [Expectation] = []
    for element in value.elements ?? [value] {
      if element.isScalar {
        if let rule = ruleName(element) { expectations.append(Expectation(rule: rule)) }
        continue
      }
      let keys = ["rule", "times", "fields", "output"]
      guard let mapping = StrictMapping(element, "an expected rule", keys: keys, &problems) else { continue }
      guard let node = mapping["rule"], let rule = ruleName(node) else {
        problems.add(element, "an expected rule needs its name", hint: "write rule: and the name")
        continue
      }
      var expectation = Expectation(rule: rule)
      expectation.times = mapping.integer("times", 1...1_000_000, &problems).map(Int.init)
      if let fields = mapping["fields"] {
        for entry in fields.entries ?? [] {
          if let field = entry.key.string, let text = entry.value.isNull ? "<NA>" : entry.value.string {
            expectation.fields.append(FieldExpectation(field: field, text: text, line: entry.key.mark.line + 1))
          } else {
            problems.add(entry.key, "a field and its text are needed")
          }
        }
        if !fields.isMapping { problems.add(fields, "'fields' must be a mapping of fields to texts") }
      }
      for text in mapping.strings("output", &problems) ?? [] {
        expectation.output.append(
          FieldExpectation(field: "", text: text, line: (mapping["output"]?.mark.line ?? 0) + 1))
      }
      expectations.append(expectation)
    }
    return expectations
  }

  // MARK: Events

  private static let eventKeys = ["by", "after", "cpu"]

  /// `- openat: {name: /etc/shadow}`, with `by`, `after` and `cpu` beside; a bare name for an event without parameters.
  private mutating func readEvent(_ node: YAMLNode) -> EventSpec? {
    if node.isScalar { return checked(EventSpec(name: node, actor: nil, delay: 1_000_000, cpu: 0, parameters: [])) }
    guard let entries = node.entries else {
      problems.add(node, "an event must be a mapping such as openat: {name: /etc/passwd}, this is \(node.kindName)")
      return nil
    }
    let names = entries.filter { !Self.eventKeys.contains($0.key.string ?? "") }
    guard let name = names.first else {
      problems.add(node, "the event has no name", hint: "write for example openat: {name: /etc/passwd}")
      return nil
    }
    for extra in names.dropFirst() {
      let word = extra.key.string ?? extra.key.kindName
      let near = Suggestion.closest(to: word, among: Self.eventKeys)
      problems.add(
        extra.key, "an event has one name, and beside it by, after and cpu; '\(word)' is none of them",
        hint: near.map { "did you mean '\($0)'?" })
    }
    guard let mapping = StrictMapping(
      YAMLNode(node, keeping: Self.eventKeys), "an event", keys: Self.eventKeys, &problems)
    else { return nil }
    var parameters: [YAMLNode.Entry] = []
    if !name.value.isNull {
      guard let given = name.value.entries else {
        problems.add(name.value, "the parameters of an event must be a mapping of names to values")
        return nil
      }
      parameters = given
    }
    return checked(
      EventSpec(
        name: name.key, actor: mapping["by"], delay: mapping.duration("after", &problems) ?? 1_000_000,
        cpu: UInt16(mapping.integer("cpu", 0...32_767, &problems) ?? 0), parameters: parameters))
  }

  /// Looks whether the event exists and has these parameters; their values are looked at when the record is made.
  private mutating func checked(_ event: EventSpec) -> EventSpec? {
    let name = event.name.string ?? ""
    guard let info = EventWriter.info(named: name) else {
      let known = Schema.events.map(\.name) + Schema.syscalls.map(\.name)
      problems.add(
        event.name, "no event is called '\(name)'",
        hint: Suggestion.closest(to: name, among: known).map { "did you mean '\($0)'?" }
          ?? "windhover fields --events lists them")
      return nil
    }
    let names = info.type == .generic ? [] : info.parameters.map(\.name)
    for entry in event.parameters where !names.contains(entry.key.string ?? "") {
      let word = entry.key.string ?? entry.key.kindName
      problems.add(
        entry.key, "\(name) has no parameter '\(word)'",
        hint: Suggestion.closest(to: word, among: names).map { "did you mean '\($0)'?" }
          ?? (names.isEmpty ? "it has none" : "it has \(listed(names))"))
    }
    return event
  }
}

extension YAMLNode {
  /// The same mapping with some keys only.
  init(_ node: YAMLNode, keeping keys: [String]) {
    self = node
    content = .mapping((node.entries ?? []).filter { keys.contains($0.key.string ?? "") })
  }
}
