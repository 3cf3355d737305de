internal import EventSchema
internal import YAML

/// Makes records of written events.
///
/// What a case does not say has the value that an unremarkable, successful call gives; the image of an exec and the
/// child of a fork come from the acting process. Texts that are not given are absent.
struct EventWriter {
  let scene: Scene
  private var time = Scene.beginning

  init(_ scene: Scene) { self.scene = scene }

  /// The event of a name: the one that rules see, at the return of a call.
  static func info(named name: String) -> EventInfo? {
    let events = Schema.events(named: name).filter { $0.type != .generic }
    // Entry sides have a name of their own for those who want them.
    if let event = events.first(where: { $0.symbol == $0.name }) ?? events.first { return event }
    if let event = Schema.events.first(where: { $0.symbol == name }) { return event }
    guard let call = Schema.syscall(named: name), call.event == .generic else { return nil }
    return Schema.event(.generic)
  }

  /// - Returns: `nil`, with the problems noted, if a value does not fit.
  mutating func record(_ event: EventSpec, _ problems: inout Problems) -> [UInt8]? {
    let name = event.name.string ?? ""
    guard let info = EventWriter.info(named: name) else { return nil }
    let actorName = event.actor?.string ?? scene.spec.actor ?? "init"
    let actor = scene.spec.processes[actorName]
    let tid = scene.ids[actorName] ?? 1
    time &+= event.delay
    var builder = EventBuilder(info.type, timestamp: time, threadID: UInt64(tid))
    if info.type == .generic {
      let call = Schema.syscall(named: name)!
      builder.append(call.code.rawValue)
      builder.append(UInt16(call.nativeNumber ?? 0))
      return builder.finish()
    }
    let before = problems.all.count
    var given: [String: YAMLNode] = [:]
    for entry in event.parameters where given[entry.key.string ?? ""] == nil { given[entry.key.string ?? ""] = entry.value }
    for (index, parameter) in info.parameters.enumerated() {
      var bytes: [UInt8]
      if let value = given[parameter.name] {
        bytes = ParameterEncoding.bytes(value, parameter, of: info.type, pid: { scene.ids[$0] }, &problems) ?? []
      } else if let actor, let image = imageParameter(parameter.name, info.type, actor, tid) {
        bytes = image
      } else {
        bytes = usual(parameter, index, info, given)
      }
      // What a length field can say.
      if bytes.count > 65_535 {
        problems.add(event.name, "the value of '\(parameter.name)' is longer than 65535 bytes", hint: "shorten it")
        bytes = []
      }
      builder.append(bytes: bytes)
    }
    guard problems.all.count == before else { return nil }
    let record = builder.finish()
    guard record.count <= 65_535 else {
      problems.add(event.name, "the event is larger than 64 KiB", hint: "shorten its values")
      return nil
    }
    return record
  }

  /// What exec and fork events say of the process that they are about.
  private func imageParameter(_ name: String, _ type: EventType, _ process: ProcessSpec, _ tid: Int32) -> [UInt8]? {
    switch type {
    case .execve, .execveat, .clone, .clone3, .fork, .vfork: break
    default: return nil
    }
    let isExec = type == .execve || type == .execveat
    func number(_ value: Int64, _ width: Int = 8) -> [UInt8] { ParameterEncoding.little(UInt64(bitPattern: value), width) }
    func text(_ value: String) -> [UInt8] { Array(value.utf8) + [0] }
    switch name {
    case "exe": return text(scene.exe(process))
    case "args": return process.args.flatMap { Array($0.utf8) + [0] }
    case "tid", "pid": return number(Int64(tid))
    case "vtid", "vpid": return number(Int64(process.vpid ?? tid))
    case "ptid": return number(Int64(scene.parentID(process)))
    case "fdlimit": return number(1024)
    case "comm": return text(scene.name(process))
    case "cgroups": return scene.cgroups(process).flatMap { Array($0.utf8) + [0] }
    case "env": return process.env.flatMap { Array($0.utf8) + [0] }
    case "tty": return number(Int64(process.tty), 4)
    case "vpgid", "pgid": return number(Int64(process.pgid ?? tid))
    case "loginuid": return number(Int64(process.loginuid), 4)
    case "uid": return number(Int64(process.uid), 4)
    case "gid": return number(Int64(process.gid), 4)
    case "cap_permitted", "cap_effective": return ParameterEncoding.little(scene.capabilities(process), 8)
    case "trusted_exepath": return text(scene.exepath(process))
    case "filename": return text(scene.exepath(process))
    case "flags" where isExec:
      let flags = (process.isWritable ? 1 : 0) | (process.isUpperLayer ? 2 : 0) | (process.isFromMemory ? 4 : 0) | (process.isLowerLayer ? 8 : 0)
      return number(Int64(flags), 4)
    default: return nil
    }
  }

  /// The value of a parameter that the case leaves open.
  private func usual(_ parameter: ParameterInfo, _ index: Int, _ info: EventInfo, _ given: [String: YAMLNode]) -> [UInt8] {
    if parameter.byteCount == 0 {
      // The file itself is where its name says, if nothing else is given.
      if parameter.name == "realpath", let name = given["name"]?.string, name.hasPrefix("/"), !(given["fd"]?.string ?? "").hasPrefix("-"),
        given["fd"]?.string?.first?.isLetter != true
      {
        return Array(name.utf8) + [0]
      }
      return []
    }
    var value: Int64 = 0
    if ["dirfd", "olddirfd", "newdirfd", "linkdirfd", "olddir", "newdir"].contains(parameter.name) {
      value = -100
    } else if index == 0, parameter.type == .WH_PT_FD {
      // The number that dup2 returns is the one it was asked for.
      value = given["newfd"]?.integer ?? 9
    } else if parameter.name == "flags", parameter.flagGroup == .file_flags, info.parameters.contains(where: { $0.name == "name" }) {
      value = 1
    }
    return ParameterEncoding.little(UInt64(bitPattern: value), parameter.byteCount)
  }
}
