/// How severe an alert is, in the order of syslog: the most severe first.
public enum Priority: Int, Sendable, CaseIterable, Comparable {
  case emergency, alert, critical, error, warning, notice, informational, debug

  /// The full name, as alerts print it.
  public var name: String {
    switch self {
    case .emergency: "Emergency"
    case .alert: "Alert"
    case .critical: "Critical"
    case .error: "Error"
    case .warning: "Warning"
    case .notice: "Notice"
    case .informational: "Informational"
    case .debug: "Debug"
    }
  }

  /// The severity number of syslog.
  public var syslogSeverity: Int { rawValue }

  /// Reads a full name in any case, or `info`.
  public init?(name: String) {
    let lowercase = name.lowercased()
    if lowercase == "info" {
      self = .informational
      return
    }
    guard let priority = Priority.allCases.first(where: { $0.name.lowercased() == lowercase }) else { return nil }
    self = priority
  }

  /// Orders by number: a more severe priority is the smaller one.
  public static func < (a: Priority, b: Priority) -> Bool { a.rawValue < b.rawValue }
}
