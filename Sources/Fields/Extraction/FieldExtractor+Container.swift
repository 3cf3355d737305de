internal import ByteText
internal import EventSchema
internal import SystemState

/// The container of the event's thread, and the pod around it.
extension FieldExtractor {
  mutating func containerValue(
    _ plan: Plan, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let slot = state.current.thread
    guard slot != Slot.none else { return .missing }
    let isHost = state.threads[slot].containerID.isEmpty
    switch plan.id {
    case .containerId: return isHost ? constants[.host] : .pool(state.threads[slot].containerID)
    case .containerStartTs:
      guard state.threads[slot].namespaceStart != 0 else { return .missing }
      return .unsigned(state.threads[slot].namespaceStart, plan.type)
    case .containerDuration:
      guard state.threads[slot].namespaceStart != 0,
        state.threads[slot].namespaceStart <= event.timestamp
      else { return .missing }
      return .unsigned(event.timestamp - state.threads[slot].namespaceStart, plan.type)
    default: break
    }
    if isHost {
      switch plan.id {
      case .containerFullId, .containerName, .containerType: return constants[.host]
      case .containerImage, .containerImageId, .containerImageRepository, .containerImageTag, .containerImageDigest,
        .containerIp, .containerCniJson, .containerMounts, .containerLabels:
        return constants[.none]
      default: return metadataValue(plan, .host)
      }
    }
    guard let container = containers.find(state.texts.bytes(state.threads[slot].containerID)) else { return .missing }
    return metadataValue(plan, container)
  }

  private mutating func metadataValue(_ plan: Plan, _ container: ContainerMetadata) -> FieldValue {
    switch plan.id {
    case .containerFullId: return write(container.fullID)
    case .containerName: return write(container.name)
    case .containerType: return write(container.type)
    case .containerImage: return write(container.image)
    case .containerImageId: return write(container.imageID)
    case .containerImageRepository: return write(container.imageRepository)
    case .containerImageTag: return write(container.imageTag)
    case .containerImageDigest: return write(container.imageDigest)
    case .containerIp: return write(container.address)
    case .containerCniJson: return write(container.networkJSON)
    case .containerPrivileged: return .boolean(container.isPrivileged)
    case .containerHostPid: return .boolean(container.usesHostPids)
    case .containerHostNetwork: return .boolean(container.usesHostNetwork)
    case .containerHostIpc: return .boolean(container.usesHostIPC)
    case .containerMounts:
      let start = scratch.count
      for mount in container.mounts {
        if scratch.count > start { scratch.append(UInt8(ascii: ",")) }
        append(mount)
      }
      return text(from: start)
    case .containerMount, .containerMountSource, .containerMountDest, .containerMountMode, .containerMountRdwr,
      .containerMountPropagation:
      return mountValue(plan, container)
    case .containerLabel: return label(plan, container.labels)
    case .containerLabels: return write(labels: container.labels)
    case .k8sPodName: return label("io.kubernetes.pod.name", container)
    case .k8sNsName: return label("io.kubernetes.pod.namespace", container)
    case .k8sPodId, .k8sPodUid: return label("io.kubernetes.pod.uid", container)
    case .k8sPodSandboxId: return write(String(container.sandboxID.prefix(12)))
    case .k8sPodFullSandboxId: return write(container.sandboxID)
    case .k8sPodLabel: return label(plan, pod(container)?.labels ?? container.sandboxLabels)
    case .k8sPodLabels: return write(labels: pod(container)?.labels ?? container.sandboxLabels)
    case .k8sPodIp:
      if !container.networkJSON.isEmpty { return write(container.address) }
      guard let pod = pod(container) else { return .missing }
      return write(pod.address)
    case .k8sPodCniJson:
      if !container.networkJSON.isEmpty { return write(container.networkJSON) }
      guard let pod = pod(container) else { return .missing }
      return write(pod.networkJSON)
    default: return .missing
    }
  }

  /// The container that holds the pod's network, where the pod's own facts are.
  private mutating func pod(_ container: ContainerMetadata) -> ContainerMetadata? {
    container.networkJSON.isEmpty ? containers.find(String(container.sandboxID.prefix(12))) : container
  }

  private mutating func write(_ value: String) -> FieldValue {
    let start = scratch.count
    scratch.append(text: value)
    return text(from: start)
  }

  /// `key:value` joined by a comma and a blank, without what the orchestrator notes for itself.
  private mutating func write(labels: [(key: String, value: String)]) -> FieldValue {
    let start = scratch.count
    for label in labels where !label.key.hasPrefix("annotation.") && !label.key.hasPrefix("io.kubernetes.") {
      if scratch.count > start { scratch.append(", ") }
      scratch.append(text: label.key)
      if !label.value.isEmpty {
        scratch.append(UInt8(ascii: ":"))
        scratch.append(text: label.value)
      }
    }
    return text(from: start)
  }

  private mutating func label(_ name: String, _ container: ContainerMetadata) -> FieldValue {
    guard let found = container.labels.first(where: { $0.key == name }) else { return .missing }
    return write(found.value)
  }

  private mutating func label(_ plan: Plan, _ labels: [(key: String, value: String)]) -> FieldValue {
    let key = keys[key(plan)]
    guard let found = labels.first(where: { $0.key.utf8.elementsEqual(key) }) else { return .missing }
    return write(found.value)
  }

  private mutating func append(_ mount: ContainerMetadata.Mount) {
    for part in [mount.source, mount.destination, mount.mode, mount.isWritable ? "true" : "false"] {
      scratch.append(text: part)
      scratch.append(UInt8(ascii: ":"))
    }
    scratch.append(text: mount.propagation)
  }

  /// The mount at the field's index, or the first whose source contains the key (for the source field: whose
  /// destination does). The key is a plain text here: `*` and `?` are the only wildcards.
  private mutating func mountValue(_ plan: Plan, _ container: ContainerMetadata) -> FieldValue {
    var found: ContainerMetadata.Mount?
    if plan.index >= 0 {
      found = Int(plan.index) < container.mounts.count ? container.mounts[Int(plan.index)] : nil
    } else {
      let key = [UInt8(ascii: "*")] + keys[key(plan)] + [UInt8(ascii: "*")]
      found = container.mounts.first {
        let text = plan.id == .containerMountSource ? $0.destination : $0.source
        return Wildcard.matches(Array(text.utf8), key)
      }
    }
    guard let mount = found else { return .missing }
    switch plan.id {
    case .containerMountSource: return write(mount.source)
    case .containerMountDest: return write(mount.destination)
    case .containerMountMode: return write(mount.mode)
    case .containerMountRdwr: return write(mount.isWritable ? "true" : "false")
    case .containerMountPropagation: return write(mount.propagation)
    default:
      let start = scratch.count
      append(mount)
      return text(from: start)
    }
  }
}

/// `*` for any bytes, `?` for one.
enum Wildcard {
  static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    var at = 0
    var rule = 0
    var restart: (text: Int, rule: Int)?
    while at < text.count {
      if rule < pattern.count, pattern[rule] == UInt8(ascii: "*") {
        rule += 1
        restart = (at, rule)
      } else if rule < pattern.count, pattern[rule] == text[at] || pattern[rule] == UInt8(ascii: "?") {
        at += 1
        rule += 1
      } else if let before = restart {
        at = before.text + 1
        rule = before.rule
        restart = (at, rule)
      } else {
        return false
      }
    }
    while rule < pattern.count, pattern[rule] == UInt8(ascii: "*") { rule += 1 }
    return rule == pattern.count
  }
}
