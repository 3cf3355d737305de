internal import EventSchema
internal import FilterLanguage

/// All fields of system call events, and how their names are read.
public enum FieldCatalogue {
  /// In the order in which names are looked up and listed.
  public static let classes: [FieldClass] = [
    .event, .syscallEvent, .process, .user, .group, .descriptor, .path, .utility, .descriptorList, .container,
    .orchestrator,
  ]

  private static let byName: [String: FieldInfo] = {
    var table: [String: FieldInfo] = [:]
    for fieldClass in classes {
      for field in fieldClass.fields {
        precondition(table.updateValue(field, forKey: field.name) == nil, "two fields are called \(field.name)")
      }
    }
    return table
  }()

  /// A field by its bare name, `nil` if there is none.
  public static func info(_ name: String) -> FieldInfo? { byName[name] }

  /// Finds the field that a condition or an output format names.
  ///
  /// The longest known name that is the whole text or ends before a dot wins; what is left is the argument of a field
  /// that takes one behind a dot (`evt.arg.flags`), otherwise the name is unknown.
  ///
  /// - Parameters:
  ///   - name: Everything up to the bracket.
  ///   - argument: What stands in brackets, unquoted; `nil` without brackets.
  public static func resolve(name: String, argument: String? = nil) -> Result<ResolvedField, FieldError> {
    var prefix = name[...]
    while true {
      if let info = byName[String(prefix)] {
        let rest = name[prefix.endIndex...].dropFirst()
        if rest.isEmpty && prefix.endIndex == name.endIndex { return resolve(info, nil, argument) }
        switch info.argument {
        case .dotted, .dottedOrIndex: return resolve(info, String(rest), argument)
        default: break
        }
      }
      guard let dot = prefix.lastIndex(of: ".") else {
        return .failure(.unknownField(name: name, suggestion: Suggestion.closest(to: name, among: byName.keys)))
      }
      prefix = prefix[..<dot]
    }
  }

  /// Reads `proc.aname[2]` or `evt.arg.flags`: a name and, in brackets at the end, an argument.
  public static func resolve(_ text: String) -> Result<ResolvedField, FieldError> {
    guard text.last == "]", let bracket = text.firstIndex(of: "[") else { return resolve(name: text) }
    return resolve(
      name: String(text[..<bracket]), argument: String(text[text.index(after: bracket)...].dropLast()))
  }

  /// Whether a text is the name of a field, argument included: quick, without looking for what it might have meant.
  public static func isField(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")), dot != bytes.startIndex else { return false }
    let name = bytes.prefix { $0 != UInt8(ascii: "[") }
    guard let first = bytes.first, first | 0x20 >= UInt8(ascii: "a"), first | 0x20 <= UInt8(ascii: "z") else { return false }
    if byName[String(Substring(name))] != nil { return bytes.count == name.count || bytes.last == UInt8(ascii: "]") }
    guard name.count == bytes.count, let last = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
    guard let info = byName[String(Substring(name[..<last]))] else { return false }
    switch info.argument {
    case .dotted, .dottedOrIndex: return last != name.indices.last
    default: return false
    }
  }

  private static func resolve(
    _ info: FieldInfo, _ dotted: String?, _ argument: String?
  ) -> Result<ResolvedField, FieldError> {
    var name = info.name
    if let dotted { name += "." + dotted }
    if let argument { name += "[\(argument)]" }
    if let dotted {
      if let argument { return .failure(.forbiddenArgument(field: info.name + "." + dotted, argument: argument)) }
      guard !dotted.isEmpty else { return .failure(missing(info)) }
      return resolveDotted(info, dotted, name)
    }
    guard let argument, !argument.isEmpty else {
      if info.argument.isRequired || argument != nil { return .failure(missing(info)) }
      return .success(ResolvedField(info, name: name))
    }
    switch info.argument {
    case .none, .dotted:
      return .failure(.forbiddenArgument(field: info.name, argument: argument))
    case .key:
      if info.id == .procEnv, argument.utf8.allSatisfy(isDigit) { return .success(ResolvedField(info, name: name)) }
      return .success(ResolvedField(info, name: name, key: Array(argument.utf8)))
    case .indexOrKey:
      if argument.utf8.allSatisfy(isDigit), let index = Int(argument) {
        return .success(ResolvedField(info, name: name, index: index))
      }
      return .success(ResolvedField(info, name: name, key: Array(argument.utf8)))
    case .index, .dottedOrIndex:
      if argument == "-1", info.id != .evtArg, info.id != .evtAround {
        return .success(ResolvedField(info, name: name))
      }
      guard argument.utf8.allSatisfy(isDigit), let index = Int(argument) else {
        return .failure(.notAnIndex(field: info.name, argument: argument))
      }
      return .success(ResolvedField(info, name: name, index: index))
    }
  }

  private static func resolveDotted(
    _ info: FieldInfo, _ argument: String, _ name: String
  ) -> Result<ResolvedField, FieldError> {
    switch info.id {
    case .evtArg, .evtRawarg:
      guard let parameter = ParameterNames.byName[argument] else {
        let suggestion = Suggestion.closest(to: argument, among: ParameterNames.byName.keys)
        return .failure(.unknownParameter(field: info.name, parameter: argument, suggestion: suggestion))
      }
      return .success(
        ResolvedField(
          info, name: name, type: info.id == .evtRawarg ? parameter.type : nil, key: Array(argument.utf8),
          parameters: parameter.positions))
    case .evtTypeIs:
      guard EventNames.isEvent(argument) else {
        let suggestion = Suggestion.closest(to: argument, among: EventNames.events)
        return .failure(.unknownEvent(field: info.name, event: argument, suggestion: suggestion))
      }
      return .success(ResolvedField(info, name: name, key: Array(argument.utf8)))
    default:
      return .success(ResolvedField(info, name: name, key: Array(argument.utf8)))
    }
  }

  private static func missing(_ info: FieldInfo) -> FieldError {
    let example =
      switch info.argument {
      case .dotted where info.id == .evtTypeIs: "evt.type.is.openat"
      case .dotted where info.id == .threadCgroup: "thread.cgroup.memory"
      case .dotted, .dottedOrIndex: info.name + ".flags"
      case .key: info.name + "[name]"
      case .none: info.name
      case .index, .indexOrKey: info.name + "[1]"
      }
    return .missingArgument(field: info.name, example: example)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

/// The parameters of all events by name.
enum ParameterNames {
  struct Parameter: Sendable {
    /// Of the first event that has a parameter of the name.
    var type: ParameterType
    /// Position by event code, -1 for events without it.
    var positions: [Int8]
  }

  static let byName: [String: Parameter] = {
    let none = [Int8](repeating: -1, count: Int(EventType.count.rawValue))
    var table: [String: Parameter] = [:]
    for event in Schema.events {
      for (position, parameter) in event.parameters.enumerated() {
        let code = Int(event.type.rawValue)
        var entry = table[parameter.name] ?? Parameter(type: parameter.type, positions: none)
        if entry.positions[code] < 0 { entry.positions[code] = Int8(position) }
        table[parameter.name] = entry
      }
    }
    return table
  }()
}

/// The names that `evt.type` can have.
public enum EventNames {
  static let events = Set(Schema.events.map(\.name))
  static let syscalls = Set(Schema.syscalls.map(\.name))

  static func isEvent(_ name: String) -> Bool { events.contains(name) }

  /// Whether an event, or a system call without an event of its own, has this name.
  public static func isKnown(_ name: String) -> Bool { events.contains(name) || syscalls.contains(name) }

  public static func suggestion(for name: String) -> String? {
    Suggestion.closest(to: name, among: events.union(syscalls))
  }
}

extension FieldCatalogue {
  private static let classNames: [String] = {
    var names = [String](repeating: "", count: FieldID.allCases.count)
    for fieldClass in classes {
      for field in fieldClass.fields { names[Int(field.id.rawValue)] = fieldClass.name }
    }
    return names
  }()

  /// The name of the class that a field belongs to.
  static func area(of id: FieldID) -> String { classNames[Int(id.rawValue)] }
}
