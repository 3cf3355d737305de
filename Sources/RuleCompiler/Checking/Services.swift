/// The names of ports, as `/etc/services` gives them: `ssh` for 22.
struct Services: Sendable {
  static let path = "/etc/services"
  /// Read when a rule first names a port; empty on a host that has no such file.
  static let ofHost = Services(parsing: (try? RuleSource(reading: path))?.contents ?? [])

  private var ports: [String: UInt16] = [:]

  /// - Parameter text: Lines of `NAME PORT/PROTOCOL ALIASES... # COMMENT`. The first line with a name counts, whatever
  ///   its protocol; lines that look different are skipped.
  init(parsing text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }
        .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
        .map { String(decoding: $0, as: UTF8.self) }
      guard words.count >= 2, let slash = words[1].firstIndex(of: "/"), let port = UInt16(words[1][..<slash]) else {
        continue
      }
      for name in [words[0]] + words[2...] where ports[name] == nil { ports[name] = port }
    }
  }

  var isEmpty: Bool { ports.isEmpty }

  /// - Parameter name: A service or one of its aliases, in the file's own case.
  func port(_ name: String) -> UInt16? { ports[name] }
}
