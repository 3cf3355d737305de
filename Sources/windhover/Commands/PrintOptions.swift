import Agent
import ArgumentParser
import EventSchema
import Fields
import Glibc
import JSONText
import RuleCompiler

/// The options of `run` that print something and end, under the names that users of such programs know.
struct PrintOptions: ParsableArguments {
  @Option(
    name: [.customShort("V"), .customLong("validate")], parsing: .singleValue,
    help: ArgumentHelp("Check a rule file and print every problem; may be given several times.", valueName: "file"))
  var validate: [String] = []

  @Flag(name: .customShort("L"), help: "Describe all rules (as JSON with -o json_output=true).")
  var describesAll = false

  @Option(name: .customShort("l"), help: ArgumentHelp("Describe one rule.", valueName: "rule"))
  var described: String?

  @Option(name: .customLong("list"), help: ArgumentHelp("List fields, of one source: --list or --list=syscall.", valueName: "source"))
  var list: String?

  @Flag(name: .customShort("N"), help: "With --list: names only.")
  var namesOnly = false

  @Flag(name: .customLong("list-events"), help: "List the events and their parameters.")
  var listsEvents = false

  @Flag(name: .customLong("rule-schema"), help: "Print the JSON schema of rule files.")
  var printsSchema = false

  @Option(help: ArgumentHelp("For --list and --list-events: text, markdown or json.", valueName: "format"))
  var format: String?

  @Flag(help: ArgumentHelp("The same as --format markdown.", visibility: .hidden))
  var markdown = false

  /// Prints what was asked for.
  ///
  /// - Returns: False if nothing was.
  func print(_ options: SharedOptions) throws -> Bool {
    if printsSchema {
      Swift.print(RuleSchema.json)
      return true
    }
    if listsEvents {
      Swift.print(EventListing.text(try listingFormat()))
      return true
    }
    if let list {
      try printFields(of: list)
      return true
    }
    if validate.isEmpty && !describesAll && described == nil { return false }
    try describe(options.settings(), rules: options.rules)
    return true
  }

  private func listingFormat() throws -> ListingFormat {
    guard let format else { return markdown ? .markdown : .text }
    if markdown { throw ValidationError("--markdown is another way to write --format markdown; give one of them") }
    guard let known = ListingFormat(rawValue: format.lowercased()) else {
      throw ValidationError("there is no format '\(format)'; use text, markdown or json")
    }
    return known
  }

  private func printFields(of source: String) throws {
    guard source == "all" || source == "syscall"
    else { throw Failure("there is no event source '\(source)'; there is: syscall") }
    if namesOnly { return Swift.print(FieldListing.names().joined(separator: "\n")) }
    switch try listingFormat() {
    case .text: Swift.print(FieldListing.text(false))
    case .markdown: Swift.print(FieldListing.markdown(false))
    case .json: Swift.print(FieldListing.json(false))
    }
  }

  private func describe(_ settings: Settings, rules: [String]) throws {
    let compiled =
      validate.isEmpty
      ? try RuleSet.loadUsable(rules, settings) { writeLine("windhover: \($0)", to: STDERR_FILENO) }
      : try RuleSet.load(validate, settings, reportsUnreadable: true)
    let describes = (describesAll || described != nil) && !compiled.hasErrors
    if settings.jsonOutput {
      var json = JSONWriter()
      if validate.isEmpty {
        guard compiled.describe(rule: described, into: &json) else { throw unknownRule(compiled) }
      } else {
        json.beginObject()
        json.key("falco_load_results")
        json.raw(Array(compiled.loaded.resultsJSON.utf8))
        if describes {
          json.key("falco_describe_results")
          guard compiled.describe(rule: described, into: &json) else { throw unknownRule(compiled) }
        }
        json.endObject()
      }
      Swift.print(String(decoding: json.bytes, as: UTF8.self))
    } else {
      if !validate.isEmpty {
        let isTerminal = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil
        Swift.print(compiled.loaded.report(DiagnosticStyle(usesColour: isTerminal)))
      }
      if describes {
        guard let text = compiled.descriptionText(rule: described) else { throw unknownRule(compiled) }
        Swift.print(text)
      }
    }
    if compiled.hasErrors { throw compiled.failure }
  }

  private func unknownRule(_ compiled: CompiledRules) -> Failure {
    Failure("there is no rule '\(described ?? "")'; -L lists the rules that there are")
  }
}

extension CompiledRules {
  /// The line on standard error that goes with a report of invalid files.
  var failure: Failure {
    let invalid = loaded.files.filter { !$0.isSuccessful }.map(\.name)
    return Failure("\(invalid.joined(separator: ", ")) cannot be used; the report says why")
  }
}

private func writeLine(_ text: String, to descriptor: Int32) {
  let line = Array((text + "\n").utf8)
  _ = write(descriptor, line, line.count)
}

enum ListingFormat: String { case text, markdown, json }

/// The events in the forms that `--list-events` prints.
enum EventListing {
  private struct Section {
    var title: String
    var key: String
    var events: [EventInfo]
  }

  private static var sections: [Section] {
    let seen = Schema.events.filter { $0.symbol != $0.name + "_enter" && $0.type != .generic }
    let isMeta: (EventInfo) -> Bool = { $0.direction != .WH_DIRECTION_EXIT && !isTracepoint($0) }
    return [
      Section(title: "Syscall events", key: "syscall", events: seen.filter { !isMeta($0) && !isTracepoint($0) }),
      Section(title: "Tracepoint events", key: "tracepoint", events: seen.filter(isTracepoint)),
      Section(title: "Plugin events", key: "pluginevent", events: seen.filter { $0.type == .pluginevent }),
      Section(title: "Metaevents", key: "metaevent", events: seen.filter { isMeta($0) && $0.type != .pluginevent }),
    ]
  }

  private static func isTracepoint(_ event: EventInfo) -> Bool {
    ["switch", "procexit", "signaldeliver", "page_fault"].contains(event.name)
  }

  /// Calls without an event of their own: they have the number and nothing else.
  private static var genericCalls: [String] { Schema.syscalls.filter { $0.event == .generic }.map(\.name).sorted() }

  static func text(_ format: ListingFormat) -> String {
    switch format {
    case .json: json()
    case .markdown: markdown()
    case .text: plain()
    }
  }

  private static func direction(_ event: EventInfo) -> String { event.direction == .WH_DIRECTION_EXIT ? "<" : ">" }

  private static func signature(_ event: EventInfo) -> String {
    "\(event.name)(" + event.parameters.map { "\($0.type.name) \($0.name)" }.joined(separator: ", ") + ")"
  }

  private static func plain() -> String {
    var lines: [String] = []
    for section in sections where !section.events.isEmpty {
      lines += ["", "\(section.title):", ""]
      for event in section.events { lines.append("\(direction(event)) \(signature(event))") }
      if section.key == "syscall" { for name in genericCalls { lines.append("< \(name)()") } }
    }
    return lines.dropFirst().joined(separator: "\n")
  }

  private static func markdown() -> String {
    var lines: [String] = []
    for section in sections where !section.events.isEmpty {
      lines += ["", "## \(section.title)", "", "| Direction | Event | Parameters |", "|---|---|---|"]
      for event in section.events {
        let parameters = event.parameters.map { "\($0.type.name) **\($0.name)**" }.joined(separator: ", ")
        lines.append("| `\(direction(event))` | `\(event.name)` | \(parameters) |")
      }
      if section.key == "syscall" { for name in genericCalls { lines.append("| `<` | `\(name)` | |") } }
    }
    return lines.dropFirst().joined(separator: "\n")
  }

  private static func json() -> String {
    var json = JSONWriter()
    json.beginObject()
    json.key("schema_version")
    json.string(Product.schemaVersion)
    for section in sections {
      json.key(section.key)
      json.beginArray()
      for event in section.events {
        json.beginObject()
        json.key("name")
        json.string(event.name)
        json.key("dir")
        json.string(direction(event))
        json.key("available")
        json.boolean(true)
        json.key("params")
        json.beginArray()
        for parameter in event.parameters {
          json.beginObject()
          json.key("name")
          json.string(parameter.name)
          json.key("type")
          json.string(parameter.type.name)
          if let group = Schema.flags(parameter.flagGroup) {
            json.key("flags")
            json.beginArray()
            for flag in group.flags { json.string(flag.text) }
            json.endArray()
          }
          json.endObject()
        }
        json.endArray()
        json.endObject()
      }
      if section.key == "syscall" {
        for name in genericCalls {
          json.beginObject()
          json.key("name")
          json.string(name)
          json.key("dir")
          json.string("<")
          json.key("available")
          json.boolean(true)
          json.key("params")
          json.beginArray()
          json.endArray()
          json.endObject()
        }
      }
      json.endArray()
    }
    json.endObject()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
