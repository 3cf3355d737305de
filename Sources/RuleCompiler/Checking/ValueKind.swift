internal import EventSchema
internal import FilterLanguage

/// How the values of a field compare: what its type allows, and how constants for it are read.
enum ValueKind: Equatable {
  case integer(IntegerForm)
  case boolean
  case double
  case text
  case buffer
  case address
  case network

  /// Width and sign of an integer, for reading constants.
  struct IntegerForm: Equatable {
    var isSigned: Bool
    var bits: Int
    var isPort = false
  }

  /// - Returns: `nil` for types that no field compares (they are refused with any operator but `exists`).
  init?(_ type: ParameterType) {
    switch type {
    case .WH_PT_INT8: self = .integer(IntegerForm(isSigned: true, bits: 8))
    case .WH_PT_INT16: self = .integer(IntegerForm(isSigned: true, bits: 16))
    case .WH_PT_INT32, .WH_PT_FD32, .WH_PT_PID32: self = .integer(IntegerForm(isSigned: true, bits: 32))
    case .WH_PT_INT64, .WH_PT_ERRNO, .WH_PT_FD, .WH_PT_PID: self = .integer(IntegerForm(isSigned: true, bits: 64))
    case .WH_PT_UINT8, .WH_PT_FLAGS8, .WH_PT_ENUMFLAGS8, .WH_PT_SIGTYPE, .WH_PT_L4PROTO, .WH_PT_SOCKFAMILY:
      self = .integer(IntegerForm(isSigned: false, bits: 8))
    case .WH_PT_UINT16, .WH_PT_FLAGS16, .WH_PT_ENUMFLAGS16, .WH_PT_SYSCALLID: self = .integer(IntegerForm(isSigned: false, bits: 16))
    case .WH_PT_PORT: self = .integer(IntegerForm(isSigned: false, bits: 16, isPort: true))
    case .WH_PT_UINT32, .WH_PT_FLAGS32, .WH_PT_ENUMFLAGS32, .WH_PT_MODE, .WH_PT_SIGSET, .WH_PT_UID, .WH_PT_GID:
      self = .integer(IntegerForm(isSigned: false, bits: 32))
    case .WH_PT_UINT64, .WH_PT_RELTIME, .WH_PT_ABSTIME: self = .integer(IntegerForm(isSigned: false, bits: 64))
    case .WH_PT_BOOL: self = .boolean
    case .WH_PT_DOUBLE: self = .double
    case .WH_PT_CHARBUF, .WH_PT_FSPATH, .WH_PT_FSRELPATH: self = .text
    case .WH_PT_BYTEBUF: self = .buffer
    case .WH_PT_IPV4ADDR, .WH_PT_IPV6ADDR, .WH_PT_IPADDR: self = .address
    case .WH_PT_IPV4NET, .WH_PT_IPV6NET, .WH_PT_IPNET: self = .network
    default: return nil
    }
  }

  /// The word that messages use: "'contains' operator not supported for numeric filters".
  var noun: String {
    switch self {
    case .integer, .double: "numeric"
    case .boolean: "boolean"
    case .text: "string"
    case .buffer: "buffer"
    case .address: "ip address"
    case .network: "ip network"
    }
  }

  func allows(_ comparison: ComparisonOperator, isList: Bool) -> Bool {
    if comparison == .exists || comparison == .in || comparison == .intersects { return true }
    if isList { return false }
    switch comparison {
    case .equal, .equalDouble, .notEqual: return true
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      return switch self {
      case .integer, .double, .text: true
      default: false
      }
    case .contains, .startswith, .endswith: return self == .text || self == .buffer
    case .icontains, .glob, .iglob, .regex, .pmatch: return self == .text
    case .bcontains, .bstartswith: return self == .buffer
    case .in, .intersects, .exists: return true
    }
  }
}
