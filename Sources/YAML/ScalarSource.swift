/// A stretch of a scalar's value and where it stands in the file.
public struct ScalarRun: Sendable, Equatable {
  /// The offset of its first byte in the value.
  public var lower: Int
  /// The offset of that byte in the file.
  public var offset: Int
  /// Whether the bytes stand in the file one by one as in the value; otherwise all of them come from `offset`.
  public var isVerbatim: Bool

  public init(lower: Int, offset: Int, isVerbatim: Bool) {
    self.lower = lower
    self.offset = offset
    self.isVerbatim = isVerbatim
  }
}

extension YAMLNode {
  /// Says for every byte of a scalar's value where it stands in the file that the node was read from.
  ///
  /// Folding, indentation and escapes make the value differ from the file, so the file's text is walked beside the
  /// value. Where the two cannot be matched, the rest maps to the beginning of the scalar.
  ///
  /// - Returns: In order of `lower`, from 0; empty for anything but a scalar.
  public func sourceRuns(in contents: [UInt8]) -> [ScalarRun] {
    guard case .scalar(let text, let style) = content else { return [] }
    var walk = ScalarWalk(
      value: Array(text.utf8), contents: contents, start: mark.offset, end: min(endOffset, contents.count))
    let isMatched =
      switch style {
      case .literal, .folded: walk.block()
      case .plain: walk.flow(quote: nil)
      case .singleQuoted: walk.flow(quote: UInt8(ascii: "'"))
      case .doubleQuoted: walk.flow(quote: UInt8(ascii: "\""))
      }
    if !isMatched { walk.giveUp() }
    return walk.runs
  }
}

/// Walks a scalar's value and its text in the file side by side.
private struct ScalarWalk {
  let value: [UInt8]
  let contents: [UInt8]
  let start: Int
  let end: Int
  private(set) var runs: [ScalarRun] = []
  /// The next byte of the value.
  private var position = 0

  init(value: [UInt8], contents: [UInt8], start: Int, end: Int) {
    self.value = value
    self.contents = contents
    self.start = start
    self.end = end
  }

  mutating func giveUp() {
    runs.append(ScalarRun(lower: position, offset: start, isVerbatim: false))
  }

  /// Maps `count` bytes of the value; extends the last run if they continue it.
  private mutating func map(_ count: Int, to offset: Int, isVerbatim: Bool) {
    defer { position += count }
    if isVerbatim, let last = runs.last, last.isVerbatim, last.offset + position - last.lower == offset { return }
    runs.append(ScalarRun(lower: position, offset: offset, isVerbatim: isVerbatim))
  }

  // Block scalars.

  mutating func block() -> Bool {
    var offset = start
    while offset < end, lineBreakWidth(contents, offset) == 0 { offset += 1 }
    guard offset < end else { return value.isEmpty }
    offset += lineBreakWidth(contents, offset)
    guard let indentation = blockIndentation(from: offset) else {
      map(value.count, to: start, isVerbatim: false)
      return true
    }
    while offset < end, position < value.count {
      var lineEnd = offset
      while lineEnd < end, lineBreakWidth(contents, lineEnd) == 0 { lineEnd += 1 }
      let textStart = min(offset + indentation, lineEnd)
      let isBlank = textStart == lineEnd
      let length = lineEnd - textStart
      if !isBlank {
        guard position + length <= value.count,
          value[position..<position + length].elementsEqual(contents[textStart..<lineEnd])
        else { return false }
        map(length, to: textStart, isVerbatim: true)
      }
      let breakWidth = lineEnd < end ? lineBreakWidth(contents, lineEnd) : 0
      if !isBlank || runs.isEmpty { mapBreaks(at: lineEnd) }
      offset = lineEnd + max(breakWidth, 1)
    }
    return position == value.count
  }

  /// Maps what folding has made of the line breaks behind a line: one blank, or one or more line feeds.
  private mutating func mapBreaks(at offset: Int) {
    guard position < value.count else { return }
    if value[position] == UInt8(ascii: " ") {
      map(1, to: offset, isVerbatim: false)
    } else {
      var count = 0
      while position + count < value.count, isLineFeed(position + count) { count += 1 }
      if count > 0 { map(count, to: offset, isVerbatim: false) }
    }
  }

  private func isLineFeed(_ index: Int) -> Bool { value[index] == UInt8(ascii: "\n") }

  /// How far the text is indented, found by comparing its first line in the file with the first in the value.
  private func blockIndentation(from offset: Int) -> Int? {
    guard let firstInValue = value.firstIndex(where: { $0 != UInt8(ascii: "\n") }) else { return nil }
    var kept = 0
    while firstInValue + kept < value.count, value[firstInValue + kept] == UInt8(ascii: " ") { kept += 1 }
    var line = offset
    while line < end {
      var text = line
      while text < end, contents[text] == UInt8(ascii: " ") { text += 1 }
      if text < end, lineBreakWidth(contents, text) == 0 { return max(0, text - line - kept) }
      line = text + 1
    }
    return nil
  }

  // Plain and quoted scalars.

  mutating func flow(quote: UInt8?) -> Bool {
    var offset = quote == nil ? start : start + 1
    while position < value.count {
      guard offset < end else { return false }
      let byte = contents[offset]
      if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\") {
        guard let next = escape(at: offset) else { return false }
        offset = next
      } else if quote == UInt8(ascii: "'"), byte == UInt8(ascii: "'") {
        guard value[position] == byte else { return false }
        map(1, to: offset, isVerbatim: false)
        offset += 2
      } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || lineBreakWidth(contents, offset) > 0 {
        guard let next = blanks(at: offset) else { return false }
        offset = next
      } else {
        guard value[position] == byte else { return false }
        map(1, to: offset, isVerbatim: true)
        offset += 1
      }
    }
    return true
  }

  /// Blanks within a line stand for themselves; around a line break they are folded with it.
  private mutating func blanks(at offset: Int) -> Int? {
    var after = offset
    var breaks = 0
    var firstBreak = offset
    while after < end {
      let width = lineBreakWidth(contents, after)
      if width > 0 {
        if breaks == 0 { firstBreak = after }
        breaks += 1
        after += width
      } else if contents[after] == UInt8(ascii: " ") || contents[after] == UInt8(ascii: "\t") {
        after += 1
      } else {
        break
      }
    }
    let count = breaks == 0 ? after - offset : max(1, breaks - 1)
    guard position + count <= value.count else { return nil }
    map(count, to: breaks == 0 ? offset : firstBreak, isVerbatim: breaks == 0)
    return after
  }

  /// One escape sequence of a double-quoted scalar; returns the offset behind it.
  private mutating func escape(at offset: Int) -> Int? {
    guard offset + 1 < end else { return nil }
    let breakWidth = lineBreakWidth(contents, offset + 1)
    if breakWidth > 0 {
      var after = offset + 1 + breakWidth
      while after < end, contents[after] == UInt8(ascii: " ") || contents[after] == UInt8(ascii: "\t") { after += 1 }
      return after
    }
    let length =
      switch contents[offset + 1] {
      case UInt8(ascii: "x"): 4
      case UInt8(ascii: "u"): 6
      case UInt8(ascii: "U"): 10
      default: 2
      }
    var width = 1
    while position + width < value.count, value[position + width] & 0xC0 == 0x80 { width += 1 }
    map(width, to: offset, isVerbatim: false)
    return offset + length
  }
}
