/// How reports for people look.
public struct DiagnosticStyle: Sendable {
  /// Whether to use terminal colours.
  public var usesColour: Bool
  /// The longest piece of a line that a snippet shows.
  public var snippetWidth: Int

  public init(usesColour: Bool = false, snippetWidth: Int = 120) {
    self.usesColour = usesColour
    self.snippetWidth = max(20, snippetWidth)
  }

  func paint(_ text: String, _ code: String) -> String { usesColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}

extension Diagnostic {
  /// The problem over several lines: where, the line with a caret, what, and what to do.
  public func text(_ style: DiagnosticStyle = DiagnosticStyle()) -> String {
    var text = ""
    for (depth, location) in locations.enumerated() where location.itemType != .rulesContent || locations.count == 1 {
      if location.itemType == .rulesContentItem, depth + 1 < locations.count { continue }
      let name = location.itemName.isEmpty ? "" : " '\(location.itemName)'"
      let place = "\(location.file):\(location.line + 1):\(location.column + 1)"
      text += "In \(location.itemType.rawValue)\(name): (\(place))\n"
    }
    let (line, caret) = visibleSnippet(width: style.snippetWidth)
    text += "------\n\(line)\n"
    text += String(repeating: " ", count: caret) + style.paint("^", "1;32") + "\n------\n"
    text += style.paint(code.rawValue, isError ? "1;31" : "1;33") + " (\(code.summary)): \(message)"
    if let hint { text += "\n" + style.paint("hint:", "1;36") + " \(hint)" }
    return text
  }

  /// The problem in one line, for logs.
  public var line: String {
    let place = locations.last.map { "\($0.file):\($0.line + 1):\($0.column + 1): " } ?? ""
    let item = locations.last { [.rule, .macro, .list].contains($0.itemType) }
    let name = item.map { "\($0.itemType.rawValue) '\($0.itemName)': " } ?? ""
    return "\(place)\(name)\(code.rawValue) (\(code.summary)): \(message)" + (hint.map { " (\($0))" } ?? "")
  }

  /// The part of the line around the caret, tabs replaced by blanks so that the caret stands below its character.
  func visibleSnippet(width: Int) -> (line: String, caret: Int) {
    let scalars = Array(snippetLine.unicodeScalars.map { $0 == "\t" ? " " : $0 })
    let column = min(snippetColumn, scalars.count)
    guard scalars.count > width else { return (Self.string(scalars[...]), column) }
    let start = max(0, min(column - width / 2, scalars.count - width))
    return (Self.string(scalars[start..<start + width]), column - start)
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
