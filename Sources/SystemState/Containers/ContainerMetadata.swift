/// What a container runtime, or an event of a capture file, tells about one container.
///
/// Made off the event path, then packed into a ``Container`` by ``SystemState/setContainer(_:)``. Everything in it comes
/// from outside: what exceeds ``Bounds`` is cut or left out where it is packed.
public struct ContainerMetadata: Sendable, Equatable {
  public struct Mount: Sendable, Equatable {
    public var source = ""
    public var destination = ""
    public var mode = ""
    public var isWritable = false
    public var propagation = ""
    public init() {}
  }

  public struct Label: Sendable, Equatable {
    public var key: String
    public var value: String
    public init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  /// A command that is run in the container from outside to learn how it is.
  public struct Probe: Sendable, Equatable {
    public var program: String
    public var arguments: [String]
    public init(_ program: String, _ arguments: [String]) {
      self.program = program
      self.arguments = arguments
    }
    /// A check that the configuration switches off.
    public static let none = Probe("", [])
    public var isNone: Bool { program.isEmpty }
  }

  /// As `container.id` shows it: 12 digits, or all of a name.
  public var id = ""
  public var fullID = ""
  public var kind = ContainerKind.unknown
  public var name = ""
  public var image = ""
  public var imageID = ""
  public var imageRepository = ""
  public var imageTag = ""
  public var imageDigest = ""
  public var user = ""
  public var address = ""
  public var networkJSON = ""
  public var sandboxID = ""
  public var flags: ContainerFlags = []
  /// Nanoseconds since the epoch; 0 while unknown.
  public var createdTime: UInt64 = 0
  public var startedTime: UInt64 = 0
  public var mounts: [Mount] = []
  /// In the order in which they print.
  public var labels: [Label] = []
  public var podLabels: [Label] = []
  /// `NAME=value`.
  public var environment: [String] = []
  public var healthCheck: Probe?
  public var livenessProbe: Probe?
  public var readinessProbe: Probe?

  public init() {}

  /// How much of each is kept, in bytes of UTF-8 and in numbers of items.
  public enum Bounds {
    public static let text = 4096
    public static let networkJSON = 16_384
    /// The longest value of a label; longer labels are left out. `label_max_len` of the configuration changes it.
    public static let labelValue = 4096
    public static let labels = 512
    public static let mounts = 256
    public static let environment = 1024
    public static let probeArguments = 64
    /// Of all items of one list together.
    public static let list = 60_000
  }

  /// Sets the parts of an image's name: repository, tag and digest of `REPOSITORY:TAG@DIGEST`.
  ///
  /// A colon belongs to a tag only behind the last slash: before it stands a registry's port.
  public mutating func setImage(_ reference: String) {
    image = reference
    var rest = Substring(reference)
    if let at = rest.lastIndex(of: "@") {
      imageDigest = String(rest[rest.index(after: at)...])
      rest = rest[..<at]
    }
    let slash = rest.lastIndex(of: "/") ?? rest.startIndex
    if let colon = rest[slash...].lastIndex(of: ":") {
      imageTag = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    imageRepository = String(rest)
  }
}
