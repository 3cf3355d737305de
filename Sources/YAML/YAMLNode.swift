/// One node of a YAML document, with its place in the file.
///
/// Aliases are already replaced by what they stand for; such a node keeps the place of its anchor. The merge key `<<`
/// has no meaning here and stays an ordinary key.
public struct YAMLNode: Sendable {
  public enum Content: Sendable {
    /// Nothing, `~`, or `null` as a plain scalar.
    case null
    case scalar(String, ScalarStyle)
    case sequence([YAMLNode])
    /// In file order; a key may occur twice.
    case mapping([Entry])
  }

  public struct Entry: Sendable {
    public var key: YAMLNode
    public var value: YAMLNode
  }

  public enum ScalarStyle: Sendable, Equatable {
    case plain, singleQuoted, doubleQuoted, literal, folded
  }

  public var content: Content
  /// Where the node begins; for a block scalar, where its `|` or `>` stands.
  public var mark: YAMLMark
  /// The byte offset behind the node.
  public var endOffset: Int
  /// How many nodes the tree has from here, those behind aliases counted each time.
  var weight: Int
}

/// A place in a YAML file.
public struct YAMLMark: Sendable, Hashable {
  /// The first line is 0.
  public var line: Int
  /// In Unicode scalars; the first is 0.
  public var column: Int
  /// In bytes.
  public var offset: Int

  public init(line: Int, column: Int, offset: Int) {
    self.line = line
    self.column = column
    self.offset = offset
  }
}

/// Why a text could not be read as YAML.
public struct YAMLError: Error, Sendable, Equatable {
  public enum Reason: Sendable, Equatable {
    /// The text breaks YAML's grammar.
    case malformed(String)
    /// An alias names no anchor that is complete at that point.
    case unknownAlias(String)
    /// Not UTF-8, or a character that YAML forbids.
    case encoding(String)
    case tooDeep(limit: Int)
    /// More nodes than allowed, counting each use of an alias in full.
    case tooManyNodes(limit: Int)
    case tooLong(limit: Int)
    case outOfMemory
  }

  public var reason: Reason
  public var mark: YAMLMark

  public init(_ reason: Reason, at mark: YAMLMark) {
    self.reason = reason
    self.mark = mark
  }

  /// What went wrong, in one line without the place.
  public var message: String {
    switch reason {
    case .malformed(let problem): problem
    case .unknownAlias(let name): "the alias '*\(name)' refers to no anchor before it"
    case .encoding(let problem): problem
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .tooManyNodes(let limit): "more than \(limit) nodes, counting each use of an alias in full"
    case .tooLong(let limit): "longer than \(limit) bytes"
    case .outOfMemory: "out of memory"
    }
  }
}

/// Bounds that keep a hostile file from exhausting memory or the stack.
public struct YAMLLimits: Sendable {
  public var bytes = 64 << 20
  public var depth = 128
  /// Counts what aliases stand for each time, so that nested aliases cannot grow without bound.
  public var nodes = 2_000_000

  public init() {}
}
