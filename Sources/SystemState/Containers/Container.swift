/// One container that a thread is or was in, and what is known of it. Plain data, like ``ThreadEntry``.
///
/// It lives as long as threads are in it, and ``ContainerTable/graceTime`` longer: the events of its end may still come.
public struct Container: BitwiseCopyable, Sendable {
  /// How far its runtime has been asked.
  public enum Knowledge: UInt8, BitwiseCopyable, Sendable {
    /// Seen in a cgroup, and nobody asked yet: ``SystemState/takeNewContainers()``.
    case unasked
    case asked
    case known
    /// No runtime knew it, or none answered in time. An event may still tell.
    case unavailable
  }

  /// As `container.id` shows it.
  public var id: TextHandle
  public var fullID: TextHandle
  /// Of a container that containerd runs without Kubernetes; empty for others.
  public var namespace: TextHandle = .empty
  public var shape: ContainerShape
  public var kind = ContainerKind.unknown
  public internal(set) var knowledge = Knowledge.unasked
  public var flags: ContainerFlags = []
  /// Whether ``SystemState/takeNewContainers()`` has handed it out, with its latest process.
  var wasTaken = false
  var wasEverTaken = false
  /// Whether its own users are known, or known not to be told.
  public internal(set) var hasAccounts = false
  /// Threads that are in it now.
  public internal(set) var threadCount: UInt32 = 0
  /// A process that was seen in it, the latest while ``hasAccounts`` is false; 0 for none.
  public internal(set) var process: Int32 = 0
  /// Event time, nanoseconds since the epoch: when it was first seen, and since when no thread is in it.
  public internal(set) var firstSeen: UInt64
  var emptySince: UInt64
  /// Nanoseconds since the epoch as the runtime tells them; 0 while unknown.
  public var createdTime: UInt64 = 0
  public var startedTime: UInt64 = 0

  public var name: TextHandle = .empty
  public var image: TextHandle = .empty
  public var imageID: TextHandle = .empty
  public var imageRepository: TextHandle = .empty
  public var imageTag: TextHandle = .empty
  public var imageDigest: TextHandle = .empty
  /// The user that its configuration names.
  public var user: TextHandle = .empty
  public var address: TextHandle = .empty
  public var networkJSON: TextHandle = .empty
  /// The whole id of the container that holds the pod's network.
  public var sandboxID: TextHandle = .empty
  /// `KEY NUL VALUE NUL` for each label, and all of them as fields print them.
  public var labels: TextHandle = .empty
  public var labelText: TextHandle = .empty
  /// The labels of the pod.
  public var podLabels: TextHandle = .empty
  public var podLabelText: TextHandle = .empty
  /// Source, destination, mode, `true` or `false` for writable, propagation, each with a NUL; and all as they print.
  public var mounts: TextHandle = .empty
  public var mountText: TextHandle = .empty
  /// `NAME=value` strings, each with a NUL.
  public var environment: TextHandle = .empty
  /// Program and arguments, each with a NUL; one empty string for a check that is switched off.
  public var healthCheck: TextHandle = .empty
  public var livenessProbe: TextHandle = .empty
  public var readinessProbe: TextHandle = .empty
  /// Users and groups of its own files, see ``AccountList``.
  public var accounts: TextHandle = .empty

  init(id: TextHandle, fullID: TextHandle, shape: ContainerShape, at time: UInt64) {
    self.id = id
    self.fullID = fullID
    self.shape = shape
    firstSeen = time
    emptySince = time
  }
}

public struct ContainerFlags: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let privileged = ContainerFlags(rawValue: 1 << 0)
  public static let hostPids = ContainerFlags(rawValue: 1 << 1)
  public static let hostNetwork = ContainerFlags(rawValue: 1 << 2)
  public static let hostIPC = ContainerFlags(rawValue: 1 << 3)
  /// It only holds a pod's namespaces.
  public static let podSandbox = ContainerFlags(rawValue: 1 << 4)
}

extension TextPool {
  /// Gives up everything that metadata put into a container; its ids stay.
  mutating func releaseMetadata(of container: Container) {
    release(container.name)
    release(container.image)
    release(container.imageID)
    release(container.imageRepository)
    release(container.imageTag)
    release(container.imageDigest)
    release(container.user)
    release(container.address)
    release(container.networkJSON)
    release(container.sandboxID)
    release(container.labels)
    release(container.labelText)
    release(container.podLabels)
    release(container.podLabelText)
    release(container.mounts)
    release(container.mountText)
    release(container.environment)
    release(container.healthCheck)
    release(container.livenessProbe)
    release(container.readinessProbe)
  }
}
