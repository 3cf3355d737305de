internal import EventSchema
internal import FilterLanguage
internal import SystemState
internal import YAML

/// Processes, containers and users of a test file: what is there before the first event.
extension TestFileReader {
  static let processKeys = [
    "like", "name", "exe", "exepath", "args", "env", "cwd", "root", "parent", "pid", "vpid", "sid", "pgid", "user", "uid",
    "gid", "loginuid", "tty", "capabilities", "container", "age", "upper_layer", "lower_layer", "writable", "memfd", "fds",
  ]
  static let containerKeys = ["id", "name", "image", "type", "privileged", "mounts", "labels", "host_network", "host_pid"]

  /// Adds what a file or a case defines to a scene. Definitions of a case replace those of the file by name.
  mutating func readScene(_ mapping: StrictMapping, into scene: inout SceneSpec) {
    if let users = mapping["users"] { readUsers(users, into: &scene) }
    for entry in definitions(mapping, "containers") {
      if let container = readContainer(entry.value, named: entry.key.string!) { scene.containers[entry.key.string!] = container }
    }
    for entry in definitions(mapping, "processes") {
      if let process = readProcess(entry.value, named: entry.key.string!, in: scene) {
        scene.add(process, named: entry.key.string!)
      }
    }
    if let actor = mapping["process"] {
      if let name = actor.string {
        scene.actor = name
      } else if let process = readProcess(actor, named: "process", in: scene) {
        scene.add(process, named: "process")
        scene.actor = "process"
      }
    }
    for name in scene.order { check(scene.processes[name]!, in: scene) }
  }

  private mutating func definitions(_ mapping: StrictMapping, _ key: String) -> [YAMLNode.Entry] {
    guard let value = mapping[key] else { return [] }
    guard let entries = value.entries else {
      problems.add(value, "'\(key)' must be a mapping of names to definitions, this is \(value.kindName)")
      return []
    }
    return entries.filter { entry in
      if entry.key.string != nil { return true }
      problems.add(entry.key, "a name is needed")
      return false
    }
  }

  private mutating func readUsers(_ value: YAMLNode, into scene: inout SceneSpec) {
    guard let entries = value.entries else {
      problems.add(value, "'users' must be a mapping of ids to names")
      return
    }
    for entry in entries {
      guard let id = entry.key.unsignedInteger.flatMap(UInt32.init(exactly:)), let name = entry.value.string else {
        problems.add(entry.key, "a user is written as id: name")
        continue
      }
      scene.users[id] = name
    }
  }

  private mutating func readContainer(_ node: YAMLNode, named name: String) -> ContainerSpec? {
    if node.isNull { return ContainerSpec(id: containerID(name), name: name) }
    guard let mapping = StrictMapping(node, "the container \(name)", keys: Self.containerKeys, &problems) else { return nil }
    var container = ContainerSpec(id: containerID(name), name: mapping.string("name", &problems) ?? name)
    if let id = mapping.string("id", &problems) {
      if id.utf8.count == 64, id.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) {
        container.id = id
      } else {
        problems.add(mapping["id"], "a container's id has 64 hexadecimal digits in lower case")
      }
    }
    container.image = mapping.string("image", &problems) ?? ""
    if let type = mapping.string("type", &problems) {
      let kinds = ContainerKind.allCases.filter { $0 != .unknown }
      if let kind = kinds.first(where: { "\($0.name)" == type }) {
        container.kind = kind
      } else {
        problems.add(mapping["type"], "no runtime is called '\(type)'", hint: "there are \(listed(kinds.map { "\($0.name)" }))")
      }
    }
    container.isPrivileged = mapping.bool("privileged", &problems) ?? false
    container.usesHostNetwork = mapping.bool("host_network", &problems) ?? false
    container.usesHostPids = mapping.bool("host_pid", &problems) ?? false
    for mount in mapping.strings("mounts", &problems) ?? [] {
      let parts = mount.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2 || (parts.count == 3 && ["ro", "rw"].contains(parts[2])) {
        container.mounts.append((parts[0], parts[1], parts.count == 2 || parts[2] == "rw"))
      } else {
        problems.add(mapping["mounts"], "'\(mount)' is no mount", hint: "write source:destination or source:destination:ro")
      }
    }
    for entry in mapping["labels"]?.entries ?? [] {
      if let key = entry.key.string, let value = entry.value.string { container.labels.append((key, value)) }
    }
    return container
  }

  /// An id that looks like one and is the same in every run.
  private func containerID(_ name: String) -> String {
    var id = ""
    var state: UInt64 = name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    while id.utf8.count < 64 {
      state = (state ^ state >> 29) &* 0xbf58_476d_1ce4_e5b9
      let digits = String(state, radix: 16)
      id += String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
    return id
  }

  private mutating func readProcess(_ node: YAMLNode, named name: String, in scene: SceneSpec) -> ProcessSpec? {
    if node.isNull { return ProcessSpec(node: node, name: name) }
    guard let mapping = StrictMapping(node, "the process \(name)", keys: Self.processKeys, &problems) else { return nil }
    var process = ProcessSpec(node: node)
    if let like = mapping.string("like", &problems) {
      if let known = scene.processes[like] {
        process = known
        process.node = node
        process.pid = nil
      } else {
        problems.add(
          mapping["like"], "no process '\(like)' is defined before this one",
          hint: Suggestion.closest(to: like, among: scene.order).map { "did you mean '\($0)'?" })
      }
    }
    if let text = mapping.string("name", &problems) { process.name = text }
    if let text = mapping.string("exe", &problems) { process.exe = text }
    if let text = mapping.string("exepath", &problems) {
      process.exepath = text
      if mapping["name"] == nil { process.name = nil }
      if mapping["exe"] == nil { process.exe = nil }
    }
    if process.name == nil && process.exepath == nil { process.name = name }
    if let args = mapping["args"] {
      // One text is a command line without quotes; a list says where the words end.
      if let text = args.string { process.args = text.split(separator: " ").map(String.init) } else { process.args = mapping.strings("args", &problems) ?? [] }
    }
    if let env = mapping["env"] {
      if let entries = env.entries {
        process.env = entries.map { "\($0.key.string ?? "")=\($0.value.string ?? "")" }
      } else {
        process.env = mapping.strings("env", &problems) ?? []
      }
    }
    if let text = mapping.string("cwd", &problems) { process.cwd = text }
    if let text = mapping.string("root", &problems) { process.root = text }
    if let text = mapping.string("parent", &problems) { process.parent = text }
    let ids: ClosedRange<Int64> = 1...4_194_304
    if let number = mapping.integer("pid", ids, &problems) { process.pid = Int32(number) }
    if let number = mapping.integer("vpid", ids, &problems) { process.vpid = Int32(number) }
    if let number = mapping.integer("sid", ids, &problems) { process.sid = Int32(number) }
    if let number = mapping.integer("pgid", ids, &problems) { process.pgid = Int32(number) }
    let users = 0...Int64(UInt32.max)
    if let number = mapping.integer("uid", users, &problems) { process.uid = UInt32(number) }
    if let number = mapping.integer("gid", users, &problems) { process.gid = UInt32(number) }
    if let number = mapping.integer("loginuid", users, &problems) { process.loginuid = UInt32(number) }
    if let number = mapping.integer("tty", users, &problems) { process.tty = UInt32(number) }
    if let user = mapping.string("user", &problems) {
      let all = SceneSpec.knownUsers.merging(scene.users) { $1 }
      if let id = all.first(where: { $0.value == user })?.key {
        process.uid = id
        process.gid = id
      } else {
        problems.add(mapping["user"], "no user is called '\(user)'", hint: "define it under users:, as id: \(user)")
      }
    }
    if let capabilities = mapping["capabilities"] {
      process.capabilities = ParameterEncoding.capabilities(capabilities, mapping.strings("capabilities", &problems) ?? [], &problems)
    }
    if let text = mapping.string("container", &problems) { process.container = text == "host" ? nil : text }
    if let age = mapping.duration("age", &problems) { process.age = age }
    if let flag = mapping.bool("upper_layer", &problems) { process.isUpperLayer = flag }
    if let flag = mapping.bool("lower_layer", &problems) { process.isLowerLayer = flag }
    if let flag = mapping.bool("writable", &problems) { process.isWritable = flag }
    if let flag = mapping.bool("memfd", &problems) { process.isFromMemory = flag }
    if let descriptors = mapping["fds"] {
      process.descriptors = []
      for entry in descriptors.entries ?? [] {
        if let number = entry.key.integer.flatMap(Int32.init(exactly:)), number >= 0, let text = entry.value.string,
          DescriptorText.reading(number, text) != nil
        {
          process.descriptors.append(DescriptorSpec(number: number, text: text, node: entry.value))
        } else {
          problems.add(entry.key, "this is no descriptor", hint: "write for example 3: /etc/passwd, or \(DescriptorText.forms)")
        }
      }
      if !descriptors.isMapping { problems.add(descriptors, "'fds' must be a mapping of numbers to what they stand for") }
    }
    return process
  }

  private mutating func check(_ process: ProcessSpec, in scene: SceneSpec) {
    if let parent = process.parent, parent != "init", parent != "none", scene.processes[parent] == nil {
      problems.add(
        process.node, "no process is called '\(parent)'",
        hint: Suggestion.closest(to: parent, among: scene.order).map { "did you mean '\($0)'?" } ?? "define the parent")
    }
    if let container = process.container, scene.containers[container] == nil {
      problems.add(
        process.node, "no container is called '\(container)'",
        hint: Suggestion.closest(to: container, among: scene.containers.keys).map { "did you mean '\($0)'?" }
          ?? "define it under containers:")
    }
  }
}
