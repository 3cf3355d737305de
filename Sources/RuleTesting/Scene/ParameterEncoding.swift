internal import EventSchema
internal import FilterLanguage
internal import YAML

/// Values of test files in the encoding of the wire.
enum ParameterEncoding {
  /// - Parameter pid: The id of a process by its name in the test file.
  /// - Returns: `nil`, with the problem noted, if the value does not fit.
  static func bytes(
    _ node: YAMLNode, _ parameter: ParameterInfo, of event: EventType, pid: (String) -> Int32?, _ problems: inout Problems
  ) -> [UInt8]? {
    if node.isNull { return [] }
    switch parameter.type {
    case .WH_PT_CHARBUF, .WH_PT_FSPATH, .WH_PT_FSRELPATH:
      return text(node, parameter, &problems).map { Array($0.utf8) + [0] }
    case .WH_PT_BYTEBUF where ["args", "cgroups", "env"].contains(parameter.name), .WH_PT_CHARBUFARRAY:
      let words = node.elements?.map { $0.string ?? "" } ?? node.string.map { [$0] }
      guard let words else { return refuse(node, parameter, "a list of texts", &problems) }
      return words.flatMap { Array($0.utf8) + [0] }
    case .WH_PT_BYTEBUF:
      if let hex = node["hex"]?.string { return hexBytes(hex) ?? refuse(node, parameter, "an even number of hexadecimal digits", &problems) }
      return text(node, parameter, &problems).map { Array($0.utf8) }
    case .WH_PT_SOCKADDR:
      return node.string.flatMap(address) ?? refuse(node, parameter, "192.0.2.1:80, [2001:db8::1]:80 or unix:/path", &problems)
    case .WH_PT_SOCKTUPLE:
      return node.string.flatMap(tuple) ?? refuse(node, parameter, "192.0.2.1:1000->192.0.2.2:80 or unix:/path", &problems)
    case .WH_PT_SYSCALLID:
      guard let call = node.string.flatMap({ Schema.syscall(named: $0) }) else { return refuse(node, parameter, "the name of a system call", &problems) }
      return little(UInt64(call.code.rawValue), 2)
    case .WH_PT_DYN: return dynamic(node, parameter, event, &problems)
    case .WH_PT_BOOL:
      guard let value = node.bool else { return refuse(node, parameter, "true or false", &problems) }
      return little(value ? 1 : 0, parameter.byteCount)
    default: break
    }
    guard parameter.byteCount > 0 else { return refuse(node, parameter, "left out: this type cannot be written", &problems) }
    if let number = node.integer { return little(UInt64(bitPattern: number), parameter.byteCount) }
    if let number = node.unsignedInteger { return little(number, parameter.byteCount) }
    guard let word = node.string else { return refuse(node, parameter, "a number", &problems) }
    if parameter.type == .WH_PT_PID || parameter.type == .WH_PT_PID32, let id = pid(word) {
      return little(UInt64(bitPattern: Int64(id)), parameter.byteCount)
    }
    if parameter.type == .WH_PT_ERRNO || parameter.type == .WH_PT_FD || parameter.name == "res" {
      let name = word.hasPrefix("-") ? String(word.dropFirst()) : word
      if name == "AT_FDCWD" { return little(UInt64(bitPattern: -100), parameter.byteCount) }
      let errors = Schema.flags(.errno)?.flags ?? []
      if let error = errors.first(where: { $0.text == name || $0.symbol == name }) {
        return little(UInt64(bitPattern: -Int64(error.value.magnitude)), parameter.byteCount)
      }
      return refuse(node, parameter, "a number or the name of an error", &problems, near: Suggestion.closest(to: name, among: errors.map(\.symbol)))
    }
    if let group = Schema.flags(parameter.flagGroup) {
      var value: Int64 = 0
      for part in word.split(separator: "|") {
        let name = part.filter { $0 != " " }
        if let number = Int64(name) {
          value |= number
          continue
        }
        guard let flag = group.flags.first(where: { $0.symbol == name }) ?? group.flags.first(where: { $0.text == name }) else {
          return refuse(
            node, parameter, "a number or names joined by |; '\(name)' is not among them",
            &problems, near: Suggestion.closest(to: String(name), among: group.flags.map(\.symbol)))
        }
        value |= flag.value
      }
      return little(UInt64(bitPattern: value), parameter.byteCount)
    }
    return refuse(node, parameter, "a number", &problems)
  }

  static func little(_ value: UInt64, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }

  /// Capabilities by name, as the set that events carry; `all` for all of them.
  static func capabilities(_ node: YAMLNode, _ names: [String], _ problems: inout Problems) -> UInt64 {
    let known = Schema.flags(.capabilities)?.flags ?? []
    var set: UInt64 = 0
    for name in names {
      if name == "all" {
        for flag in known { set |= UInt64(bitPattern: flag.value) }
      } else if name == "none" {
        continue
      } else if let flag = known.first(where: { $0.symbol == name }) {
        set |= UInt64(bitPattern: flag.value)
      } else {
        problems.add(
          node, "no capability is called '\(name)'",
          hint: Suggestion.closest(to: name, among: known.map(\.symbol)).map { "did you mean '\($0)'?" } ?? "write CAP_SYS_ADMIN, or all")
      }
    }
    return set
  }

  /// `pid`s and signals of ptrace, integers of options: a selector byte, then the value at its width.
  private static func dynamic(
    _ node: YAMLNode, _ parameter: ParameterInfo, _ event: EventType, _ problems: inout Problems
  ) -> [UInt8]? {
    if event == .keyctl, let text = node.string, node.integer == nil { return [1] + Array(text.utf8) + [0] }
    guard let number = node.integer else { return refuse(node, parameter, "a number", &problems) }
    switch event {
    case .setsockopt, .getsockopt: return [2] + little(UInt64(bitPattern: number), 4)
    default: return [0] + little(UInt64(bitPattern: number), 8)
    }
  }

  private static func address(_ text: String) -> [UInt8]? {
    if text.hasPrefix("unix:") { return [1] + Array(text.utf8.dropFirst(5)) + [0] }
    return Endpoint(text).map { [$0.family] + $0.wire }
  }

  private static func tuple(_ text: String) -> [UInt8]? {
    if text.hasPrefix("unix:") { return [1] + little(1, 8) + little(2, 8) + Array(text.utf8.dropFirst(5)) + [0] }
    let ends = text.split(separator: ">").map(String.init)
    guard ends.count == 2, ends[0].hasSuffix("-"), let source = Endpoint(String(ends[0].dropLast())),
      let destination = Endpoint(ends[1]), source.isV6 == destination.isV6
    else { return nil }
    return [source.family] + source.wire + destination.wire
  }

  private static func text(_ node: YAMLNode, _ parameter: ParameterInfo, _ problems: inout Problems) -> String? {
    node.string ?? refuse(node, parameter, "a text", &problems)
  }

  private static func hexBytes(_ text: String) -> [UInt8]? {
    let digits = text.filter { $0 != " " }.map(\.hexDigitValue)
    guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0]! * 16 + digits[$0 + 1]!) }
  }

  private static func refuse<T>(
    _ node: YAMLNode, _ parameter: ParameterInfo, _ wanted: String, _ problems: inout Problems, near: String? = nil
  ) -> T? {
    problems.add(node, "the value of '\(parameter.name)' must be \(wanted)", hint: near.map { "did you mean '\($0)'?" })
    return nil
  }
}
