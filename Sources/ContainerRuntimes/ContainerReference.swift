public import SystemState

/// Which container is asked about, checked before any of it goes into a request.
struct ContainerReference: Sendable, Equatable {
  /// The whole id or name.
  var id: String
  /// containerd's namespace, if the cgroup told it.
  var namespace: String
  /// As `container.id` will show it.
  var shown: String

  /// - Returns: `nil` for ids that no runtime gives out: cgroups have names of anyone's choice.
  init?(_ container: NewContainer) {
    id = container.fullID.isEmpty ? container.id : container.fullID
    namespace = container.namespace
    shown = container.id
    guard ContainerReference.isPlain(id), namespace.isEmpty || ContainerReference.isPlain(namespace) else { return nil }
  }

  /// Letters, digits, `_`, `.` and `-`, at most 253 and not a dot first: nothing that means something in a request.
  static func isPlain(_ name: String) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: "."), name.utf8.count <= 253 else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}

/// What a runtime told of a container.
public struct RuntimeAnswer: Sendable, Equatable {
  public var metadata: ContainerMetadata
  /// A process in it, by the host's ids; 0 if it has none now.
  public var process: Int32 = 0
  /// Whether it was started: before that, some of the answer may still change.
  public var isSettled = false

  init(_ metadata: ContainerMetadata) { self.metadata = metadata }
}
