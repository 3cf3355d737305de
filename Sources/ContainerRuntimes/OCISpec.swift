internal import JSONText
internal import SystemState

/// The runtime specification of a container (config.json of OCI), as far as it tells more than the runtime does.
enum OCISpec {
  static func environment(_ spec: JSONValue) -> [String] {
    (spec["process"]?["env"]?.array ?? []).prefix(ContainerMetadata.Bounds.environment).compactMap(\.string)
  }

  /// A namespace of a kind that is not listed is the runtime's own.
  static func hostNamespaces(_ spec: JSONValue) -> ContainerFlags {
    guard let list = spec["linux"]?["namespaces"]?.array else { return [] }
    let kinds = list.map { $0.text("type") }
    var flags: ContainerFlags = []
    if !kinds.contains("pid") { flags.insert(.hostPids) }
    if !kinds.contains("network") { flags.insert(.hostNetwork) }
    if !kinds.contains("ipc") { flags.insert(.hostIPC) }
    return flags
  }

  /// Bind mounts: what the host shows of itself.
  static func mounts(_ spec: JSONValue) -> [ContainerMetadata.Mount] {
    var mounts: [ContainerMetadata.Mount] = []
    for mount in spec["mounts"]?.array ?? [] where mounts.count < ContainerMetadata.Bounds.mounts {
      let options = (mount["options"]?.array ?? []).compactMap(\.string)
      guard mount.text("type") == "bind" || options.contains("bind") || options.contains("rbind") else { continue }
      var entry = ContainerMetadata.Mount()
      entry.source = mount.text("source")
      entry.destination = mount.text("destination")
      entry.isWritable = !options.contains("ro")
      entry.mode = options.contains("ro") ? "ro" : ""
      entry.propagation =
        options.first { ["rprivate", "private", "rslave", "slave", "rshared", "shared"].contains($0) } ?? ""
      mounts.append(entry)
    }
    return mounts
  }

  /// What `--privileged` makes of a specification: every capability, and nothing of /proc hidden.
  static func isPrivileged(_ spec: JSONValue) -> Bool {
    let capabilities = (spec["process"]?["capabilities"]?["bounding"]?.array ?? []).compactMap(\.string)
    guard capabilities.contains("CAP_SYS_ADMIN"), capabilities.contains("CAP_SYS_MODULE") else { return false }
    return (spec["linux"]?["maskedPaths"]?.array ?? []).isEmpty
  }
}
