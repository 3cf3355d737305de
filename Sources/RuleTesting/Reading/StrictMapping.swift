internal import FilterLanguage
internal import YAML

/// A mapping of a test file whose keys are all known: what nobody asks for is a mistake, and is told with its place.
///
/// Problems are gathered, not thrown, so that one pass finds all of a file's.
struct StrictMapping {
  let node: YAMLNode
  /// What a message calls it: "a case", "the process cat".
  let what: String

  /// - Returns: `nil`, with the problem noted, if the node is no mapping.
  init?(_ node: YAMLNode, _ what: String, keys: [String], _ problems: inout Problems) {
    guard let entries = node.entries else {
      problems.add(node, "\(what) must be a mapping, this is \(node.kindName)", hint: "its keys are \(listed(keys))")
      return nil
    }
    self.node = node
    self.what = what
    for entry in entries {
      guard let key = entry.key.string, keys.contains(key) else {
        let word = entry.key.string ?? entry.key.kindName
        let near = Suggestion.closest(to: word, among: keys)
        problems.add(
          entry.key, "\(what) has no key '\(word)'", hint: near.map { "did you mean '\($0)'?" } ?? "its keys are \(listed(keys))")
        continue
      }
    }
    for key in node.duplicateKeys { problems.add(key, "'\(key.string ?? "")' is there twice; the first one counts") }
  }

  /// The value of a key; nil if it is absent or null.
  subscript(key: String) -> YAMLNode? {
    guard let value = node[key], !value.isNull else { return nil }
    return value
  }

  func string(_ key: String, _ problems: inout Problems) -> String? {
    guard let value = self[key] else { return nil }
    if let text = value.string { return text }
    problems.add(value, "'\(key)' must be a text, this is \(value.kindName)")
    return nil
  }

  func bool(_ key: String, _ problems: inout Problems) -> Bool? {
    guard let value = self[key] else { return nil }
    if let bool = value.bool { return bool }
    problems.add(value, "'\(key)' must be true or false")
    return nil
  }

  func integer(_ key: String, _ range: ClosedRange<Int64>, _ problems: inout Problems) -> Int64? {
    guard let value = self[key] else { return nil }
    if let number = value.integer, range.contains(number) { return number }
    problems.add(value, "'\(key)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  /// A list of texts; one text stands for a list of one.
  func strings(_ key: String, _ problems: inout Problems) -> [String]? {
    guard let value = self[key] else { return nil }
    if let text = value.string { return [text] }
    guard let elements = value.elements else {
      problems.add(value, "'\(key)' must be a list of texts, this is \(value.kindName)")
      return nil
    }
    var texts: [String] = []
    for element in elements {
      if let text = element.string { texts.append(text) } else { problems.add(element, "'\(key)' must hold texts, this is \(element.kindName)") }
    }
    return texts
  }

  /// Seconds, or a number with one of `ns us ms s min h d`, in nanoseconds.
  func duration(_ key: String, _ problems: inout Problems) -> UInt64? {
    guard let value = self[key] else { return nil }
    let units: [(String, UInt64)] = [
      ("min", 60_000_000_000), ("ns", 1), ("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
      ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]
    if let text = value.string {
      let unit = units.first { text.hasSuffix($0.0) }
      let digits = unit.map { text.dropLast($0.0.utf8.count) } ?? text[...]
      if let number = UInt64(digits.filter { $0 != " " }) {
        let (time, overflows) = number.multipliedReportingOverflow(by: unit?.1 ?? 1_000_000_000)
        // A hundred years are enough, and their sum over a file's events cannot overflow.
        if !overflows && time < 3_155_760_000_000_000_000 { return time }
      }
    }
    problems.add(value, "'\(key)' must be a time such as 500ms, 6s or 2h")
    return nil
  }
}

/// The problems of one test file.
struct Problems {
  let file: String
  private(set) var all: [TestFileProblem] = []

  init(file: String) { self.file = file }

  mutating func add(_ node: YAMLNode?, _ message: String, hint: String? = nil) {
    all.append(TestFileProblem(file, node?.mark, message, hint: hint))
  }
}

func listed(_ names: [String]) -> String {
  names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
}
