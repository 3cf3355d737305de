internal import JSONText
internal import SystemState

/// Docker's answer to `GET /containers/ID/json`, which Podman gives as well, and to `GET /images/ID/json`.
enum EngineInspection {
  /// - Returns: `nil` if it is not about a container.
  static func read(_ json: JSONValue, _ reference: ContainerReference, kind: ContainerKind) -> RuntimeAnswer? {
    // A prefix or a name is enough for the engine to find one: the id must be the one that was asked for.
    guard json.text("Id") == reference.id else { return nil }
    var metadata = ContainerMetadata()
    metadata.id = reference.shown
    metadata.fullID = reference.id
    metadata.kind = kind
    metadata.name = json.text("Name").hasPrefix("/") ? String(json.text("Name").dropFirst()) : json.text("Name")
    metadata.createdTime = Timestamp.nanoseconds(json.text("Created"))
    metadata.imageID = withoutAlgorithm(json.text("Image"))
    if let config = json["Config"] { read(config, into: &metadata) }
    if let host = json["HostConfig"] {
      if host["Privileged"]?.boolean == true { metadata.flags.insert(.privileged) }
      if host.text("PidMode") == "host" { metadata.flags.insert(.hostPids) }
      if host.text("NetworkMode") == "host" { metadata.flags.insert(.hostNetwork) }
      if host.text("IpcMode") == "host" { metadata.flags.insert(.hostIPC) }
    }
    for mount in (json["Mounts"]?.array ?? []).prefix(ContainerMetadata.Bounds.mounts) {
      var entry = ContainerMetadata.Mount()
      entry.source = mount.text("Source")
      entry.destination = mount.text("Destination")
      entry.mode = mount.text("Mode")
      entry.isWritable = mount["RW"]?.boolean ?? false
      entry.propagation = mount.text("Propagation")
      metadata.mounts.append(entry)
    }
    if let network = json["NetworkSettings"] {
      metadata.address = network.text("IPAddress")
      for other in network["Networks"]?.members ?? [] where metadata.address.isEmpty {
        metadata.address = other.value.text("IPAddress")
      }
    }
    func label(_ key: String) -> String { metadata.labels.first { $0.key == key }?.value ?? "" }
    metadata.sandboxID = label("io.kubernetes.sandbox.id")
    if label("io.kubernetes.docker.type") == "podsandbox" { metadata.flags.insert(.podSandbox) }
    var answer = RuntimeAnswer(metadata)
    if let state = json["State"] {
      answer.process = Int32(clamping: state["Pid"]?.integer ?? 0)
      answer.isSettled = !["created", "configured", "initialized"].contains(state.text("Status"))
      answer.metadata.startedTime = Timestamp.nanoseconds(state.text("StartedAt"))
    }
    return answer
  }

  private static func read(_ config: JSONValue, into metadata: inout ContainerMetadata) {
    metadata.setImage(config.text("Image"))
    if metadata.image.hasPrefix("sha256:") || metadata.image == metadata.imageID {
      // Started by the image's id: the image's names are asked for.
      metadata.image = ""
      metadata.imageRepository = ""
      metadata.imageTag = ""
    } else if !metadata.image.isEmpty, metadata.imageTag.isEmpty, metadata.imageDigest.isEmpty {
      metadata.imageTag = "latest"
    }
    metadata.user = config.text("User")
    metadata.labels = ContainerMetadata.labels(config["Labels"])
    metadata.environment = (config["Env"]?.array ?? []).prefix(ContainerMetadata.Bounds.environment).compactMap(\.string)
    metadata.healthCheck = healthCheck(config)
  }

  /// `["CMD", program, arguments…]`, `["CMD-SHELL", line]`, or `["NONE"]` for one that the image has and the container
  /// does not want.
  private static func healthCheck(_ config: JSONValue) -> ContainerMetadata.Probe? {
    let test = (config["Healthcheck"]?["Test"]?.array ?? []).prefix(ContainerMetadata.Bounds.probeArguments)
      .compactMap(\.string)
    switch test.first {
    case "NONE": return ContainerMetadata.Probe.none
    case "CMD":
      guard test.count > 1 else { return nil }
      return .init(test[1], Array(test[2...]))
    case "CMD-SHELL":
      guard test.count > 1 else { return nil }
      let shell = (config["Shell"]?.array ?? []).compactMap(\.string)
      guard let program = shell.first else { return .init("/bin/sh", ["-c", test[1]]) }
      return .init(program, Array(shell[1...]) + [test[1]])
    default: return nil
    }
  }

  /// Adds what only the image knows: its digest in its registry, and its name where the container has none.
  static func add(image json: JSONValue, to metadata: inout ContainerMetadata) {
    if metadata.image.isEmpty, let tag = json["RepoTags"]?.array?.first?.string { metadata.setImage(tag) }
    guard metadata.imageDigest.isEmpty else { return }
    let digests = (json["RepoDigests"]?.array ?? []).compactMap(\.string)
    let own = digests.first { $0.hasPrefix(metadata.imageRepository + "@") } ?? digests.first
    if let own, let at = own.lastIndex(of: "@") { metadata.imageDigest = String(own[own.index(after: at)...]) }
  }

  static func withoutAlgorithm(_ id: String) -> String { id.hasPrefix("sha256:") ? String(id.dropFirst(7)) : id }
}
