internal import CYAML

/// One step of libyaml's parser, with its text copied out.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(String, YAMLNode.ScalarStyle, isUntagged: Bool)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }

  var kind: Kind
  var anchor: String?
  var start: YAMLMark
  var end: YAMLMark
}

/// Owns a libyaml parser over bytes that must outlive it.
@safe struct EventReader: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private var marks: MarkResolver

  /// - Parameters:
  ///   - bytes: The bytes of `contents`; stays valid for as long as the reader lives.
  ///   - contents: Kept to turn characters into byte offsets.
  @unsafe init(_ bytes: UnsafeBufferPointer<UInt8>, of contents: [UInt8]) throws(YAMLError) {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      throw YAMLError(.outOfMemory, at: YAMLMark(line: 0, column: 0, offset: 0))
    }
    unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    unsafe self.parser = parser
    marks = MarkResolver(contents)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
  }

  mutating func next() throws(YAMLError) -> YAMLEvent {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { unsafe yaml_event_delete(&event) }
    let start = unsafe marks.resolve(event.start_mark)
    let end = unsafe marks.resolve(event.end_mark)
    var anchor: String?
    let kind: YAMLEvent.Kind
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: kind = .streamStart
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_ALIAS_EVENT: kind = .alias(unsafe Self.string(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      anchor = unsafe Self.string(scalar.anchor)
      let value = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = .scalar(
        unsafe String(decoding: value, as: UTF8.self), unsafe Self.style(scalar.style),
        isUntagged: unsafe scalar.tag == nil)
    case YAML_SEQUENCE_START_EVENT:
      anchor = unsafe Self.string(event.data.sequence_start.anchor)
      kind = .sequenceStart
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      anchor = unsafe Self.string(event.data.mapping_start.anchor)
      kind = .mappingStart
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    // Also the type "no event", which libyaml gives when asked again behind the end.
    default: kind = .streamEnd
    }
    return YAMLEvent(kind: kind, anchor: anchor, start: start, end: end)
  }

  private mutating func failure() -> YAMLError {
    let problem = unsafe Self.string(parser.pointee.problem) ?? "not readable as YAML"
    switch unsafe parser.pointee.error {
    case YAML_MEMORY_ERROR:
      return YAMLError(.outOfMemory, at: marks.last)
    case YAML_READER_ERROR:
      return YAMLError(.encoding(problem), at: unsafe marks.resolve(offset: parser.pointee.problem_offset))
    default:
      let mark = unsafe marks.resolve(parser.pointee.problem_mark)
      guard let context = unsafe Self.string(parser.pointee.context) else {
        return YAMLError(.malformed(problem), at: mark)
      }
      let contextLine = unsafe parser.pointee.context_mark.line + 1
      return YAMLError(.malformed("\(problem) (\(context), from line \(contextLine))"), at: mark)
    }
  }

  private static func string(_ text: UnsafePointer<CChar>?) -> String? {
    unsafe text.map { unsafe String(cString: $0) }
  }

  private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    unsafe text.map { unsafe String(cString: $0) }
  }

  private static func style(_ style: yaml_scalar_style_t) -> YAMLNode.ScalarStyle {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }
}
