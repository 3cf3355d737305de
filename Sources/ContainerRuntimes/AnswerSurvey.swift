internal import CRuntimeSockets
internal import JSONText
public import SystemState

/// Bytes from outside through every reader of this module: for the fuzzer, and for nothing else.
public enum AnswerSurvey {
  /// Reads bytes as each kind of answer that a runtime gives.
  ///
  /// - Returns: The metadata that some reader found in them.
  public static func read(_ bytes: [UInt8]) -> [ContainerMetadata] {
    var found: [ContainerMetadata] = []
    let id = String(repeating: "a", count: 64)
    guard let reference = ContainerReference(NewContainer(id: String(id.prefix(12)), fullID: id, shape: .digits)) else {
      return []
    }
    if let answer = try? HTTPAnswer(bytes), let json = try? JSONValue(parsing: answer.body) {
      if let inspected = EngineInspection.read(json, reference, kind: .docker) {
        var metadata = inspected.metadata
        EngineInspection.add(image: json, to: &metadata)
        found.append(metadata)
      }
    }
    if let json = try? JSONValue(parsing: bytes), let metadata = ContainerMetadata(eventPayload: json) {
      found.append(metadata)
    }
    if let status = try? CRIContainerStatus(response: bytes) { found.append(CRIRuntime.metadata(status, reference)) }
    if let pod = try? CRIPodStatus(response: bytes) {
      var metadata = ContainerMetadata()
      metadata.id = reference.shown
      CRIRuntime.add(pod, to: &metadata)
      found.append(metadata)
    }
    if let metadata = ContainerdRuntime.metadata(response: bytes, reference) { found.append(metadata) }
    var answer = unsafe wh_answer()
    _ = unsafe wh_grpc_replay(bytes, bytes.count, 65_536, &answer)
    unsafe wh_answer_free(&answer)
    return found
  }
}
