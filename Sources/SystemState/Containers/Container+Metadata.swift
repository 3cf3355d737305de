/// From what a runtime tells to texts of the pool, bounded.
extension Container {
  /// Overwrites everything but the ids; the old texts are the caller's to release.
  mutating func take(_ metadata: ContainerMetadata, into texts: inout TextPool) {
    knowledge = .known
    if metadata.kind != .unknown { kind = metadata.kind }
    flags = metadata.flags
    createdTime = metadata.createdTime
    startedTime = metadata.startedTime
    name = texts.store(bounded: metadata.name)
    image = texts.store(bounded: metadata.image)
    imageID = texts.store(bounded: metadata.imageID)
    imageRepository = texts.store(bounded: metadata.imageRepository)
    imageTag = texts.store(bounded: metadata.imageTag)
    imageDigest = texts.store(bounded: metadata.imageDigest)
    user = texts.store(bounded: metadata.user)
    address = texts.store(bounded: metadata.address)
    networkJSON = texts.store(bounded: metadata.networkJSON, to: ContainerMetadata.Bounds.networkJSON)
    sandboxID = texts.store(bounded: metadata.sandboxID)
    (labels, labelText) = texts.store(metadata.labels)
    (podLabels, podLabelText) = texts.store(metadata.podLabels)
    (mounts, mountText) = texts.store(metadata.mounts)
    environment = texts.store(strings: metadata.environment, limit: ContainerMetadata.Bounds.environment)
    healthCheck = texts.store(metadata.healthCheck)
    livenessProbe = texts.store(metadata.livenessProbe)
    readinessProbe = texts.store(metadata.readinessProbe)
  }
}

extension TextPool {
  mutating func store(bounded text: String, to limit: Int = ContainerMetadata.Bounds.text) -> TextHandle {
    text.isEmpty ? .empty : store(Array(text.utf8.prefix(limit)))
  }

  /// Labels as a list and as fields print them: `key:value` joined by a comma and a blank, without those that the
  /// orchestrator notes for itself, and without the colon where there is no value.
  fileprivate mutating func store(_ labels: [ContainerMetadata.Label]) -> (TextHandle, TextHandle) {
    var list = PackedStrings()
    var text: [UInt8] = []
    for label in labels.prefix(ContainerMetadata.Bounds.labels) {
      guard label.value.utf8.count <= ContainerMetadata.Bounds.labelValue, list.append([label.key, label.value]) else {
        continue
      }
      if label.key.hasPrefix("annotation.") || label.key.hasPrefix("io.kubernetes.") { continue }
      if !text.isEmpty { text += [UInt8(ascii: ","), UInt8(ascii: " ")] }
      text += label.key.utf8
      if !label.value.isEmpty {
        text.append(UInt8(ascii: ":"))
        text += label.value.utf8
      }
    }
    return (store(list.bytes), store(text))
  }

  fileprivate mutating func store(_ mounts: [ContainerMetadata.Mount]) -> (TextHandle, TextHandle) {
    var list = PackedStrings()
    var text: [UInt8] = []
    for mount in mounts.prefix(ContainerMetadata.Bounds.mounts) {
      let parts = [mount.source, mount.destination, mount.mode, mount.isWritable ? "true" : "false", mount.propagation]
      guard list.append(parts) else { continue }
      if !text.isEmpty { text.append(UInt8(ascii: ",")) }
      text += parts.joined(separator: ":").utf8
    }
    return (store(list.bytes), store(text))
  }

  fileprivate mutating func store(strings: [String], limit: Int) -> TextHandle {
    var list = PackedStrings()
    for string in strings.prefix(limit) { list.append([string]) }
    return store(list.bytes)
  }

  fileprivate mutating func store(_ probe: ContainerMetadata.Probe?) -> TextHandle {
    guard let probe else { return .empty }
    return store(strings: [probe.program] + probe.arguments, limit: ContainerMetadata.Bounds.probeArguments)
  }
}

/// Strings back to back, each with its NUL: what they have inside is blotted out, what is too much is left out.
private struct PackedStrings {
  private(set) var bytes: [UInt8] = []

  /// - Returns: False if there is no room for all of them together; none is added then.
  @discardableResult
  mutating func append(_ strings: [String]) -> Bool {
    let needed = strings.reduce(0) { $0 + $1.utf8.count + 1 }
    guard bytes.count + needed <= ContainerMetadata.Bounds.list else { return false }
    for string in strings {
      for byte in string.utf8 { bytes.append(byte == 0 ? UInt8(ascii: ".") : byte) }
      bytes.append(0)
    }
    return true
  }
}
