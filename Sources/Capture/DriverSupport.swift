/// The three answers that an assessment can give; only the first two are conclusive.
public enum DriverSupport: Sendable, Equatable {
  case supported
  /// Every obstacle, so that a user can remove all of them at once.
  case unsupported([Obstacle])
  /// Nothing is known to be in the way, but not everything could be looked at, or opening failed all the same.
  case inconclusive(CaptureError)

  /// The verdict of a driver that looked for everything that can be in its way.
  ///
  /// - Parameters:
  ///   - obstacles: What was found. Each is conclusive: the facts behind it were read.
  ///   - facts: What the driver depends on. If nothing was found but one of them could not be read, nobody knows.
  public init(_ obstacles: [Obstacle], dependingOn facts: [HostFacts.Fact], of host: borrowing HostFacts) {
    if !obstacles.isEmpty {
      self = .unsupported(obstacles)
    } else if let fact = facts.first(where: { [unreadable = host.unreadable] in unreadable[$0] != nil }) {
      self = .inconclusive(.system(errno: host.unreadable[fact] ?? 0, during: "cannot tell without \(fact.source)"))
    } else {
      self = .supported
    }
  }

  /// `yes`, `no` or `unknown`.
  public var answer: String {
    switch self {
    case .supported: "yes"
    case .unsupported: "no"
    case .inconclusive: "unknown"
    }
  }
}
