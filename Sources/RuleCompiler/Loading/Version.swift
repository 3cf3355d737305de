/// A version of three numbers.
public struct Version: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var major: UInt32
  public var minor: UInt32
  public var patch: UInt32

  public init(_ major: UInt32, _ minor: UInt32, _ patch: UInt32) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads `x.y.z`; nothing may be missing or follow.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    var numbers: [UInt32] = []
    for part in parts {
      guard part.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let number = UInt32(part) else { return nil }
      numbers.append(number)
    }
    self.init(numbers[0], numbers[1], numbers[2])
  }

  /// Whether what was written for `required` works with this version: the same major number, and not older.
  public func satisfies(_ required: Version) -> Bool { major == required.major && self >= required }

  public var description: String { "\(major).\(minor).\(patch)" }

  public static func < (a: Version, b: Version) -> Bool {
    (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
  }
}

/// A plugin at a version: one that is loaded, or the least that is needed.
public struct PluginVersion: Sendable, Hashable {
  public var name: String
  public var version: Version

  public init(name: String, version: Version) {
    self.name = name
    self.version = version
  }
}

/// Something that rule files need: any one of these plugins, the first that is loaded decides.
public struct PluginRequirement: Sendable, Hashable {
  public var alternatives: [PluginVersion]

  public init(alternatives: [PluginVersion]) { self.alternatives = alternatives }
}
