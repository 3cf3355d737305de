/// A set of event types, as wide as the schema's numbering.
public struct EventTypeSet: Sendable, Equatable {
  public static let capacity = 512
  @usableFromInline var words: InlineArray<8, UInt64> = .init(repeating: 0)

  public init() {}
  public init(_ types: some Sequence<EventType>) { for type in types { insert(type) } }
  /// Every type that the schema holds.
  public static let all = EventTypeSet(Schema.events.lazy.map(\.type))

  @inlinable public func contains(_ type: EventType) -> Bool {
    type.rawValue < 512 && words[Int(type.rawValue >> 6)] & (1 << UInt64(type.rawValue & 63)) != 0
  }
  public mutating func insert(_ type: EventType) {
    precondition(type.rawValue < 512)
    words[Int(type.rawValue >> 6)] |= 1 << UInt64(type.rawValue & 63)
  }
  public mutating func remove(_ type: EventType) {
    guard type.rawValue < 512 else { return }
    words[Int(type.rawValue >> 6)] &= ~(1 << UInt64(type.rawValue & 63))
  }
  public mutating func formUnion(_ other: EventTypeSet) { for i in 0..<8 { words[i] |= other.words[i] } }
  public mutating func formIntersection(_ other: EventTypeSet) { for i in 0..<8 { words[i] &= other.words[i] } }
  public mutating func subtract(_ other: EventTypeSet) { for i in 0..<8 { words[i] &= ~other.words[i] } }
  public func union(_ other: EventTypeSet) -> EventTypeSet { var set = self; set.formUnion(other); return set }
  public var isEmpty: Bool { count == 0 }
  public var count: Int { var sum = 0; for i in 0..<8 { sum += words[i].nonzeroBitCount }; return sum }
  /// In ascending order of code.
  public var types: [EventType] {
    (0..<UInt16(512)).compactMap { code in
      words[Int(code >> 6)] & (1 << UInt64(code & 63)) != 0 ? EventType(rawValue: code) : nil
    }
  }
  public static func == (a: EventTypeSet, b: EventTypeSet) -> Bool {
    for i in 0..<8 where a.words[i] != b.words[i] { return false }
    return true
  }
}

/// A set of system calls by portable code.
public struct SyscallSet: Sendable, Equatable {
  @usableFromInline var words: InlineArray<8, UInt64> = .init(repeating: 0)

  public init() {}
  public init(_ codes: some Sequence<SyscallCode>) { for code in codes { insert(code) } }
  /// Every call that the schema holds.
  public static let all = SyscallSet(Schema.syscalls.lazy.map(\.code))

  @inlinable public func contains(_ code: SyscallCode) -> Bool {
    code.rawValue < 512 && words[Int(code.rawValue >> 6)] & (1 << UInt64(code.rawValue & 63)) != 0
  }
  public mutating func insert(_ code: SyscallCode) {
    precondition(code.rawValue < 512)
    words[Int(code.rawValue >> 6)] |= 1 << UInt64(code.rawValue & 63)
  }
  public mutating func remove(_ code: SyscallCode) {
    guard code.rawValue < 512 else { return }
    words[Int(code.rawValue >> 6)] &= ~(1 << UInt64(code.rawValue & 63))
  }
  public mutating func formUnion(_ other: SyscallSet) { for i in 0..<8 { words[i] |= other.words[i] } }
  public mutating func formIntersection(_ other: SyscallSet) { for i in 0..<8 { words[i] &= other.words[i] } }
  public mutating func subtract(_ other: SyscallSet) { for i in 0..<8 { words[i] &= ~other.words[i] } }
  public var isEmpty: Bool { for i in 0..<8 where words[i] != 0 { return false }; return true }
  public static func == (a: SyscallSet, b: SyscallSet) -> Bool {
    for i in 0..<8 where a.words[i] != b.words[i] { return false }
    return true
  }
}
