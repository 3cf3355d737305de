internal import SystemState

/// What a container runtime told about one container.
public struct ContainerMetadata: Sendable {
  public struct Mount: Sendable {
    public var source = ""
    public var destination = ""
    public var mode = ""
    public var isWritable = false
    public var propagation = ""
    public init() {}
  }

  public var fullID = ""
  public var name = ""
  /// The runtime, in the words of `container.type`.
  public var type = ""
  public var image = ""
  public var imageID = ""
  public var imageRepository = ""
  public var imageTag = ""
  public var imageDigest = ""
  public var address = ""
  public var networkJSON = ""
  public var sandboxID = ""
  public var isPrivileged = false
  public var usesHostPids = false
  public var usesHostNetwork = false
  public var usesHostIPC = false
  public var mounts: [Mount] = []
  /// In the order in which they print.
  public var labels: [(key: String, value: String)] = []
  public var sandboxLabels: [(key: String, value: String)] = []

  public init() {}

  /// What processes outside containers have.
  public static let host: ContainerMetadata = {
    var host = ContainerMetadata()
    host.fullID = "host"
    host.name = "host"
    host.type = "host"
    return host
  }()
}

/// The containers whose metadata is known, by the id that threads carry.
///
/// Looked at by container fields only, written when the container side delivers an event.
public struct ContainerTable: Sendable {
  private var byID: [UInt64: ContainerMetadata] = [:]

  public init() {}
  public var count: Int { byID.count }

  /// - Parameter id: As `container.id` shows it.
  public mutating func insert(_ id: String, _ metadata: ContainerMetadata) { byID[hash(id.utf8)] = metadata }
  public mutating func remove(_ id: String) { byID[hash(id.utf8)] = nil }

  func find(_ id: RawSpan) -> ContainerMetadata? {
    if byID.isEmpty { return nil }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in 0..<id.byteCount { hash = (hash ^ UInt64(PathText.byte(id, index))) &* 0x100_0000_01b3 }
    return byID[hash]
  }

  func find(_ id: String) -> ContainerMetadata? { byID[hash(id.utf8)] }

  /// FNV-1a: ids are random already.
  private func hash(_ id: some Sequence<UInt8>) -> UInt64 {
    id.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
