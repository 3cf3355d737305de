internal import ByteText
public import EventSchema
public import Fields
internal import FilterLanguage
public import JSONText
public import SystemState

/// An output text with its fields found: made once for a rule, then rendered for each of its alerts.
///
/// `%field` and `%field[argument]` stand for the field's text, `%toupper(field)` and the other transformers for what they
/// make of it, `%10field` for that text cut or filled with blanks to ten characters. The longest known name counts, so `%proc.pid.` is the field and a full stop. A leading `*` is allowed and
/// means nothing.
public struct OutputFormat: Sendable {
  enum Segment: Sendable {
    case literal([UInt8])
    /// A position in ``OutputFormat/fields``; 0 as width means as long as it is.
    case field(Int, width: Int)
    /// A position in ``OutputFormat/expressions``.
    case expression(Int, width: Int)
  }

  /// Entries of the alert's `output_fields`.
  private struct Entry: Sendable {
    enum Content: Sendable {
      case eventTime
      case field(Int)
      case text(OutputFormat)
    }
    var key: String
    var content: Content
  }

  private(set) var segments: [Segment] = []
  /// Each field that the text or the extra entries need, once. Give them to an extractor, and if their positions there
  /// are others than here, tell by ``bind(_:)``.
  public private(set) var fields: [ResolvedField] = []
  /// The transformers that the text needs; their fields are among ``fields``. In an extractor that is made for this format
  /// alone they come behind the fields.
  public private(set) var expressions: [FieldExpression] = []
  /// Positions in the extractor, by position in ``fields`` and ``expressions``.
  private var positions: [Int] = []
  private var expressionPositions: [Int] = []
  /// By key.
  private var entries: [Entry] = []

  /// - Parameters:
  ///   - text: The output as the rule has it.
  ///   - others: Texts that follow.
  ///   - extra: Further entries of `output_fields`.
  ///   - usesISOTime: The key of the event's time is `evt.time.iso8601` instead of `evt.time`.
  /// - Throws: ``OutputFormatError``, with the place of the first mistake.
  public init(
    _ text: String, followedBy others: [OutputFormat] = [], extra: [ExtraField] = [], usesISOTime: Bool = false
  ) throws(OutputFormatError) {
    var bytes = Array(text.utf8)
    var offset = 0
    if bytes.first == UInt8(ascii: "*") {
      bytes.removeFirst()
      offset = 1
    }
    try parse(bytes, offset)
    for other in others { append(other) }
    for position in fields.indices { setEntry(fields[position].name, .field(position)) }
    setEntry(usesISOTime ? "evt.time.iso8601" : "evt.time", .eventTime)
    for field in extra {
      switch field.content {
      case .field(let resolved): setEntry(field.key, .field(position(of: resolved)))
      case .text(var format):
        format.positions = format.fields.map { position(of: $0) }
        // Numbered as part of the whole; where they are in the extractor is known when all are collected.
        format.expressionPositions = format.expressions.map { expression in
          expressions.append(expression)
          return expressions.count - 1
        }
        setEntry(field.key, .text(format))
      }
    }
    entries.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    positions = Array(fields.indices)
    expressionPositions = Array(fields.count..<fields.count + expressions.count)
    for index in entries.indices {
      guard case .text(var format) = entries[index].content else { continue }
      for place in format.expressionPositions.indices { format.expressionPositions[place] += fields.count }
      entries[index].content = .text(format)
    }
  }

  /// Tells where the values are in the extractor that will be used.
  ///
  /// - Parameters:
  ///   - position: The position of a field.
  ///   - firstExpression: The position of the first of ``expressions``, the others behind it.
  public mutating func bind(_ position: (ResolvedField) -> Int, firstExpression: Int) {
    let shift = firstExpression - fields.count
    positions = fields.map(position)
    expressionPositions = expressions.indices.map { firstExpression + $0 }
    for index in entries.indices {
      guard case .text(var format) = entries[index].content else { continue }
      format.positions = format.fields.map(position)
      for place in format.expressionPositions.indices { format.expressionPositions[place] += shift }
      entries[index].content = .text(format)
    }
  }

  /// The last entry of a key counts. They are few: looked through faster than hashed.
  private mutating func setEntry(_ key: String, _ content: Entry.Content) {
    for index in entries.indices where entries[index].key == key {
      entries[index].content = content
      return
    }
    entries.append(Entry(key: key, content: content))
  }

  private mutating func append(_ other: OutputFormat) {
    for segment in other.segments {
      switch segment {
      case .literal: segments.append(segment)
      case .field(let field, let width): segments.append(.field(position(of: other.fields[field]), width: width))
      case .expression(let expression, let width):
        expressions.append(other.expressions[expression])
        other.expressions[expression].forEachField { _ = position(of: $0) }
        segments.append(.expression(expressions.count - 1, width: width))
      }
    }
  }

  private mutating func position(of field: ResolvedField) -> Int {
    for index in fields.indices where fields[index].id == field.id {
      if fields[index].isSame(as: field) && fields[index].name == field.name { return index }
    }
    fields.append(field)
    return fields.count - 1
  }

  private mutating func parse(_ bytes: [UInt8], _ offset: Int) throws(OutputFormatError) {
    var at = 0
    var copied = 0
    while at < bytes.count {
      guard bytes[at] == UInt8(ascii: "%") else {
        at += 1
        continue
      }
      let percent = at
      if copied < percent { segments.append(.literal(Array(bytes[copied..<percent]))) }
      at += 1
      var width = 0
      while at < bytes.count, isDigit(bytes[at]), width < 100_000 {
        width = width * 10 + Int(bytes[at] - UInt8(ascii: "0"))
        at += 1
      }
      if let (expression, end) = try transformer(bytes, at, percent: percent + offset) {
        expression.forEachField { _ = position(of: $0) }
        expressions.append(expression)
        segments.append(.expression(expressions.count - 1, width: width))
        at = end
      } else {
        let (field, end) = try field(bytes, at, percent: percent + offset)
        segments.append(.field(position(of: field), width: width))
        at = end
      }
      copied = at
    }
    if copied < bytes.count { segments.append(.literal(Array(bytes[copied...]))) }
  }

  /// The transformer that begins at `start`, and where it ends; nil if none does.
  private func transformer(
    _ bytes: [UInt8], _ start: Int, percent: Int
  ) throws(OutputFormatError) -> (FieldExpression, end: Int)? {
    let found: (call: FunctionCall, end: Int)?
    do throws(SyntaxError) { found = try FunctionCall.reading(bytes, at: start) } catch {
      throw OutputFormatError(offset: percent, problem: .syntax(error.message, hint: error.hint))
    }
    guard let found else { return nil }
    do throws(OperandError) {
      return (try FieldExpression.resolving(.function(found.call)).expression, found.end)
    } catch {
      throw OutputFormatError(offset: percent, problem: .operand(error.problem))
    }
  }

  /// The longest text from `start` on that names a field, and where it ends.
  private func field(
    _ bytes: [UInt8], _ start: Int, percent: Int
  ) throws(OutputFormatError) -> (ResolvedField, end: Int) {
    var end = start
    while end < bytes.count, isNamePart(bytes[end]) { end += 1 }
    guard end > start, isLetter(bytes[start]) else { throw OutputFormatError(offset: percent, problem: .noField) }
    var firstError: FieldError?
    if end < bytes.count, bytes[end] == UInt8(ascii: "["),
      let close = bytes[end...].firstIndex(of: UInt8(ascii: "]"))
    {
      var argument = bytes[(end + 1)..<close]
      if let quote = argument.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""), argument.last == quote,
        argument.count >= 2
      {
        argument = argument.dropFirst().dropLast()
      }
      let result = FieldCatalogue.resolve(
        name: String(decoding: bytes[start..<end], as: UTF8.self), argument: String(decoding: argument, as: UTF8.self))
      switch result {
      case .success(let field): return (field, close + 1)
      case .failure(let error): firstError = error
      }
    }
    while end > start {
      switch FieldCatalogue.resolve(name: String(decoding: bytes[start..<end], as: UTF8.self)) {
      case .success(let field): return (field, end)
      case .failure(let error): firstError = firstError ?? error
      }
      end -= 1
    }
    throw OutputFormatError(offset: percent, problem: firstError.map { .field($0) } ?? .noField)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
  private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") }
  private func isNamePart(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
  }

  /// Appends the text for the current event.
  ///
  /// - Parameter frozen: What fields had on the event, if that is over; they are not looked up again.
  public func render(
    _ extractor: inout FieldExtractor, _ event: borrowing EventView, _ state: borrowing SystemState,
    frozen: FrozenFields? = nil, into text: inout [UInt8]
  ) {
    for segment in segments {
      switch segment {
      case .literal(let bytes): text.append(contentsOf: bytes)
      case .field(let field, let width):
        let start = text.count
        append(positions[field], frozen, &extractor, event, state, into: &text)
        fit(&text, from: start, width)
      case .expression(let expression, let width):
        let start = text.count
        append(expressionPositions[expression], frozen, &extractor, event, state, into: &text)
        fit(&text, from: start, width)
      }
    }
  }

  private func append(
    _ position: Int, _ frozen: FrozenFields?, _ extractor: inout FieldExtractor, _ event: borrowing EventView,
    _ state: borrowing SystemState, into text: inout [UInt8]
  ) {
    if let known = frozen?.values[position] {
      text.append(contentsOf: known.text)
    } else {
      extractor.render(position, event, state, into: &text)
    }
  }

  private func fit(_ text: inout [UInt8], from start: Int, _ width: Int) {
    guard width > 0 else { return }
    if text.count - start > width { text.removeSubrange((start + width)...) }
    while text.count - start < width { text.append(UInt8(ascii: " ")) }
  }

  /// Writes the object of the alert's fields, keys in order.
  ///
  /// - Parameters:
  ///   - frozen: As for rendering.
  ///   - note: A further entry with a text.
  public func writeFields(
    _ extractor: inout FieldExtractor, _ event: borrowing EventView, _ state: borrowing SystemState,
    frozen: FrozenFields? = nil, note: (key: String, text: String)? = nil, into json: inout JSONWriter
  ) {
    var note = note
    json.beginObject()
    for entry in entries {
      if let pending = note, !entry.key.utf8.lexicographicallyPrecedes(pending.key.utf8) {
        json.key(pending.key)
        json.string(pending.text)
        note = nil
      }
      json.key(entry.key)
      switch entry.content {
      case .eventTime: json.number(event.timestamp)
      case .field(let field):
        if let known = frozen?.values[positions[field]] {
          json.raw(known.json)
        } else {
          extractor.write(positions[field], event, state, into: &json)
        }
      case .text(let format):
        var text: [UInt8] = []
        format.render(&extractor, event, state, frozen: frozen, into: &text)
        json.string(text)
      }
    }
    if let note {
      json.key(note.key)
      json.string(note.text)
    }
    json.endObject()
  }

  /// What the fields have on the current event, without those that will be known later: of a container what its runtime
  /// tells, and the executable's hash.
  public func freeze(
    _ extractor: inout FieldExtractor, _ event: borrowing EventView, _ state: borrowing SystemState,
    isInContainer: Bool = true
  ) -> FrozenFields {
    var frozen = FrozenFields()
    func isLater(_ field: ResolvedField) -> Bool {
      field.needsDigest || (isInContainer && field.needsContainerMetadata)
    }
    var kept = fields.indices.filter { !isLater(fields[$0]) }.map { positions[$0] }
    kept += expressions.indices.filter { !expressions[$0].fields.contains(where: isLater) }
      .map { expressionPositions[$0] }
    for position in kept {
      if frozen.values[position] != nil { continue }
      var text: [UInt8] = []
      extractor.render(position, event, state, into: &text)
      var json = JSONWriter()
      extractor.write(position, event, state, into: &json)
      frozen.values[position] = (text, json.bytes)
    }
    return frozen
  }
}

/// What fields had on an event, as text and as JSON, for an alert that is completed later.
public struct FrozenFields: Sendable {
  /// By position in the extractor.
  var values: [Int: (text: [UInt8], json: [UInt8])] = [:]

  public var byteCount: Int { values.values.reduce(0) { $0 + $1.text.count + $1.json.count } }
}

/// An entry of an alert's fields that its text does not show.
public struct ExtraField: Sendable {
  enum Content: Sendable {
    case field(ResolvedField)
    case text(OutputFormat)
  }
  public let key: String
  let content: Content

  /// The field's value, typed.
  public init(_ field: ResolvedField) {
    key = field.name
    content = .field(field)
  }

  /// A text under a key of its own.
  public init(key: String, _ format: OutputFormat) {
    self.key = key
    content = .text(format)
  }
}

/// Where and why an output text is wrong.
public struct OutputFormatError: Error, Sendable, Equatable {
  public enum Problem: Sendable, Equatable {
    /// No name follows the percent sign; there is no way to write one on its own.
    case noField
    case field(FieldError)
    /// A transformer that is not written right.
    case syntax(String, hint: String?)
    /// A transformer with a field or value that it cannot have.
    case operand(OperandError.Problem)
  }
  /// Of the percent sign, in bytes from the start of the text.
  public let offset: Int
  public let problem: Problem

  public init(offset: Int, problem: Problem) {
    self.offset = offset
    self.problem = problem
  }

  /// Nothing of this name exists, as opposed to a name with a wrong argument.
  public var isUnknownField: Bool {
    switch problem {
    case .field(.unknownField), .operand(.field(.unknownField)): true
    default: false
    }
  }

  /// What is wrong, without the place.
  public var message: String {
    switch problem {
    case .noField: "a field's name must follow the percent sign"
    case .field(let error), .operand(.field(let error)): "\(error)"
    case .operand(.transformer(let error)): "\(error)"
    case .syntax(let message, _): message
    }
  }
}

extension OutputFormatError: CustomStringConvertible {
  public var description: String { "\(message) (at byte \(offset))" }
}
