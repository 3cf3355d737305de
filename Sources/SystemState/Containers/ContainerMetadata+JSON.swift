public import JSONText

/// The payload of `container` events, as capture files carry it: `{"container":{…}}`.
extension ContainerMetadata {
  /// Reads a payload. Members that are absent or of another type read as empty; unknown ones are skipped.
  ///
  /// - Returns: `nil` if it names no container.
  public init?(eventPayload payload: JSONValue) {
    let json = payload["container"] ?? payload
    func text(_ key: String) -> String { json[key]?.string ?? "" }
    func flag(_ key: String) -> Bool { json[key]?.boolean ?? false }
    self.init()
    id = text("id")
    guard !id.isEmpty else { return nil }
    fullID = text("full_id")
    if let number = json["type"]?.integer {
      kind = UInt16(exactly: number).flatMap { ContainerKind(rawValue: $0) } ?? .unknown
    }
    name = text("name")
    image = text("image")
    imageID = text("imageid")
    imageRepository = text("imagerepo")
    imageTag = text("imagetag")
    imageDigest = text("imagedigest")
    user = text("User")
    address = text("ip")
    networkJSON = text("cni_json")
    sandboxID = text("pod_sandbox_id")
    if flag("privileged") { flags.insert(.privileged) }
    if flag("host_pid") { flags.insert(.hostPids) }
    if flag("host_network") { flags.insert(.hostNetwork) }
    if flag("host_ipc") { flags.insert(.hostIPC) }
    if flag("is_pod_sandbox") { flags.insert(.podSandbox) }
    createdTime = ContainerMetadata.nanoseconds(json["created_time"])
    for mount in (json["Mounts"]?.array ?? []).prefix(Bounds.mounts) {
      var entry = Mount()
      entry.source = mount["Source"]?.string ?? ""
      entry.destination = mount["Destination"]?.string ?? ""
      entry.mode = mount["Mode"]?.string ?? ""
      entry.isWritable = mount["RW"]?.boolean ?? false
      entry.propagation = mount["Propagation"]?.string ?? ""
      mounts.append(entry)
    }
    labels = ContainerMetadata.labels(json["labels"])
    podLabels = ContainerMetadata.labels(json["pod_sandbox_labels"])
    environment = (json["env"]?.array ?? []).prefix(Bounds.environment).compactMap(\.string)
    healthCheck = ContainerMetadata.probe(json["Healthcheck"])
    livenessProbe = ContainerMetadata.probe(json["LivenessProbe"])
    readinessProbe = ContainerMetadata.probe(json["ReadinessProbe"])
  }

  /// The texts of an object's members; other members are left out.
  public static func labels(_ json: JSONValue?) -> [Label] {
    (json?.members ?? []).prefix(Bounds.labels).compactMap { member in
      member.value.string.map { Label(member.key, $0) }
    }
  }

  /// Writers tell seconds.
  private static func nanoseconds(_ json: JSONValue?) -> UInt64 {
    guard let seconds = json?.integer, seconds > 0, seconds < 1 << 33 else { return 0 }
    return UInt64(seconds) * 1_000_000_000
  }

  private static func probe(_ json: JSONValue?) -> Probe? {
    guard let program = json?["exe"]?.string ?? json?["healthcheck_exe"]?.string else { return nil }
    let arguments = json?["args"]?.array ?? json?["healthcheck_args"]?.array ?? []
    return Probe(program, arguments.prefix(Bounds.probeArguments).compactMap(\.string))
  }

  /// The payload that says the same, with its NUL.
  public var eventPayload: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("container")
    json.beginObject()
    json.key("type")
    json.number(UInt64(kind.rawValue))
    for (key, text) in [
      ("id", id), ("full_id", fullID), ("name", name), ("image", image), ("imagerepo", imageRepository),
      ("imagetag", imageTag), ("imageid", imageID), ("imagedigest", imageDigest),
    ] {
      json.key(key)
      json.string(text)
    }
    json.key("privileged")
    json.boolean(flags.contains(.privileged))
    json.key("Mounts")
    json.beginArray()
    for mount in mounts { mount.write(into: &json) }
    json.endArray()
    json.key("User")
    json.string(user)
    json.key("cni_json")
    json.string(networkJSON)
    json.key("created_time")
    json.number(createdTime / 1_000_000_000)
    json.key("env")
    json.beginArray()
    for variable in environment { json.string(variable) }
    json.endArray()
    for (key, flag) in [
      ("host_ipc", ContainerFlags.hostIPC), ("host_network", .hostNetwork), ("host_pid", .hostPids),
      ("is_pod_sandbox", .podSandbox),
    ] {
      json.key(key)
      json.boolean(flags.contains(flag))
    }
    json.key("ip")
    json.string(address)
    ContainerMetadata.write(labels, "labels", into: &json)
    json.key("pod_sandbox_id")
    json.string(sandboxID)
    ContainerMetadata.write(podLabels, "pod_sandbox_labels", into: &json)
    for (key, probe) in [("Healthcheck", healthCheck), ("LivenessProbe", livenessProbe), ("ReadinessProbe", readinessProbe)] {
      guard let probe else { continue }
      json.key(key)
      probe.write(into: &json)
    }
    json.endObject()
    json.endObject()
    return json.bytes + [0]
  }

  private static func write(_ labels: [Label], _ key: String, into json: inout JSONWriter) {
    json.key(key)
    json.beginObject()
    for label in labels {
      json.key(label.key)
      json.string(label.value)
    }
    json.endObject()
  }
}

extension ContainerMetadata.Mount {
  fileprivate func write(into json: inout JSONWriter) {
    json.beginObject()
    json.key("Source")
    json.string(source)
    json.key("Destination")
    json.string(destination)
    json.key("Mode")
    json.string(mode)
    json.key("RW")
    json.boolean(isWritable)
    json.key("Propagation")
    json.string(propagation)
    json.endObject()
  }
}

extension ContainerMetadata.Probe {
  fileprivate func write(into json: inout JSONWriter) {
    json.beginObject()
    json.key("exe")
    json.string(program)
    json.key("args")
    json.beginArray()
    for argument in arguments { json.string(argument) }
    json.endArray()
    json.endObject()
  }
}
