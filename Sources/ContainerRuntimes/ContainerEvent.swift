public import SystemState
internal import EventSchema

extension ContainerMetadata {
  /// The event that tells a state, rules and capture files of it.
  ///
  /// - Parameter time: Nanoseconds since the epoch.
  public func event(at time: UInt64) -> [UInt8] {
    var builder = EventBuilder(.asyncevent, timestamp: time, threadID: .max)
    builder.append(UInt32(0))
    builder.append(text: "container")
    builder.append(bytes: eventPayload)
    return builder.finish()
  }
}
