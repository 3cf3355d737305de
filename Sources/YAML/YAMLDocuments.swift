/// Reads YAML texts into trees.
public enum YAMLDocuments {
  /// Reads every document of a text.
  ///
  /// - Throws: The first error; nothing of the text is returned then.
  public static func read(_ contents: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> [YAMLNode] {
    let beginning = YAMLMark(line: 0, column: 0, offset: 0)
    guard contents.count <= limits.bytes else { throw YAMLError(.tooLong(limit: limits.bytes), at: beginning) }
    guard !contents.starts(with: [0xFF, 0xFE]), !contents.starts(with: [0xFE, 0xFF]) else {
      throw YAMLError(.encoding("UTF-16 is not supported; save the file as UTF-8"), at: beginning)
    }
    return try unsafe contents.withUnsafeBufferPointer { (bytes) throws(YAMLError) in
      var composer = Composer(reader: try unsafe EventReader(bytes, of: contents), limits: limits)
      return try composer.documents()
    }
  }
}

/// Builds nodes from events.
private struct Composer: ~Copyable {
  private var reader: EventReader
  private let limits: YAMLLimits
  /// Complete nodes only, so that no node can contain itself.
  private var anchors: [String: YAMLNode] = [:]
  private var depth = 0
  private var nodes = 0

  init(reader: consuming EventReader, limits: YAMLLimits) {
    self.reader = reader
    self.limits = limits
  }

  mutating func documents() throws(YAMLError) -> [YAMLNode] {
    var documents: [YAMLNode] = []
    while true {
      let event = try reader.next()
      switch event.kind {
      case .streamEnd: return documents
      case .documentStart:
        anchors.removeAll()
        documents.append(try node(try reader.next()))
      default: continue
      }
    }
  }

  private mutating func node(_ event: YAMLEvent) throws(YAMLError) -> YAMLNode {
    switch event.kind {
    case .alias(let name):
      guard let target = anchors[name] else { throw YAMLError(.unknownAlias(name), at: event.start) }
      try count(target.weight, at: event.start)
      return target
    case .scalar(let text, let style, let isUntagged):
      let isNull = isUntagged && style == .plain && Self.isNull(text)
      return try complete(isNull ? .null : .scalar(text, style), event, weight: 1)
    case .sequenceStart:
      try enter(event.start)
      var elements: [YAMLNode] = []
      var weight = 1
      while let element = try child() {
        weight += element.weight
        elements.append(element)
      }
      depth -= 1
      return try complete(.sequence(elements), event, weight: weight)
    case .mappingStart:
      try enter(event.start)
      var entries: [YAMLNode.Entry] = []
      var weight = 1
      while let key = try child() {
        let value = try node(try reader.next())
        weight += key.weight + value.weight
        entries.append(YAMLNode.Entry(key: key, value: value))
      }
      depth -= 1
      return try complete(.mapping(entries), event, weight: weight)
    default:
      throw YAMLError(.malformed("expected a value"), at: event.start)
    }
  }

  /// The next node of a collection; nil at its end.
  private mutating func child() throws(YAMLError) -> YAMLNode? {
    let event = try reader.next()
    switch event.kind {
    case .sequenceEnd, .mappingEnd: return nil
    default: return try node(event)
    }
  }

  private mutating func complete(
    _ content: YAMLNode.Content, _ event: YAMLEvent, weight: Int
  ) throws(YAMLError) -> YAMLNode {
    try count(1, at: event.start)
    let node = YAMLNode(content: content, mark: event.start, endOffset: event.end.offset, weight: weight)
    if let anchor = event.anchor { anchors[anchor] = node }
    return node
  }

  private mutating func enter(_ mark: YAMLMark) throws(YAMLError) {
    guard depth < limits.depth else { throw YAMLError(.tooDeep(limit: limits.depth), at: mark) }
    depth += 1
  }

  private mutating func count(_ added: Int, at mark: YAMLMark) throws(YAMLError) {
    nodes += added
    guard nodes <= limits.nodes else { throw YAMLError(.tooManyNodes(limit: limits.nodes), at: mark) }
  }

  private static func isNull(_ text: String) -> Bool {
    switch text {
    case "", "~", "null", "Null", "NULL": true
    default: false
    }
  }
}
