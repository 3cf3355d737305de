internal import JSONText
internal import SystemState

/// A runtime below Kubernetes, asked over the Container Runtime Interface.
struct CRIRuntime: Sendable {
  let socket: RuntimeSocket

  /// containerd before 1.6 and CRI-O before 1.20 have the interface's alpha version only; the messages are the same.
  private static let services = ["runtime.v1.RuntimeService", "runtime.v1alpha2.RuntimeService"]

  /// - Returns: `nil` if the runtime knows neither a container nor a pod of this id.
  func ask(_ reference: ContainerReference) throws(RuntimeError) -> RuntimeAnswer? {
    for service in CRIRuntime.services {
      do throws(RuntimeError) {
        if let response = try call(service, "ContainerStatus", reference.id) {
          let status = try CRIRuntime.decoded { () throws(ProtobufError) in try CRIContainerStatus(response: response) }
          guard status.id == reference.id else { return nil }
          return try container(status, reference, service)
        }
        return try pod(reference, service)
      } catch {
        // Also CRI turned off: nobody there speaks it.
        if error == .unimplemented { continue }
        throw error
      }
    }
    return nil
  }

  private func call(_ service: String, _ method: String, _ id: String) throws(RuntimeError) -> [UInt8]? {
    var request = ProtobufWriter()
    request.put(1, id)
    request.put(2, flag: true)
    return try socket.call("/\(service)/\(method)", request.bytes)
  }

  private static func decoded<T>(_ body: () throws(ProtobufError) -> T) throws(RuntimeError) -> T {
    do throws(ProtobufError) { return try body() } catch { throw .malformed("\(error)") }
  }

  /// What calls itself so: `containerd`, `cri-o`.
  private func kind(_ service: String) -> ContainerKind {
    var request = ProtobufWriter()
    request.put(1, "v1")
    guard let response = try? socket.call("/\(service)/Version", request.bytes),
      let name = try? CRI.text(2, of: response[...])
    else { return .cri }
    switch name {
    case "containerd": return .containerd
    case "cri-o": return .crio
    default: return .cri
    }
  }

  // MARK: Containers

  private func container(
    _ status: CRIContainerStatus, _ reference: ContainerReference, _ service: String
  ) throws(RuntimeError) -> RuntimeAnswer {
    var metadata = CRIRuntime.metadata(status, reference)
    metadata.kind = kind(service)
    let info = CRIRuntime.info(status.info)
    if ContainerReference.isPlain(metadata.sandboxID), let response = try call(service, "PodSandboxStatus", metadata.sandboxID) {
      let pod = try CRIRuntime.decoded { () throws(ProtobufError) in try CRIPodStatus(response: response) }
      CRIRuntime.add(pod, to: &metadata)
    } else {
      metadata.flags.formUnion(OCISpec.hostNamespaces(info["runtimeSpec"] ?? .null))
    }
    var answer = RuntimeAnswer(metadata)
    answer.process = Int32(clamping: info["pid"]?.integer ?? 0)
    answer.isSettled = status.state == 1 || status.state == 2
    return answer
  }

  /// What the container's own status tells.
  static func metadata(_ status: CRIContainerStatus, _ reference: ContainerReference) -> ContainerMetadata {
    let info = info(status.info)
    let spec = info["runtimeSpec"] ?? .null
    var metadata = ContainerMetadata()
    metadata.id = reference.shown
    metadata.fullID = reference.id
    metadata.name = status.name
    metadata.createdTime = status.createdAt
    metadata.startedTime = status.startedAt
    metadata.labels = status.labels
    metadata.mounts = status.mounts
    metadata.environment = OCISpec.environment(spec)
    setImage(of: &metadata, status, info)
    let context = info["config"]?["linux"]?["security_context"]
    if (context?["privileged"]?.boolean ?? info["privileged"]?.boolean) == true { metadata.flags.insert(.privileged) }
    metadata.sandboxID = info.text("sandboxID")
    if metadata.sandboxID.isEmpty {
      metadata.sandboxID = spec["annotations"]?.text("io.kubernetes.cri-o.SandboxID") ?? ""
    }
    return metadata
  }

  /// The status names the image as it was asked for, or by its id; the reference names its digest, or its id.
  private static func setImage(of metadata: inout ContainerMetadata, _ status: CRIContainerStatus, _ info: JSONValue) {
    let name = [status.userImage, status.image].first { !$0.isEmpty && !$0.hasPrefix("sha256:") } ?? ""
    let config = info["config"]?["image"]
    let asked = config?.text("user_specified_image") ?? config?.text("image") ?? ""
    let reference = !name.isEmpty ? name : asked.hasPrefix("sha256:") ? "" : asked
    metadata.setImage(reference)
    for id in [status.imageRef, config?.text("image") ?? "", status.image] where metadata.imageID.isEmpty {
      if id.hasPrefix("sha256:") { metadata.imageID = EngineInspection.withoutAlgorithm(id) }
    }
    if metadata.imageDigest.isEmpty, let at = status.imageRef.lastIndex(of: "@") {
      metadata.imageDigest = String(status.imageRef[status.imageRef.index(after: at)...])
      if metadata.imageRepository.isEmpty { metadata.setImage(status.imageRef) }
    }
  }

  static func add(_ pod: CRIPodStatus, to metadata: inout ContainerMetadata) {
    metadata.podLabels = pod.labels
    metadata.address = pod.address
    metadata.flags.formUnion(pod.flags)
    // The kubelet labels every container so; other clients of the interface may not.
    for (key, value) in [
      ("io.kubernetes.pod.name", pod.name), ("io.kubernetes.pod.namespace", pod.namespace),
      ("io.kubernetes.pod.uid", pod.uid),
    ] where !value.isEmpty && !metadata.labels.contains(where: { $0.key == key }) {
      metadata.labels.append(.init(key, value))
    }
    metadata.networkJSON = network(pod)
    setProbes(of: &metadata, from: pod.annotations)
  }

  // MARK: Pods

  private func pod(_ reference: ContainerReference, _ service: String) throws(RuntimeError) -> RuntimeAnswer? {
    guard let response = try call(service, "PodSandboxStatus", reference.id) else { return nil }
    let pod = try CRIRuntime.decoded { () throws(ProtobufError) in try CRIPodStatus(response: response) }
    guard pod.id == reference.id else { return nil }
    let info = CRIRuntime.info(pod.info)
    var metadata = ContainerMetadata()
    metadata.id = reference.shown
    metadata.fullID = reference.id
    metadata.kind = kind(service)
    metadata.name = pod.name
    metadata.flags = .podSandbox
    metadata.createdTime = pod.createdAt
    metadata.labels = pod.labels
    metadata.sandboxID = reference.id
    metadata.setImage(info.text("image"))
    metadata.environment = OCISpec.environment(info["runtimeSpec"] ?? .null)
    CRIRuntime.add(pod, to: &metadata)
    var answer = RuntimeAnswer(metadata)
    answer.process = Int32(clamping: info["pid"]?.integer ?? 0)
    // A pod that is being set up is not known yet.
    answer.isSettled = true
    return answer
  }

  /// What the network plugins told, without what only they need: containerd tells it as it is, CRI-O in an annotation.
  private static func network(_ pod: CRIPodStatus) -> String {
    let info = info(pod.info)
    let result: JSONValue
    if let interfaces = info["cniResult"]?["Interfaces"]?.members {
      result = .object(
        interfaces.map { interface in
          let kept = (interface.value.members ?? []).filter { $0.key != "Mac" && $0.key != "Sandbox" }
          return JSONValue.Member(interface.key, .object(kept))
        })
    } else if let text = info["runtimeSpec"]?["annotations"]?["io.kubernetes.cri-o.CNIResult"]?.string {
      return text
    } else {
      return ""
    }
    var json = JSONWriter()
    result.write(into: &json)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  /// The verbose part; no value where it is no JSON.
  private static func info(_ info: [String: String]) -> JSONValue {
    guard let text = info["info"] else { return .null }
    return (try? JSONValue(parsing: Array(text.utf8))) ?? .null
  }

  // MARK: Probes

  /// The runtime does not know the probes, which the kubelet runs. A manifest that was applied by hand is in an
  /// annotation of the pod.
  private static func setProbes(of metadata: inout ContainerMetadata, from annotations: [ContainerMetadata.Label]) {
    guard
      let text = annotations.first(where: { $0.key == "kubectl.kubernetes.io/last-applied-configuration" })?.value,
      let manifest = try? JSONValue(parsing: Array(text.utf8))
    else { return }
    let containers = manifest["spec"]?["containers"]?.array ?? []
    guard let container = containers.first(where: { $0.text("name") == metadata.name }) else { return }
    metadata.livenessProbe = command(container["livenessProbe"])
    metadata.readinessProbe = command(container["readinessProbe"])
  }

  private static func command(_ probe: JSONValue?) -> ContainerMetadata.Probe? {
    let command = (probe?["exec"]?["command"]?.array ?? []).prefix(ContainerMetadata.Bounds.probeArguments)
      .compactMap(\.string)
    guard let program = command.first else { return nil }
    return .init(program, Array(command[1...]))
  }
}
