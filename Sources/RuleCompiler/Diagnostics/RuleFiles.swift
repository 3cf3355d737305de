/// A byte in one of the loaded files.
struct Place: Sendable, Hashable {
  /// The index of the file.
  var file: Int
  /// In bytes.
  var offset: Int
}

/// The texts of the loaded files, to show where something stands.
struct RuleFiles: Sendable {
  struct File: Sendable {
    var name: String
    var contents: [UInt8]
    /// The offset of the first byte of every line.
    var lineStarts: [Int]
  }

  private(set) var files: [File] = []

  mutating func add(_ source: RuleSource) -> Int {
    var starts = [0]
    for (offset, byte) in source.contents.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
    files.append(File(name: source.name, contents: source.contents, lineStarts: starts))
    return files.count - 1
  }

  /// Counts lines and columns from 0, columns in Unicode scalars.
  func position(of place: Place) -> (line: Int, column: Int) {
    let file = files[place.file]
    let offset = min(place.offset, file.contents.count)
    var low = 0
    var high = file.lineStarts.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if file.lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    let column = file.contents[file.lineStarts[low]..<offset].count { $0 & 0xC0 != 0x80 }
    return (low, column)
  }

  func line(_ number: Int, ofFile file: Int) -> String {
    let file = files[file]
    guard number < file.lineStarts.count else { return "" }
    let start = file.lineStarts[number]
    var end = number + 1 < file.lineStarts.count ? file.lineStarts[number + 1] - 1 : file.contents.count
    if end > start, file.contents[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return String(decoding: file.contents[start..<max(start, end)], as: UTF8.self)
  }

  func diagnostic(
    _ code: DiagnosticCode, _ message: String, hint: String? = nil, in context: ItemContext
  ) -> Diagnostic {
    let locations = context.levels.map { level in
      let (line, column) = position(of: level.place)
      return Diagnostic.Location(
        itemType: level.type, itemName: level.name, file: files[level.place.file].name, line: line, column: column,
        offset: level.place.offset)
    }
    let last = locations.last
    let file = context.levels.last?.place.file ?? 0
    return Diagnostic(
      code: code, message: message, hint: hint, locations: locations,
      snippetLine: last.map { line($0.line, ofFile: file) } ?? "", snippetColumn: last?.column ?? 0,
      file: context.levels.first?.place.file ?? 0)
  }
}

/// The way from a file to something in it.
struct ItemContext: Sendable {
  struct Level: Sendable {
    var type: ItemType
    var name: String
    var place: Place
  }

  var levels: [Level]

  init(file: Int) {
    levels = [Level(type: .rulesContent, name: "", place: Place(file: file, offset: 0))]
  }

  func adding(_ type: ItemType, _ name: String, at place: Place) -> ItemContext {
    var context = self
    context.levels.append(Level(type: type, name: name, place: place))
    return context
  }

  var file: Int { levels[0].place.file }
}
