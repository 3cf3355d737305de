public import FilterLanguage

/// What the rule files meet when they are loaded.
public struct LoadOptions: Sendable {
  /// What `required_engine_version` is compared with.
  public var engineVersion = Version(0, 63, 0)
  /// The event sources that exist; rules for others are skipped with a warning.
  public var knownSources: Set<String> = ["syscall"]
  /// The plugins that are loaded or built in; container metadata is built in.
  public var providedPlugins = [PluginVersion(name: "container", version: Version(0, 7, 0))]
  /// Less severe rules are checked, but never evaluated.
  public var minimumPriority = Priority.debug
  /// What the configuration enables and disables, applied in order after loading.
  public var selections: [RuleSelection] = []
  /// What alerts say besides the rules' own outputs, in the order in which it is appended.
  public var outputAdditions: [OutputAddition] = []
  /// Alerts have their time in ISO 8601, and its key says so.
  public var usesISOTime = false
  /// Tells whether a field of an exception exists for an event source; nil leaves that to the check of conditions.
  public var isKnownField: (@Sendable (_ field: FieldReference, _ source: String) -> Bool)?

  public init() {}
}

/// One entry of the configuration's `rules`: which rules it means, and what becomes of them.
public struct RuleSelection: Sendable, Equatable {
  public enum Target: Sendable, Equatable {
    /// A name in which `*` stands for any run of characters.
    case rule(String)
    /// A tag, exactly.
    case tag(String)
  }

  public var target: Target
  public var enables: Bool

  public init(_ target: Target, enables: Bool) {
    self.target = target
    self.enables = enables
  }

  public func matches(name: String, tags: [String]) -> Bool {
    switch target {
    case .tag(let tag): tags.contains(tag)
    case .rule(let pattern): Self.matches(pattern: pattern, name: name)
    }
  }

  /// Compares without going back: a literal behind a star is taken where it occurs first.
  ///
  /// So `*ab` does not match `ab-ab`; a pattern that ends in `*` has no such limit.
  static func matches(pattern: String, name: String) -> Bool {
    let pieces = pattern.utf8.split(separator: UInt8(ascii: "*"))
    var rest = Array(name.utf8)[...]
    var maySkip = pattern.utf8.first == UInt8(ascii: "*")
    for piece in pieces {
      var start = rest.startIndex
      while !rest[start...].starts(with: piece) {
        guard maySkip, start + piece.count < rest.endIndex else { return false }
        start += 1
      }
      rest = rest[(start + piece.count)...]
      maySkip = true
    }
    return rest.isEmpty || pattern.utf8.last == UInt8(ascii: "*")
  }
}
