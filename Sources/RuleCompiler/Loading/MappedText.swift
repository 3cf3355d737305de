internal import YAML

/// A text put together from pieces of files, that knows for every byte where it came from.
///
/// Conditions are appended to each other, wrapped by exceptions and expanded by lists before they are parsed. Through
/// all of that an error can still be shown at the byte of the file that caused it.
struct MappedText: Sendable {
  private struct Run: Sendable {
    /// The offset in this text where the run begins.
    var lower: UInt32
    var file: UInt32
    /// The offset in the file.
    var offset: UInt32
    /// Whether the run's bytes stand one by one in the file; otherwise all came from `offset`.
    var isVerbatim: Bool
  }

  private(set) var bytes: [UInt8] = []
  private var runs: [Run] = []

  init() {}

  /// The value of a scalar.
  init(_ node: YAMLNode, file: Int, contents: [UInt8]) {
    bytes = Array((node.string ?? "").utf8)
    runs = node.sourceRuns(in: contents).map { run in
      Run(lower: UInt32(run.lower), file: UInt32(file), offset: UInt32(run.offset), isVerbatim: run.isVerbatim)
    }
  }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  /// Where the byte at `offset` came from; behind the end, where the last one came from.
  func place(of offset: Int) -> Place {
    guard let run = runIndex(at: offset).map({ runs[$0] }) else { return Place(file: 0, offset: 0) }
    let distance = run.isVerbatim ? offset - Int(run.lower) : 0
    return Place(file: Int(run.file), offset: Int(run.offset) + distance)
  }

  /// The last run that begins at or before `offset`.
  private func runIndex(at offset: Int) -> Int? {
    guard !runs.isEmpty else { return nil }
    var low = 0
    var high = runs.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if Int(runs[middle].lower) <= offset { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Appends text that stands in no file as such, and came to be because of `place`.
  mutating func append(_ text: some Collection<UInt8>, from place: Place) {
    guard !text.isEmpty else { return }
    runs.append(
      Run(
        lower: UInt32(bytes.count), file: UInt32(place.file), offset: UInt32(place.offset), isVerbatim: false))
    bytes.append(contentsOf: text)
  }

  mutating func append(_ text: String, from place: Place) { append(text.utf8, from: place) }

  mutating func append(_ other: MappedText) { append(other, 0..<other.bytes.count) }

  /// Appends a part of another text.
  mutating func append(_ other: MappedText, _ part: Range<Int>) {
    guard !part.isEmpty else { return }
    if var index = other.runIndex(at: part.lowerBound) {
      var lower = part.lowerBound
      while true {
        let run = other.runs[index]
        let distance = run.isVerbatim ? UInt32(lower - Int(run.lower)) : 0
        runs.append(
          Run(
            lower: UInt32(bytes.count + lower - part.lowerBound), file: run.file, offset: run.offset + distance,
            isVerbatim: run.isVerbatim))
        index += 1
        guard index < other.runs.count, Int(other.runs[index].lower) < part.upperBound else { break }
        lower = Int(other.runs[index].lower)
      }
    }
    bytes.append(contentsOf: other.bytes[part])
  }

  mutating func removeLast(_ count: Int) {
    bytes.removeLast(count)
    while let last = runs.last, Int(last.lower) >= bytes.count, runs.count > 1 { runs.removeLast() }
  }

  /// Without blanks at both ends.
  var trimmed: MappedText {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return MappedText() }
    var text = MappedText()
    text.append(self, first..<last + 1)
    return text
  }
}
