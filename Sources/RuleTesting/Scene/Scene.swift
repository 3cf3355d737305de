internal import EventSchema
internal import ProcFS
internal import SystemState

/// What a case begins with, as the state and the events see it: processes with ids, containers with metadata.
struct Scene {
  let spec: SceneSpec
  /// By name; `init` is always there.
  private(set) var ids: [String: Int32] = ["init": 1]

  /// The time of the first event: 2026-01-01T00:00:00Z. Fixed, so that a case gives the same every time.
  static let beginning: UInt64 = 1_767_225_600_000_000_000
  static let boot = beginning - 86_400_000_000_000

  init(_ spec: SceneSpec) {
    self.spec = spec
    var next: Int32 = 1000
    for name in spec.order {
      if let pid = spec.processes[name]!.pid {
        ids[name] = pid
      } else {
        while spec.processes.values.contains(where: { $0.pid == next }) { next += 1 }
        ids[name] = next
        next += 1
      }
    }
  }

  /// The state before the first event.
  func state() -> SystemState {
    var machine = Machine()
    machine.hostName = "testhost"
    machine.bootTime = Scene.boot
    machine.addressesV4 = [IPAddress(v4: 0x0100_000a)]  // 10.0.0.1
    machine.masksV4 = [0x00ff_ffff]
    var state = SystemState(machine: machine)
    let users = SceneSpec.knownUsers.merging(spec.users) { $1 }
    state.load(
      users: users.map { id, name in
        UserReading(uid: id, gid: id, name: Array(name.utf8), home: Array((id == 0 ? "/root" : "/home/\(name)").utf8), shell: Array("/bin/sh".utf8))
      }, groups: users.map { id, name in GroupReading(gid: id, name: Array(name.utf8)) })
    var readings: [ProcessReading] = []
    if spec.processes["init"] == nil { readings.append(ProcessReading(main: Scene.initProcess)) }
    for name in spec.order { readings.append(reading(name, spec.processes[name]!)) }
    state.add(readings, readAt: 0)
    for record in containerEvents(users) {
      do throws(RecordError) { state.apply(try EventView(validating: record.span.bytes)) } catch {
        preconditionFailure("the record of a container does not decode: \(error)")
      }
    }
    return state
  }

  /// What container runtimes tell, as the events in which they tell it: metadata, and the users in each container.
  private func containerEvents(_ users: [UInt32: String]) -> [[UInt8]] {
    var records: [[UInt8]] = []
    for container in spec.containers.sorted(by: { $0.key < $1.key }).map(\.value) {
      let id = String(container.id.prefix(12))
      var metadata = ContainerMetadata()
      metadata.id = id
      metadata.fullID = container.id
      metadata.name = container.name
      metadata.kind = container.kind
      if !container.image.isEmpty { metadata.setImage(container.image) }
      if container.isPrivileged { metadata.flags.insert(.privileged) }
      if container.usesHostNetwork { metadata.flags.insert(.hostNetwork) }
      if container.usesHostPids { metadata.flags.insert(.hostPids) }
      metadata.labels = container.labels.map { ContainerMetadata.Label($0.key, $0.value) }
      for mount in container.mounts {
        var entry = ContainerMetadata.Mount()
        entry.source = mount.source
        entry.destination = mount.destination
        entry.isWritable = mount.isWritable
        entry.mode = mount.isWritable ? "rw" : "ro"
        metadata.mounts.append(entry)
      }
      var event = EventBuilder(.asyncevent, timestamp: Scene.beginning, threadID: .max)
      event.append(UInt32(0))
      event.append(text: "container")
      event.append(bytes: metadata.eventPayload)
      records.append(event.finish())
      for (uid, name) in users.sorted(by: { $0.key < $1.key }) {
        var event = EventBuilder(.useradded, timestamp: Scene.beginning, threadID: .max)
        event.append(uid)
        event.append(uid)
        event.append(text: name)
        event.append(text: uid == 0 ? "/root" : "/home/\(name)")
        event.append(text: "/bin/sh")
        event.append(text: id)
        records.append(event.finish())
      }
    }
    return records
  }

  // MARK: Processes

  private static let initProcess: ThreadReading = {
    var reading = ThreadReading(tid: 1)
    reading.pid = 1
    reading.ptid = 0
    reading.sid = 1
    reading.pgid = 1
    reading.vpgid = 1
    reading.vtid = 1
    reading.vpid = 1
    reading.uid = 0
    reading.gid = 0
    reading.startTime = 1
    reading.comm = Array("systemd".utf8)
    reading.exe = Array("/sbin/init".utf8)
    reading.exepath = Array("/usr/lib/systemd/systemd".utf8)
    reading.cwd = Array("/".utf8)
    reading.root = Array("/".utf8)
    reading.cgroups = Array("cpu=/init.scope\0".utf8)
    return reading
  }()

  func parentID(_ process: ProcessSpec) -> Int32 { process.parent == "none" ? 0 : ids[process.parent ?? "init"] ?? 1 }

  func name(_ process: ProcessSpec) -> String {
    if let name = process.name { return String(decoding: Array(name.utf8).prefix(15), as: UTF8.self) }
    let path = process.exepath ?? process.exe ?? ""
    return String(decoding: Array(path.split(separator: "/").last.map(String.init)?.utf8 ?? "".utf8).prefix(15), as: UTF8.self)
  }

  func exepath(_ process: ProcessSpec) -> String { process.exepath ?? "/usr/bin/\(process.name ?? "")" }
  func exe(_ process: ProcessSpec) -> String { process.exe ?? name(process) }
  func capabilities(_ process: ProcessSpec) -> UInt64 {
    if let set = process.capabilities { return set }
    // What container runtimes leave to root, and what root on the host has.
    if process.uid != 0 { return 0 }
    if process.container != nil { return 0xa80425fb }
    return (Schema.flags(.capabilities)?.flags ?? []).reduce(0) { $0 | UInt64(bitPattern: $1.value) }
  }

  func cgroups(_ process: ProcessSpec) -> [String] {
    guard let name = process.container, let container = spec.containers[name] else { return ["cpu=/user.slice"] }
    return ["cpu=/system.slice/docker-\(container.id).scope"]
  }

  private func reading(_ name: String, _ process: ProcessSpec) -> ProcessReading {
    let pid = ids[name]!
    var thread = ThreadReading(tid: pid)
    thread.pid = pid
    thread.ptid = parentID(process)
    thread.sid = process.sid ?? pid
    thread.pgid = process.pgid ?? pid
    thread.vpgid = process.pgid ?? pid
    thread.vtid = process.vpid ?? pid
    thread.vpid = process.vpid ?? pid
    thread.uid = process.uid
    thread.gid = process.gid
    thread.loginuid = process.loginuid
    thread.tty = process.tty
    thread.capPermitted = capabilities(process)
    thread.capEffective = capabilities(process)
    thread.startTime = Scene.beginning - Scene.boot - min(process.age, Scene.beginning - Scene.boot - 1)
    thread.isExeUpperLayer = process.isUpperLayer
    thread.isExeLowerLayer = process.isLowerLayer
    thread.isExeWritable = process.isWritable
    thread.isExeFromMemory = process.isFromMemory
    thread.comm = Array(self.name(process).utf8)
    thread.exe = Array(exe(process).utf8)
    thread.arguments = process.args.flatMap { Array($0.utf8) + [0] }
    thread.environment = process.env.flatMap { Array($0.utf8) + [0] }
    thread.exepath = Array(exepath(process).utf8)
    thread.cwd = Array(process.cwd.utf8)
    thread.root = Array(process.root.utf8)
    thread.cgroups = cgroups(process).flatMap { Array($0.utf8) + [0] }
    var reading = ProcessReading(main: thread)
    reading.descriptors = process.descriptors.compactMap { DescriptorText.reading($0.number, $0.text) }
    return reading
  }
}
