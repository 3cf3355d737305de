extension YAMLNode {
  public var isNull: Bool {
    if case .null = content { true } else { false }
  }

  public var isScalar: Bool {
    if case .scalar = content { true } else { false }
  }

  public var isMapping: Bool {
    if case .mapping = content { true } else { false }
  }

  public var isSequence: Bool {
    if case .sequence = content { true } else { false }
  }

  /// What a message calls a node like this one.
  public var kindName: String {
    switch content {
    case .null: "null"
    case .scalar: "a scalar"
    case .sequence: "a sequence"
    case .mapping: "a mapping"
    }
  }

  /// The text of a scalar, whatever it looks like: numbers and booleans are taken as written.
  public var string: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  public var scalarStyle: ScalarStyle? {
    if case .scalar(_, let style) = content { style } else { nil }
  }

  public var elements: [YAMLNode]? {
    if case .sequence(let elements) = content { elements } else { nil }
  }

  public var entries: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// The value of the first entry with this key; nil if there is none or this is no mapping.
  public subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key.string == key }?.value
  }

  /// Follows keys through nested mappings.
  public subscript(path: [String]) -> YAMLNode? {
    var node: YAMLNode? = self
    for key in path { node = node?[key] }
    return node
  }

  /// Keys of this mapping that an earlier entry already has; lookups do not see their values.
  public var duplicateKeys: [YAMLNode] {
    guard case .mapping(let entries) = content else { return [] }
    var seen: Set<String> = []
    return entries.compactMap { entry in
      guard let key = entry.key.string else { return nil }
      return seen.insert(key).inserted ? nil : entry.key
    }
  }

  /// `true`, `yes`, `on`, `y` and their opposites, in lower case, upper case or capitalised; also quoted.
  public var bool: Bool? {
    guard let text = string else { return nil }
    let lowercase = text.lowercased()
    guard text == lowercase || text == text.uppercased() || text == Self.capitalised(lowercase) else { return nil }
    switch lowercase {
    case "true", "yes", "on", "y": return true
    case "false", "no", "off", "n": return false
    default: return nil
    }
  }

  /// A whole number: decimal, `0x` hexadecimal, or octal behind a leading zero.
  public var integer: Int64? {
    guard let text = string, let (isNegative, magnitude) = Self.wholeNumber(text) else { return nil }
    if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
    return Int64(exactly: magnitude)
  }

  /// A whole number that is not negative, in the spellings of ``integer``.
  public var unsignedInteger: UInt64? {
    guard let text = string, let (isNegative, magnitude) = Self.wholeNumber(text) else { return nil }
    return isNegative && magnitude > 0 ? nil : magnitude
  }

  public var double: Double? {
    guard let text = string else { return nil }
    switch text.lowercased() {
    case ".inf", "+.inf": return .infinity
    case "-.inf": return -.infinity
    case ".nan": return .nan
    default: return Double(text)
    }
  }

  private static func capitalised(_ lowercase: String) -> String {
    lowercase.prefix(1).uppercased() + lowercase.dropFirst()
  }

  private static func wholeNumber(_ text: String) -> (isNegative: Bool, magnitude: UInt64)? {
    var digits = Substring(text)
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
    guard let first = digits.utf8.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return nil }
    var radix = 10
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      digits.removeFirst(2)
      radix = 16
      guard let first = digits.first, first.isHexDigit else { return nil }
    } else if first == UInt8(ascii: "0"), digits.utf8.count > 1 {
      radix = 8
    }
    guard let magnitude = UInt64(digits, radix: radix) else { return nil }
    return (isNegative, magnitude)
  }
}
