/// Replaces list names in conditions by the lists' items.
///
/// That happens in the text, before parsing, for one list after the other in the order of their first definition. A
/// name counts where the characters on both sides are the text's ends, blanks, `(`, `)`, `,` or `=`, even inside
/// quotes. So a list of one item works as a plain value, and a list hides a macro of the same name.
struct ListExpansion: Sendable {
  struct Entry: Sendable {
    /// The items, those that name an earlier list replaced by that list's items.
    var items: [String]
    /// The items as they are put into conditions, names of later lists replaced.
    var text: [UInt8]
    /// Lists that the items name, by index.
    var references: Set<Int>
  }

  /// The most bytes that one list, or one condition, may grow to.
  static let sizeLimit = 16 << 20
  /// The most bytes that all lists together may grow to.
  static let totalLimit = 64 << 20

  private(set) var entries: [Entry] = []
  private var indices: [String: Int] = [:]
  /// By the first byte of a name, a bit for each length (those over 62 share one): nearly no other word of a condition is
  /// looked up.
  private var lengths = [UInt64](repeating: 0, count: 256)

  /// - Parameters:
  ///   - lists: In the order of their first definition.
  ///   - isTooLarge: Called with the index of every list that would grow beyond the limit; it is left empty.
  init(_ lists: [(name: String, items: [String])], isTooLarge: (Int) -> Void) {
    for (index, list) in lists.enumerated() {
      indices[list.name] = index
      if let first = list.name.utf8.first { lengths[Int(first)] |= Self.lengthBit(list.name.utf8.count) }
    }
    var sizes: [Int] = []
    var total = 0
    for (index, list) in lists.enumerated() {
      var entry = Entry(items: [], text: [], references: [])
      var size = 0
      for item in list.items {
        if let other = indices[item], other < index {
          entry.references.insert(other)
          size += sizes[other]
          if size <= Self.sizeLimit { entry.items += entries[other].items }
        } else {
          size += item.utf8.count + 2
          if size <= Self.sizeLimit { entry.items.append(item) }
        }
      }
      if size > Self.sizeLimit || total + size > Self.totalLimit {
        isTooLarge(index)
        entry.items = []
        size = 0
      }
      total += size
      sizes.append(size)
      entries.append(entry)
    }
    // From the last to the first: the names of later lists inside a list's text are then already expanded.
    for index in entries.indices.reversed() {
      var joined = MappedText()
      for (number, item) in entries[index].items.enumerated() {
        joined.append((number > 0 ? ", " : "") + Self.quotedIfNeeded(item), from: Place(file: 0, offset: 0))
      }
      var references: Set<Int> = []
      if let text = expand(joined, from: index + 1, references: &references) {
        entries[index].text = text.bytes
      } else {
        isTooLarge(index)
      }
      entries[index].references.formUnion(references)
    }
  }

  /// Returns the text with every list name replaced; nil if it grows beyond ``sizeLimit``.
  ///
  /// - Parameter references: Receives the indices of the lists that the text names itself.
  func expand(_ text: MappedText, references: inout Set<Int>) -> MappedText? {
    expand(text, from: 0, references: &references)
  }

  /// Puts an item that contains a blank in quotes, unless it brings its own.
  static func quotedIfNeeded(_ item: String) -> String {
    guard item.utf8.contains(UInt8(ascii: " ")), let first = item.utf8.first, first != UInt8(ascii: "\""),
      first != UInt8(ascii: "'")
    else { return item }
    return "\"\(item)\""
  }

  private func expand(_ text: MappedText, from firstList: Int, references: inout Set<Int>) -> MappedText? {
    let bytes = text.bytes
    var expanded = MappedText()
    var copied = 0
    var offset = 0
    while offset < bytes.count {
      if Self.isDelimiter(bytes[offset]) {
        offset += 1
        continue
      }
      var end = offset + 1
      while end < bytes.count, !Self.isDelimiter(bytes[end]) { end += 1 }
      if lengths[Int(bytes[offset])] & Self.lengthBit(end - offset) != 0,
        let list = indices[String(decoding: bytes[offset..<end], as: UTF8.self)], list >= firstList
      {
        references.insert(list)
        expanded.append(text, copied..<offset)
        let replacement = entries[list].text
        guard expanded.bytes.count + replacement.count <= Self.sizeLimit else { return nil }
        expanded.append(replacement, from: text.place(of: offset))
        if replacement.isEmpty { end = Self.dropComma(around: end, of: bytes, from: &expanded) }
        copied = end
      }
      offset = end
    }
    if copied == 0 { return text }
    expanded.append(text, copied..<bytes.count)
    return expanded
  }

  private static func lengthBit(_ count: Int) -> UInt64 { 1 << UInt64(min(count, 63)) }

  /// Removes the comma that an empty list leaves behind: the one after it, else the one before it.
  ///
  /// - Returns: Where the text goes on.
  private static func dropComma(around end: Int, of bytes: [UInt8], from expanded: inout MappedText) -> Int {
    var after = end
    while after < bytes.count, isBlank(bytes[after]) { after += 1 }
    if after < bytes.count, bytes[after] == UInt8(ascii: ",") { return after + 1 }
    var before = expanded.bytes.count
    while before > 0, isBlank(expanded.bytes[before - 1]) { before -= 1 }
    if before > 0, expanded.bytes[before - 1] == UInt8(ascii: ",") {
      expanded.removeLast(expanded.bytes.count - before + 1)
    }
    return end
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x08 && byte <= 0x0A) || byte == 0x0D }

  private static func isDelimiter(_ byte: UInt8) -> Bool {
    isBlank(byte) || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: ",")
      || byte == UInt8(ascii: "=")
  }
}
