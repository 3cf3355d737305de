public import SystemState

/// Whose container, user and executable a field shows, noted for an alert that waits for what is not known yet.
///
/// Plain data: slots of the state's tables, which may be reused. ``SystemState/holdsContainer(_:since:)`` tells whether
/// the container is still the same.
public struct FieldSubject: BitwiseCopyable, Sendable {
  public var container: UInt32
  public var containerSince: UInt64
  /// The entry of the executable's hash, and its serial number.
  public var digest: UInt32
  public var digestSerial: UInt64
  public var uid: UInt32
  public var gid: UInt32
  public var loginuid: UInt32

  /// The thread of the event that was applied last, if it is in a container or its executable's hash was asked for.
  public init?(_ state: borrowing SystemState) {
    let thread = state.current.thread
    let main = state.current.mainThread
    guard thread != Slot.none else { return nil }
    container = state.threads[thread].container
    digest = main == Slot.none ? Slot.none : state.threads[main].digest
    guard container != Slot.none || digest != Slot.none else { return nil }
    containerSince = container == Slot.none ? 0 : state.containers[container].firstSeen
    digestSerial = digest == Slot.none ? 0 : state.digests[digest].serial
    uid = state.threads[thread].uid
    gid = state.threads[thread].gid
    loginuid = state.threads[thread].loginuid
  }
}

extension ResolvedField {
  /// Whether it shows the hash of an executable, which is computed in the background.
  public var needsDigest: Bool { id == .procExeSha256 }

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
