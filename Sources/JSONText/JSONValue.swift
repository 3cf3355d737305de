/// A JSON text as a tree, read whole within bounds: answers of other programs, payloads of events.
///
/// Not for the event path: it allocates. What a text may cost is bounded by ``Limits``, whatever the text says.
public enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  /// As the text has it: whoever needs an exact integer reads ``integer``.
  case number(String)
  case string(String)
  case array([JSONValue])
  /// In the order of the text. Of members with the same name, ``subscript(_:)`` finds the first.
  case object([Member])

  public struct Member: Sendable, Equatable {
    public var key: String
    public var value: JSONValue
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  public struct Limits: Sendable {
    /// Arrays and objects within each other.
    public var depth = 64
    /// Values in all; each takes up to about a hundred bytes while the tree lives.
    public var values = 50_000
    public init() {}
  }

  /// - Throws: ``JSONError``, with the place of the first mistake.
  public init(parsing text: borrowing RawSpan, limits: Limits = Limits()) throws(JSONError) {
    var reader = JSONReader(text.byteCount, limits)
    self = try reader.document(text)
  }

  public init(parsing text: [UInt8], limits: Limits = Limits()) throws(JSONError) {
    self = try JSONValue(parsing: unsafe text.span.bytes, limits: limits)
  }

  /// The member of an object; `nil` for other values and where there is none.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
  public var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
  public var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  /// A whole number that fits; `nil` for 1.5, 1e99 and for texts.
  public var integer: Int64? {
    guard case .number(let text) = self else { return nil }
    return Int64(text)
  }
  public var isNull: Bool { self == .null }
}

/// Why a text is no JSON, or too much of it, and at which byte.
public enum JSONError: Error, Sendable, Equatable {
  case unexpected(offset: Int)
  case truncated
  case tooDeep(offset: Int)
  case tooManyValues(offset: Int)
}

extension JSONError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unexpected(let offset): "not JSON at byte \(offset)"
    case .truncated: "the JSON text ends in its middle"
    case .tooDeep(let offset): "JSON nested too deeply at byte \(offset)"
    case .tooManyValues(let offset): "too many JSON values, at byte \(offset)"
    }
  }
}
