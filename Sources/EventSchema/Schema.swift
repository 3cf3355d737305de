@_exported public import CEventSchema

/// What an event carries, as users and readers of the wire see it.
///
/// Built once from the C tables in `drivers/schema`; read it while compiling rules, printing and documenting.
/// On the event path use ``EventType/flags`` and ``EventView`` instead: they do not touch a `String`.
public struct EventInfo: Sendable {
  public let type: EventType
  /// The name in rules and output, shared by the entry and the exit of a call.
  public let name: String
  /// The unique name in `event_schema.def`: `openat` and `openat_enter`.
  public let symbol: String
  public let direction: EventDirection
  public let category: EventCategory
  public let flags: EventFlags
  public let parameters: [ParameterInfo]
}

public struct ParameterInfo: Sendable, Equatable {
  public let name: String
  public let type: ParameterType
  /// The number base that users see; `.NA` where the type alone decides.
  public let format: ParameterFormat
  /// The table that names the value, or `.none`.
  public let flagGroup: FlagGroup
  /// Bytes on the wire; 0 where the length varies.
  public var byteCount: Int { Int(wh_param_size(type.rawValue)) }
}

public struct EventFlags: OptionSet, Sendable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  @inlinable public static var createsDescriptor: EventFlags { EventFlags(rawValue: UInt16(EF_CREATES_FD)) }
  @inlinable public static var destroysDescriptor: EventFlags { EventFlags(rawValue: UInt16(EF_DESTROYS_FD)) }
  @inlinable public static var usesDescriptor: EventFlags { EventFlags(rawValue: UInt16(EF_USES_FD)) }
  @inlinable public static var readsFromDescriptor: EventFlags { EventFlags(rawValue: UInt16(EF_READS_FROM_FD)) }
  @inlinable public static var writesToDescriptor: EventFlags { EventFlags(rawValue: UInt16(EF_WRITES_TO_FD)) }
  @inlinable public static var modifiesState: EventFlags { EventFlags(rawValue: UInt16(EF_MODIFIES_STATE)) }
  @inlinable public static var waits: EventFlags { EventFlags(rawValue: UInt16(EF_WAITS)) }
  @inlinable public static var skipsParseReset: EventFlags { EventFlags(rawValue: UInt16(EF_SKIPPARSERESET)) }
  @inlinable public static var largePayload: EventFlags { EventFlags(rawValue: UInt16(EF_LARGE_PAYLOAD)) }
}

extension EventType {
  /// The event's properties; none for a number that the schema does not hold. Allocates nothing.
  @inlinable public var flags: EventFlags { EventFlags(rawValue: wh_event_flags(rawValue)) }
}

extension EventType {
  /// The event made at the entry of the call whose exit makes this one; `nil` where there is none.
  public var entry: EventType? {
    switch self {
    case .open: .open_enter
    case .creat: .creat_enter
    case .openat: .openat_enter
    case .openat2: .openat2_enter
    case .connect: .connect_enter
    default: nil
    }
  }
}

/// One system call: the portable code that events carry, and its number on each architecture.
public struct SyscallInfo: Sendable {
  public let code: SyscallCode
  public let name: String
  /// Native number on x86-64, `nil` where the call does not exist there.
  public let x86_64: Int?
  public let aarch64: Int?
  /// What a finished call becomes; `.generic` for calls without an event of their own.
  public let event: EventType

  public var nativeNumber: Int? {
    #if arch(arm64)
      aarch64
    #else
      x86_64
    #endif
  }
}

/// A named value of a flag group.
public struct FlagInfo: Sendable, Equatable {
  public let symbol: String
  /// What users read in output and write in rules.
  public let text: String
  public let value: Int64
}

public struct FlagGroupInfo: Sendable {
  public let group: FlagGroup
  public let name: String
  public let kind: FlagKind
  /// In print order.
  public let flags: [FlagInfo]
}

/// The tables of `drivers/schema`, once, as Swift values.
public enum Schema {
  /// Every event that is current, by code.
  public static let events: [EventInfo] = (0..<EventType.count.rawValue).compactMap { makeEvent($0) }

  /// Every system call with a portable code, by code.
  public static let syscalls: [SyscallInfo] = (1..<SyscallCode.count.rawValue).compactMap { makeSyscall($0) }

  public static let flagGroups: [FlagGroupInfo] = (1..<FlagGroup.count.rawValue).compactMap {
    makeGroup($0)
  }

  private static let eventsByCode: [EventInfo?] = {
    var table = [EventInfo?](repeating: nil, count: Int(EventType.count.rawValue))
    for event in events { table[Int(event.type.rawValue)] = event }
    return table
  }()

  private static let syscallsByCode: [SyscallInfo?] = {
    var table = [SyscallInfo?](repeating: nil, count: Int(SyscallCode.count.rawValue))
    for syscall in syscalls { table[Int(syscall.code.rawValue)] = syscall }
    return table
  }()

  private static let groupsByCode: [FlagGroupInfo?] = {
    var table = [FlagGroupInfo?](repeating: nil, count: Int(FlagGroup.count.rawValue))
    for group in flagGroups { table[Int(group.group.rawValue)] = group }
    return table
  }()

  /// - Returns: `nil` for a code that the schema does not hold.
  public static func event(_ type: EventType) -> EventInfo? {
    Int(type.rawValue) < eventsByCode.count ? eventsByCode[Int(type.rawValue)] : nil
  }

  public static func syscall(_ code: SyscallCode) -> SyscallInfo? {
    Int(code.rawValue) < syscallsByCode.count ? syscallsByCode[Int(code.rawValue)] : nil
  }

  public static func flags(_ group: FlagGroup) -> FlagGroupInfo? {
    Int(group.rawValue) < groupsByCode.count ? groupsByCode[Int(group.rawValue)] : nil
  }

  /// Events with this user-visible name: a call's entry and exit share one.
  public static func events(named name: String) -> [EventInfo] { events.filter { $0.name == name } }

  public static func syscall(named name: String) -> SyscallInfo? { syscalls.first { $0.name == name } }

  private static func makeEvent(_ code: UInt16) -> EventInfo? {
    guard let info = unsafe wh_event_info(code) else { return nil }
    let entry = unsafe info.pointee
    let parameters = unsafe UnsafeBufferPointer(start: entry.params, count: Int(entry.nparams)).map {
      unsafe ParameterInfo(name: String(cString: $0.name), type: $0.type, format: $0.format, flagGroup: $0.group)
    }
    return unsafe EventInfo(
      type: EventType(rawValue: code)!, name: String(cString: entry.name), symbol: String(cString: entry.symbol),
      direction: entry.direction, category: entry.category, flags: EventFlags(rawValue: entry.flags),
      parameters: parameters)
  }

  private static func makeSyscall(_ code: UInt16) -> SyscallInfo? {
    guard let info = unsafe wh_syscall_info(code) else { return nil }
    let entry = unsafe info.pointee
    return unsafe SyscallInfo(
      code: SyscallCode(rawValue: code)!, name: String(cString: entry.name),
      x86_64: entry.x86_64 < 0 ? nil : Int(entry.x86_64), aarch64: entry.aarch64 < 0 ? nil : Int(entry.aarch64),
      event: entry.event)
  }

  private static func makeGroup(_ code: UInt8) -> FlagGroupInfo? {
    guard let info = unsafe wh_flag_group_info(code) else { return nil }
    let entry = unsafe info.pointee
    let flags = unsafe UnsafeBufferPointer(start: entry.flags, count: Int(entry.count)).map {
      unsafe FlagInfo(symbol: String(cString: $0.symbol), text: String(cString: $0.text), value: $0.value)
    }
    return unsafe FlagGroupInfo(
      group: FlagGroup(rawValue: code)!, name: String(cString: entry.name), kind: entry.kind, flags: flags)
  }
}
