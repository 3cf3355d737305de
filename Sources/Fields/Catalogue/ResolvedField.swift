public import EventSchema

/// A field together with its argument: what a rule or an output format refers to.
public struct ResolvedField: Sendable {
  public let id: FieldID
  public let info: FieldInfo
  /// As it was written, argument included: `proc.aname[2]`, `evt.arg.flags`. The key in JSON output.
  public let name: String
  /// Of one value. Differs from `info.type` only where the argument decides (`evt.rawarg.res`).
  public let type: ParameterType
  public let isList: Bool
  /// The number in brackets, `nil` if there was none.
  public let index: Int?
  /// The text in brackets or behind the dot, as UTF-8; empty if there was none.
  public let key: [UInt8]
  /// For fields about a parameter: its position by event code, -1 for events that lack it; otherwise empty.
  public let parameters: [Int8]

  init(
    _ info: FieldInfo, name: String, type: ParameterType? = nil, index: Int? = nil, key: [UInt8] = [],
    parameters: [Int8] = []
  ) {
    id = info.id
    self.info = info
    self.name = name
    self.type = type ?? info.type
    isList = info.isList
    self.index = index
    self.key = key
    self.parameters = parameters
  }

  /// The un-indexed ancestor fields (`proc.aname = x`) and the two-sided socket fields (`fd.ip = x`): their value is
  /// a list of candidates, and a comparison looks whether one of them satisfies it, although the field is no list.
  public var hasCandidates: Bool {
    switch id {
    case .procAname, .procAexe, .procAexepath, .procAcmdline, .procApid, .procAenv: index == nil && key.isEmpty
    case .fdIp, .fdNet, .fdPort, .fdProto: true
    default: false
    }
  }

  /// Two references to the same value: identical tests can share one extraction.
  public func isSame(as other: ResolvedField) -> Bool {
    id == other.id && index == other.index && key == other.key
  }
}
