/// One problem found in rule files, with everything needed to show it.
public struct Diagnostic: Error, Sendable {
  /// One level of the way from the file to the place.
  public struct Location: Sendable, Equatable {
    public var itemType: ItemType
    public var itemName: String
    /// The name of the file.
    public var file: String
    /// The first line is 0, as in the machine-readable report; text shows it counted from 1.
    public var line: Int
    /// In Unicode scalars; the first is 0.
    public var column: Int
    /// In bytes from the beginning of the file.
    public var offset: Int
  }

  public var code: DiagnosticCode
  public var message: String
  /// What to do about it.
  public var hint: String?
  /// From the whole file to the innermost item.
  public var locations: [Location]
  /// The line of the innermost location, without its end.
  public var snippetLine: String
  /// The column of that line that the caret points at; the first is 0.
  public var snippetColumn: Int
  /// The index of the file to whose result this belongs.
  public var file: Int

  public var isError: Bool { code.isError }
}
