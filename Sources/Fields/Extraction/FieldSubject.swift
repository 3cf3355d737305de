public import SystemState

/// Whose container and user a field shows, noted for an alert that waits for what a runtime tells.
///
/// Plain data: slots of the state's tables, which may be reused. ``SystemState/holdsContainer(_:since:)`` tells whether
/// the container is still the same.
public struct FieldSubject: BitwiseCopyable, Sendable {
  public var container: UInt32
  public var containerSince: UInt64
  public var uid: UInt32
  public var gid: UInt32
  public var loginuid: UInt32

  /// The thread of the event that was applied last, if it is in a container.
  public init?(_ state: borrowing SystemState) {
    let thread = state.current.thread
    guard thread != Slot.none, state.threads[thread].container != Slot.none else { return nil }
    container = state.threads[thread].container
    containerSince = state.containers[container].firstSeen
    uid = state.threads[thread].uid
    gid = state.threads[thread].gid
    loginuid = state.threads[thread].loginuid
  }
}

extension ResolvedField {
  /// Whether its value in a container is what the container's runtime, or the container's own files, tell: not known
  /// with the first event, and no matter of the event.
  public var needsContainerMetadata: Bool {
    switch id {
    case .containerId, .containerStartTs, .containerDuration, .procIsContainerHealthcheck,
      .procIsContainerLivenessProbe, .procIsContainerReadinessProbe:
      false
    case .userName, .userLoginname, .userHomedir, .userShell, .groupName: true
    default: FieldCatalogue.area(of: id) == "container" || FieldCatalogue.area(of: id) == "k8s"
    }
  }
}
