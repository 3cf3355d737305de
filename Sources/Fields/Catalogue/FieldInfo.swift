public import EventSchema

/// One field as users know it: the row from which help, documentation, look-up and type checks come.
public struct FieldInfo: Sendable {
  public let id: FieldID
  /// As rules write it, without an argument.
  public let name: String
  /// Of one value; for lists, of each item. `WH_PT_DYN` for a field whose type its argument decides.
  public let type: ParameterType
  public let argument: FieldArgument
  public let isList: Bool
  public let flags: FieldFlags
  /// How numbers print.
  public let format: NumberFormat
  /// A few words for tables.
  public let title: String
  /// One or two sentences for help and documentation.
  public let description: String

  init(
    _ id: FieldID, _ name: String, _ type: ParameterType, argument: FieldArgument = .none, isList: Bool = false,
    flags: FieldFlags = [], format: NumberFormat = .decimal, _ title: String, _ description: String
  ) {
    self.id = id
    self.name = name
    self.type = type
    self.argument = argument
    self.isList = isList
    self.flags = flags
    self.format = format
    self.title = title
    self.description = description
  }
}

/// What may or must follow a field's name.
public enum FieldArgument: Sendable, Equatable {
  case none
  /// A decimal number in brackets: `proc.aname[2]`.
  case index(required: Bool)
  /// A text in brackets: `proc.env[PATH]`.
  case key(required: Bool)
  /// Either in brackets: `container.mount[0]`, `container.mount[/etc]`.
  case indexOrKey(required: Bool)
  /// A name behind a dot, always: `evt.type.is.open`, `thread.cgroup.cpu`.
  case dotted
  /// A name behind a dot or a number in brackets: `evt.arg.flags`, `evt.arg[2]`.
  case dottedOrIndex

  public var isRequired: Bool {
    switch self {
    case .none: false
    case .index(let required), .key(let required), .indexOrKey(let required): required
    case .dotted, .dottedOrIndex: true
    }
  }
}

public struct FieldFlags: OptionSet, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Still works, has a better replacement or no meaning any more; left out of listings.
  public static let deprecated = FieldFlags(rawValue: 1 << 0)
  /// For tables of other tools; left out of listings.
  public static let tableOnly = FieldFlags(rawValue: 1 << 1)
  /// Has a meaning in output only.
  public static let printOnly = FieldFlags(rawValue: 1 << 2)
  /// Has a meaning in conditions only.
  public static let filterOnly = FieldFlags(rawValue: 1 << 3)
  /// Must not stand on the right side of a comparison.
  public static let notOnRight = FieldFlags(rawValue: 1 << 4)
  /// Transformers refuse it.
  public static let notTransformable = FieldFlags(rawValue: 1 << 5)
  /// Is added to alerts where the configuration asks for suggested output.
  public static let suggestedForOutput = FieldFlags(rawValue: 1 << 6)
}

/// How a number becomes text.
public enum NumberFormat: UInt8, BitwiseCopyable, Sendable {
  case decimal
  /// Upper case without prefix: `FE00`.
  case hex
  /// With a leading zero: `0644`.
  case octal
  /// Decimal, at least nine digits: the fraction of a time.
  case padded9
}

/// Fields that belong together in listings.
public struct FieldClass: Sendable {
  /// The first part of most of its fields' names.
  public let name: String
  public let title: String
  public let description: String
  /// The sources whose events have these fields; empty means all.
  public let sources: [String]
  public let fields: [FieldInfo]
}

/// Short names for the tables of fields.
extension ParameterType {
  static var text: ParameterType { .WH_PT_CHARBUF }
  static var bytes: ParameterType { .WH_PT_BYTEBUF }
  static var uint64: ParameterType { .WH_PT_UINT64 }
  static var int64: ParameterType { .WH_PT_INT64 }
  static var uint32: ParameterType { .WH_PT_UINT32 }
  static var int32: ParameterType { .WH_PT_INT32 }
  static var int16: ParameterType { .WH_PT_INT16 }
  static var bool: ParameterType { .WH_PT_BOOL }
  static var double: ParameterType { .WH_PT_DOUBLE }
  static var port: ParameterType { .WH_PT_PORT }
  static var duration: ParameterType { .WH_PT_RELTIME }
  static var time: ParameterType { .WH_PT_ABSTIME }
  static var address: ParameterType { .WH_PT_IPADDR }
  static var network: ParameterType { .WH_PT_IPNET }
  static var dynamic: ParameterType { .WH_PT_DYN }
}
