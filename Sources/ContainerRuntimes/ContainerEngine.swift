internal import JSONText
internal import SystemState

/// Docker, or Podman: the same questions over HTTP.
struct ContainerEngine: Sendable {
  let socket: RuntimeSocket
  let kind: ContainerKind

  /// - Returns: `nil` if the engine does not know the container.
  func ask(_ reference: ContainerReference) throws(RuntimeError) -> RuntimeAnswer? {
    guard let json = try get("/containers/\(reference.id)/json"),
      var answer = EngineInspection.read(json, reference, kind: kind)
    else { return nil }
    let imageID = json.text("Image")
    if !imageID.isEmpty, imageID.utf8.allSatisfy({ $0 == UInt8(ascii: ":") || ContainerReference.isPlain("\(UnicodeScalar($0))") }),
      let image = try? get("/images/\(imageID)/json")
    {
      EngineInspection.add(image: image, to: &answer.metadata)
    }
    // A container that shares another's network has the other's address.
    let mode = json["HostConfig"]?.text("NetworkMode") ?? ""
    if answer.metadata.address.isEmpty, mode.hasPrefix("container:") {
      let other = String(mode.dropFirst(10))
      if ContainerReference.isPlain(other), let json = try? get("/containers/\(other)/json") {
        let networks = json["NetworkSettings"]
        answer.metadata.address = networks?.text("IPAddress") ?? ""
        for network in networks?["Networks"]?.members ?? [] where answer.metadata.address.isEmpty {
          answer.metadata.address = network.value.text("IPAddress")
        }
      }
    }
    return answer
  }

  /// - Returns: `nil` for 404.
  private func get(_ target: String) throws(RuntimeError) -> JSONValue? {
    let answer = try socket.get(target)
    switch answer.status {
    case 200:
      do throws(JSONError) { return try JSONValue(parsing: answer.body) } catch { throw .malformed("\(error)") }
    case 404: return nil
    default: throw .refused("HTTP status \(answer.status) for \(target)")
    }
  }
}
