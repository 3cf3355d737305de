public import YAML

/// Something wrong with a test file: its place, what it is, and what to do about it.
public struct TestFileProblem: Error, Sendable, Equatable {
  public var file: String
  /// The first line and column are 1; 0 for the file as a whole.
  public var line = 0
  public var column = 0
  public var message: String
  public var hint: String?

  public init(_ file: String, _ mark: YAMLMark? = nil, _ message: String, hint: String? = nil) {
    self.file = file
    if let mark {
      line = mark.line + 1
      column = mark.column + 1
    }
    self.message = message
    self.hint = hint
  }

  /// `FILE:LINE:COLUMN: message; hint`.
  public var text: String {
    let place = line == 0 ? file : "\(file):\(line):\(column)"
    return "\(place): \(message)" + (hint.map { "; \($0)" } ?? "")
  }
}
