internal import ByteText
internal import EventSchema
internal import SystemState

/// The container of the event's thread, or of a container event, and the pod around it.
extension FieldExtractor {
  mutating func containerValue(
    _ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let plan = plans[field]
    if let subject {
      // Noted while the event was there; what depends on the event was rendered then.
      guard state.holdsContainer(subject.container, since: subject.containerSince) else { return .missing }
      return metadataValue(plan, subject.container, state)
    }
    let slot = state.current.thread
    let told = state.current.container
    if slot == Slot.none, told == Slot.none { return .missing }
    let container = slot == Slot.none ? told : state.threads[slot].container
    let isHost = container == Slot.none && state.threads[slot].containerID.isEmpty
    switch plan.id {
    case .containerId:
      if isHost { return constants[.host] }
      return .pool(slot == Slot.none ? state.containers[container].id : state.threads[slot].containerID)
    case .containerStartTs:
      guard !isHost, slot != Slot.none, state.threads[slot].namespaceStart != 0 else { return .missing }
      return .unsigned(state.threads[slot].namespaceStart, plan.type)
    case .containerDuration:
      guard !isHost, slot != Slot.none, state.threads[slot].namespaceStart != 0,
        state.threads[slot].namespaceStart <= event.timestamp
      else { return .missing }
      return .unsigned(event.timestamp - state.threads[slot].namespaceStart, plan.type)
    case .procIsContainerHealthcheck: return probe(.health, slot, container, state)
    case .procIsContainerLivenessProbe: return probe(.liveness, slot, container, state)
    case .procIsContainerReadinessProbe: return probe(.readiness, slot, container, state)
    default: break
    }
    if isHost { return hostValue(plan) }
    guard container != Slot.none else { return .missing }
    return metadataValue(plan, container, state)
  }

  /// What processes outside containers have.
  private mutating func hostValue(_ plan: Plan) -> FieldValue {
    switch plan.id {
    case .containerFullId, .containerName, .containerType: return constants[.host]
    case .containerImage, .containerImageId, .containerImageRepository, .containerImageTag, .containerImageDigest,
      .containerIp, .containerCniJson, .containerMounts, .containerLabels, .k8sPodSandboxId, .k8sPodFullSandboxId,
      .k8sPodLabels:
      return constants[.none]
    case .containerPrivileged, .containerHostPid, .containerHostNetwork, .containerHostIpc: return .boolean(false)
    default: return .missing
    }
  }

  private mutating func metadataValue(
    _ plan: Plan, _ slot: UInt32, _ state: borrowing SystemState
  ) -> FieldValue {
    let container = state.containers[slot]
    guard container.knowledge == .known else { return .missing }
    switch plan.id {
    case .containerFullId: return .pool(container.fullID)
    case .containerName: return .pool(container.name)
    case .containerType: return word(container.kind.name)
    case .containerImage: return .pool(container.image)
    case .containerImageId: return .pool(container.imageID)
    case .containerImageRepository: return .pool(container.imageRepository)
    case .containerImageTag: return .pool(container.imageTag)
    case .containerImageDigest: return .pool(container.imageDigest)
    case .containerIp: return .pool(container.address)
    case .containerCniJson: return .pool(container.networkJSON)
    case .containerPrivileged: return .boolean(container.flags.contains(.privileged))
    case .containerHostPid: return .boolean(container.flags.contains(.hostPids))
    case .containerHostNetwork: return .boolean(container.flags.contains(.hostNetwork))
    case .containerHostIpc: return .boolean(container.flags.contains(.hostIPC))
    case .containerMounts: return .pool(container.mountText)
    case .containerMount, .containerMountSource, .containerMountDest, .containerMountMode, .containerMountRdwr,
      .containerMountPropagation:
      return mountValue(plan, container.mounts, state)
    case .containerLabel: return label(keyed: plan, container.labels, state)
    case .containerLabels: return .pool(container.labelText)
    case .containerHealthcheck: return probeText(container.healthCheck, state)
    case .containerLivenessProbe: return probeText(container.livenessProbe, state)
    case .containerReadinessProbe: return probeText(container.readinessProbe, state)
    case .k8sPodName: return label("io.kubernetes.pod.name", container.labels, state)
    case .k8sNsName: return label("io.kubernetes.pod.namespace", container.labels, state)
    case .k8sPodId, .k8sPodUid: return label("io.kubernetes.pod.uid", container.labels, state)
    case .k8sPodSandboxId:
      return .pool(container.sandboxID, 0..<min(12, Int(container.sandboxID.length)))
    case .k8sPodFullSandboxId: return .pool(container.sandboxID)
    default: return podValue(plan, slot, state)
    }
  }

  /// The pod's own facts are with the container that holds its network: the container itself if it knows a network, its
  /// sandbox otherwise.
  private mutating func podValue(_ plan: Plan, _ slot: UInt32, _ state: borrowing SystemState) -> FieldValue {
    let container = state.containers[slot]
    var pod = slot
    if container.networkJSON.isEmpty {
      pod = container.sandboxID.isEmpty ? Slot.none : state.findContainer(container.sandboxID, prefix: 12)
      if pod != Slot.none, state.containers[pod].knowledge != .known { pod = Slot.none }
    }
    // A container that knows the network, without being the sandbox, has the pod's labels beside its own.
    let isOwn = pod == slot && !container.flags.contains(.podSandbox) && !container.podLabels.isEmpty
    let hasPodLabels = pod == Slot.none || isOwn
    switch plan.id {
    case .k8sPodLabel:
      return label(keyed: plan, hasPodLabels ? container.podLabels : state.containers[pod].labels, state)
    case .k8sPodLabels: return .pool(hasPodLabels ? container.podLabelText : state.containers[pod].labelText)
    case .k8sPodIp: return pod == Slot.none ? .missing : .pool(state.containers[pod].address)
    case .k8sPodCniJson: return pod == Slot.none ? .missing : .pool(state.containers[pod].networkJSON)
    default: return .missing
    }
  }

  private mutating func word(_ text: StaticString) -> FieldValue {
    let start = scratch.count
    scratch.append(text)
    return self.text(from: start)
  }

  // MARK: Labels

  private mutating func label(_ name: StaticString, _ labels: TextHandle, _ state: borrowing SystemState) -> FieldValue {
    let bytes = state.texts.bytes(labels)
    return label(labels, state) { range in
      guard range.count == name.utf8CodeUnitCount else { return false }
      for index in 0..<range.count where unsafe PathText.byte(bytes, range.lowerBound + index) != name.utf8Start[index] {
        return false
      }
      return true
    }
  }

  private mutating func label(keyed plan: Plan, _ labels: TextHandle, _ state: borrowing SystemState) -> FieldValue {
    let bytes = state.texts.bytes(labels)
    let key = key(plan)
    var at = 0
    while at < bytes.byteCount {
      let keyEnd = FieldExtractor.end(of: at, in: bytes)
      let end = FieldExtractor.end(of: keyEnd + 1, in: bytes)
      if keyEnd - at == key.count {
        var isEqual = true
        for index in 0..<key.count where PathText.byte(bytes, at + index) != keys[key.lowerBound + index] { isEqual = false }
        if isEqual { return .pool(labels, keyEnd + 1..<end) }
      }
      at = end + 1
    }
    return .missing
  }

  /// The value of the first label whose key fits.
  @inline(__always)
  private mutating func label(
    _ labels: TextHandle, _ state: borrowing SystemState, _ fits: (Range<Int>) -> Bool
  ) -> FieldValue {
    let bytes = state.texts.bytes(labels)
    var at = 0
    while at < bytes.byteCount {
      let keyEnd = FieldExtractor.end(of: at, in: bytes)
      let end = FieldExtractor.end(of: keyEnd + 1, in: bytes)
      if fits(at..<keyEnd) { return .pool(labels, keyEnd + 1..<end) }
      at = end + 1
    }
    return .missing
  }

  /// Where the string at an offset of a packed list ends: at its NUL.
  private static func end(of start: Int, in bytes: borrowing RawSpan) -> Int {
    var at = min(start, bytes.byteCount)
    while at < bytes.byteCount, PathText.byte(bytes, at) != 0 { at += 1 }
    return at
  }

  // MARK: Probes

  private mutating func probe(
    _ probe: ProbeFlags, _ slot: UInt32, _ container: UInt32, _ state: borrowing SystemState
  ) -> FieldValue {
    guard slot != Slot.none else { return .missing }
    return .boolean(state.threads[slot].probes.contains(probe))
  }

  /// The command line; `NONE` for a check that is switched off, missing where there is none.
  private mutating func probeText(_ probe: TextHandle, _ state: borrowing SystemState) -> FieldValue {
    if probe.isEmpty { return .missing }
    let start = scratch.count
    if probe.length == 1 {
      scratch.append("NONE")
    } else {
      join(probe, state)
    }
    return text(from: start)
  }

  // MARK: Mounts

  /// Of the mount at the field's index, or of the first whose source contains the key (for the source field: whose
  /// destination does). The key is a plain text with `*` and `?` as wildcards.
  private mutating func mountValue(_ plan: Plan, _ mounts: TextHandle, _ state: borrowing SystemState) -> FieldValue {
    let bytes = state.texts.bytes(mounts)
    let key = key(plan)
    var at = 0
    var number: Int32 = 0
    while at < bytes.byteCount {
      let source = at..<FieldExtractor.end(of: at, in: bytes)
      let destination = source.upperBound + 1..<FieldExtractor.end(of: source.upperBound + 1, in: bytes)
      let mode = destination.upperBound + 1..<FieldExtractor.end(of: destination.upperBound + 1, in: bytes)
      let isWritable = mode.upperBound + 1..<FieldExtractor.end(of: mode.upperBound + 1, in: bytes)
      let propagation = isWritable.upperBound + 1..<FieldExtractor.end(of: isWritable.upperBound + 1, in: bytes)
      let searched = plan.id == .containerMountSource ? destination : source
      let isFound =
        plan.index >= 0
        ? number == plan.index : Wildcard.contains(bytes.extracting(searched), keys.span.extracting(key))
      if isFound {
        switch plan.id {
        case .containerMountSource: return .pool(mounts, source)
        case .containerMountDest: return .pool(mounts, destination)
        case .containerMountMode: return .pool(mounts, mode)
        case .containerMountRdwr: return .pool(mounts, isWritable)
        case .containerMountPropagation: return .pool(mounts, propagation)
        default:
          let start = scratch.count
          for range in [source, destination, mode, isWritable, propagation] {
            if scratch.count > start { scratch.append(UInt8(ascii: ":")) }
            scratch.append(bytes.extracting(range))
          }
          return text(from: start)
        }
      }
      number += 1
      at = propagation.upperBound + 1
    }
    return .missing
  }
}

/// `*` for any bytes, `?` for one.
enum Wildcard {
  /// Whether some part of the text fits the pattern.
  static func contains(_ text: borrowing RawSpan, _ pattern: Span<UInt8>) -> Bool {
    var at = 0
    var rule = 0
    // As if the pattern began with a star.
    var restart = (text: 0, rule: 0)
    while rule < pattern.count {
      if pattern[rule] == UInt8(ascii: "*") {
        rule += 1
        restart = (at, rule)
      } else if at >= text.byteCount {
        return false
      } else if pattern[rule] == PathText.byte(text, at) || pattern[rule] == UInt8(ascii: "?") {
        at += 1
        rule += 1
      } else {
        restart.text += 1
        at = restart.text
        rule = restart.rule
      }
    }
    return true
  }
}
