internal import JSONText
internal import SystemState

/// containerd's own interface: containers that no kubelet made, in namespaces that their users chose.
struct ContainerdRuntime: Sendable {
  let socket: RuntimeSocket

  /// The most namespaces that are tried for an id whose cgroup does not tell one.
  private static let mostNamespaces = 16

  /// - Returns: `nil` if it does not know the container.
  func ask(_ reference: ContainerReference) throws(RuntimeError) -> RuntimeAnswer? {
    var namespaces = reference.namespace.isEmpty ? [] : [reference.namespace]
    if namespaces.isEmpty { namespaces = try list() }
    for namespace in namespaces {
      var request = ProtobufWriter()
      request.put(1, reference.id)
      let response: [UInt8]?
      do throws(RuntimeError) {
        response = try socket.call("/containerd.services.containers.v1.Containers/Get", request.bytes, namespace: namespace)
      } catch {
        // A namespace that containerd would not accept.
        if case .refused = error { continue }
        if error == .unimplemented { return nil }
        throw error
      }
      guard let response else { continue }
      guard let metadata = ContainerdRuntime.metadata(response: response, reference) else {
        throw .malformed("not the container that was asked for")
      }
      var answer = RuntimeAnswer(metadata)
      // Tasks are another service's business; nothing of the above changes with the start.
      answer.isSettled = true
      return answer
    }
    return nil
  }

  private func list() throws(RuntimeError) -> [String] {
    let response: [UInt8]?
    do throws(RuntimeError) {
      response = try socket.call("/containerd.services.namespaces.v1.Namespaces/List", [])
    } catch {
      if error == .unimplemented { return [] }
      throw error
    }
    var names: [String] = []
    do throws(ProtobufError) {
      var reader = ProtobufReader(response ?? [])
      while let field = try reader.next(), names.count < ContainerdRuntime.mostNamespaces {
        let name = try CRI.text(1, of: field.value.bytes)
        if field.number == 1, ContainerReference.isPlain(name) { names.append(name) }
      }
    } catch { throw .malformed("\(error)") }
    return names
  }

  /// - Returns: `nil` if it is about another container, or malformed.
  static func metadata(response: [UInt8], _ reference: ContainerReference) -> ContainerMetadata? {
    guard let container = try? ContainerdContainer(response: response), container.id == reference.id else { return nil }
    let spec = (try? JSONValue(parsing: container.spec)) ?? .null
    var metadata = ContainerMetadata()
    metadata.id = reference.shown
    metadata.fullID = reference.id
    metadata.kind = .containerd
    metadata.name = container.labels.first { $0.key == "nerdctl/name" }?.value ?? container.id
    metadata.labels = container.labels
    metadata.setImage(container.image)
    metadata.createdTime = container.createdAt
    metadata.environment = OCISpec.environment(spec)
    metadata.mounts = OCISpec.mounts(spec)
    metadata.flags = OCISpec.hostNamespaces(spec)
    if OCISpec.isPrivileged(spec) { metadata.flags.insert(.privileged) }
    return metadata
  }
}

/// containerd's record of a container, by its field numbers.
private struct ContainerdContainer {
  var id = ""
  var image = ""
  var labels: [ContainerMetadata.Label] = []
  var spec: [UInt8] = []
  var createdAt: UInt64 = 0

  init(response: [UInt8]) throws(ProtobufError) {
    var reader = ProtobufReader(try CRI.message(1, of: response[...]))
    while let field = try reader.next() {
      switch field.number {
      case 1: id = field.value.text
      case 2: try CRI.append(field, to: &labels)
      case 3: image = field.value.text
      case 5: spec = Array(try CRI.message(2, of: field.value.bytes))
      case 8: createdAt = try ContainerdContainer.time(field.value.bytes)
      default: break
      }
    }
    CRI.sort(&labels)
  }

  /// Seconds and nanoseconds.
  private static func time(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> UInt64 {
    var reader = ProtobufReader(bytes)
    var time: UInt64 = 0
    while let field = try reader.next() {
      switch field.number {
      case 1: time = time &+ min(field.value.number, 9_000_000_000) &* 1_000_000_000
      case 2: time = time &+ min(field.value.number, 999_999_999)
      default: break
      }
    }
    return time
  }
}
