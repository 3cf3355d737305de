import Capture
import Glibc

/// A record after normalisation. As text: `T3 openat fd=3 dirfd=… name="file\00" …`, values without blanks.
struct Line: Equatable, CustomStringConvertible {
  struct Parameter: Equatable {
    let name: String
    let value: String
  }

  let thread: Int
  let event: String
  let parameters: [Parameter]

  var description: String {
    (["T\(thread)", event] + parameters.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
  }

  /// The line without the values of some parameters.
  func text(without hidden: Set<String>) -> String {
    (["T\(thread)", event] + parameters.map { hidden.contains($0.name) ? $0.name : "\($0.name)=\($0.value)" })
      .joined(separator: " ")
  }

  init(thread: Int, event: String, parameters: [Parameter]) {
    self.thread = thread
    self.event = event
    self.parameters = parameters
  }

  init?(_ text: Substring) {
    let words = text.split(separator: " ")
    guard words.count >= 2, words[0].first == "T", let thread = Int(words[0].dropFirst()) else { return nil }
    self.thread = thread
    event = String(words[1])
    parameters = words.dropFirst(2).map { word in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return Parameter(name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
    }
  }

  /// Reads what `record` printed.
  static func read(_ path: String) throws -> [Line] {
    try fileLines(path).enumerated().map { number, text in
      guard let line = Line(text) else { throw Failure("\(path):\(number + 1): this is no line of a stream") }
      return line
    }
  }
}

/// The lines of a text file that are not empty.
func fileLines(_ path: String) throws -> [Substring] {
  guard let file = unsafe fopen(path, "r") else {
    throw Failure("cannot read \(path): \(errorText(errno))")
  }
  defer { unsafe fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer[0..<count]
  }
  return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
}
