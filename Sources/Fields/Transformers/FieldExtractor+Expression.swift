internal import ByteText
internal import EventSchema
internal import SystemState

/// Running expressions over the extractor's scratch. A missing value anywhere makes the whole value missing.
///
/// What an event's expressions write down is bounded: a text or list that would go beyond ``scratchLimit`` or
/// ``itemLimit`` is missing.
extension FieldExtractor {
  /// In bytes, for all texts of one event together.
  private static var scratchLimit: Int { 1 << 20 }
  /// For all lists of one event together.
  private static var itemLimit: Int { 1 << 14 }

  private mutating func hasRoom(for bytes: Int) -> Bool { scratch.count + bytes <= Self.scratchLimit }
  private mutating func hasRoomForItem() -> Bool { stack.count + items.count < Self.itemLimit }

  /// Copies a text behind what is in the scratch, if it has room.
  private mutating func appendIfRoom(
    _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> Bool {
    guard hasRoom(for: value.count) else { return false }
    append(value, event, state)
    return true
  }

  mutating func evaluate(
    _ position: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let node = nodes[position]
    switch node.kind {
    case .field: return value(Int(node.first), event, state)
    case .constant: return node.value
    case .list: return writtenList(node, event, state)
    case .tolower, .toupper:
      return mapped(child(0, node, event, state), isUpper: node.kind == .toupper, event, state)
    case .basename:
      let text = child(0, node, event, state)
      if text.isMissing { return .missing }
      let start = Self.lastComponent(bytes(text, event, state))
      return part(of: text, start..<text.count)
    case .len:
      let value = child(0, node, event, state)
      return value.isMissing ? .missing : .unsigned(UInt64(value.count), .WH_PT_UINT64)
    case .b64:
      let value = child(0, node, event, state)
      return value.isMissing ? .missing : decoded(value, event, state)
    case .join: return joined(node, event, state)
    case .concat:
      let first = stack.count
      defer { stack.removeSubrange(first...) }
      for index in 0..<Int(node.count) {
        let value = child(index, node, event, state)
        guard !value.isMissing, hasRoomForItem() else { return .missing }
        stack.append(value)
      }
      let start = scratch.count
      for index in first..<stack.count {
        guard appendIfRoom(stack[index], event, state) else { return .missing }
      }
      return text(from: start)
    case .getopt: return options(node, event, state)
    }
  }

  private mutating func child(
    _ index: Int, _ node: ExpressionNode, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    evaluate(Int(children[Int(node.first) + index]), event, state)
  }

  /// Values that were put on the stack from `first` on, as a list.
  private mutating func listFromStack(_ first: Int) -> FieldValue {
    let start = items.count
    for index in first..<stack.count { items.append(stack[index]) }
    stack.removeSubrange(first...)
    return .list(start, items.count - start)
  }

  private mutating func writtenList(
    _ node: ExpressionNode, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let first = stack.count
    for index in 0..<Int(node.count) {
      let value = child(index, node, event, state)
      guard !value.isMissing, hasRoomForItem() else {
        stack.removeSubrange(first...)
        return .missing
      }
      stack.append(asText(value, event, state))
    }
    return listFromStack(first)
  }

  /// Numbers, truth and addresses as alerts print them.
  private mutating func asText(
    _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    if value.kind == .text || value.kind == .bytes || value.kind == .list { return value }
    var written: [UInt8] = []
    swap(&written, &scratch)
    let start = written.count
    render(value, event, state, into: &written)
    swap(&written, &scratch)
    return text(from: start)
  }

  private mutating func mapped(
    _ value: FieldValue, isUpper: Bool, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    switch value.kind {
    case .text:
      let start = scratch.count
      guard appendIfRoom(value, event, state) else { return .missing }
      let lowest = isUpper ? UInt8(ascii: "a") : UInt8(ascii: "A")
      var written = scratch.mutableSpan
      for index in start..<written.count where written[index] >= lowest && written[index] < lowest + 26 {
        written[index] ^= 0x20
      }
      return text(from: start)
    case .list:
      let first = stack.count
      for index in 0..<value.count {
        let item = mapped(item(index, of: value), isUpper: isUpper, event, state)
        guard !item.isMissing, hasRoomForItem() else {
          stack.removeSubrange(first...)
          return .missing
        }
        stack.append(item)
      }
      return listFromStack(first)
    default: return .missing
    }
  }

  /// Standard alphabet, padding optional; missing if the text is none.
  private mutating func decoded(
    _ value: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let encodedStart = scratch.count
    // The text itself, and three quarters of it decoded.
    guard hasRoom(for: 2 * value.count) else { return .missing }
    append(value, event, state)
    var end = scratch.count
    let start = end
    var padding = 0
    while end > encodedStart, padding < 2, scratch[end - 1] == UInt8(ascii: "=") {
      end -= 1
      padding += 1
    }
    let digits = end - encodedStart
    guard digits % 4 != 1, padding == 0 || (digits + padding) % 4 == 0 else { return .missing }
    var bits: UInt32 = 0
    var held = 0
    for index in encodedStart..<end {
      guard let digit = Self.base64Digit(scratch[index]) else { return .missing }
      bits = bits << 6 | UInt32(digit)
      held += 6
      if held >= 8 {
        held -= 8
        scratch.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    return .scratch(start, scratch.count - start, value.kind).typed(value.type)
  }

  private static func base64Digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  private mutating func joined(
    _ node: ExpressionNode, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let separator = child(0, node, event, state)
    let list = child(1, node, event, state)
    guard !separator.isMissing, list.kind == .list else { return .missing }
    let first = stack.count
    defer { stack.removeSubrange(first...) }
    for index in 0..<list.count {
      let value = asText(item(index, of: list), event, state)
      guard hasRoomForItem() else { return .missing }
      stack.append(value)
    }
    let start = scratch.count
    for index in first..<stack.count {
      if index > first, !appendIfRoom(separator, event, state) { return .missing }
      guard appendIfRoom(stack[index], event, state) else { return .missing }
    }
    return text(from: start)
  }

  // MARK: getopt

  /// Letters and values in turn; with a letter in brackets the last value of that one.
  private mutating func options(
    _ node: ExpressionNode, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    let arguments = child(0, node, event, state)
    let known = child(1, node, event, state)
    guard arguments.kind == .list, !known.isMissing else { return .missing }
    let first = stack.count
    var index = 0
    while index < arguments.count {
      let argument = item(index, of: arguments)
      index += 1
      let length = argument.count
      if length < 2 || byte(argument, 0, event, state) != UInt8(ascii: "-") { break }
      if byte(argument, 1, event, state) == UInt8(ascii: "-") {
        if length == 2 { break }
        continue
      }
      var at = 1
      while at < length {
        guard hasRoomForItem(), hasRoom(for: 1) else {
          stack.removeSubrange(first...)
          return .missing
        }
        let letter = byte(argument, at, event, state)
        at += 1
        switch option(letter, known, event, state) {
        case .unknown: push(letter: UInt8(ascii: "?"), constants[.none])
        case .plain: push(letter: letter, constants[.none])
        case .withValue:
          if at < length {
            push(letter: letter, part(of: argument, at..<length))
          } else if index < arguments.count {
            push(letter: letter, item(index, of: arguments))
            index += 1
          } else {
            push(letter: letter, constants[.none])
          }
          at = length
        }
      }
    }
    if node.selector == 0 { return listFromStack(first) }
    defer { stack.removeSubrange(first...) }
    var at = stack.count
    while at > first {
      at -= 2
      guard byte(stack[at], 0, event, state) == node.selector else { continue }
      if case .withValue = option(node.selector, known, event, state) { return stack[at + 1] }
      return stack[at]
    }
    return .missing
  }

  private enum OptionKind { case unknown, plain, withValue }

  /// What the option text (`ab:`) says of a letter.
  private mutating func option(
    _ letter: UInt8, _ known: FieldValue, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> OptionKind {
    let text = bytes(known, event, state)
    for index in 0..<text.byteCount where PathText.byte(text, index) == letter && letter != UInt8(ascii: ":") {
      let takesValue = index + 1 < text.byteCount && PathText.byte(text, index + 1) == UInt8(ascii: ":")
      return takesValue ? .withValue : .plain
    }
    return .unknown
  }

  private mutating func push(letter: UInt8, _ value: FieldValue) {
    stack.append(.scratch(scratch.count, 1))
    scratch.append(letter)
    stack.append(value)
  }

  private mutating func byte(
    _ value: FieldValue, _ index: Int, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> UInt8 { PathText.byte(bytes(value, event, state), index) }
}
