public import EventSchema
public import SystemState

/// What a field has on one event. Plain data: a text is a place, not a copy.
///
/// Good until the extractor begins the next event or the state changes. ``FieldExtractor/bytes(_:_:_:)`` shows the
/// bytes of a text, ``FieldExtractor/item(_:of:)`` the items of a list.
public struct FieldValue: BitwiseCopyable, Sendable {
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// No value: every comparison is false; prints `<NA>`.
    case missing
    /// In ``word``.
    case unsigned
    /// In ``word``, sign-extended; see ``signed``.
    case signed
    case boolean
    /// The bit pattern in ``word``.
    case double
    /// Bytes that compare as a string.
    case text
    /// Bytes that print with dots for what is not printable.
    case bytes
    /// Four bytes in ``word``, as they lie in memory.
    case ipv4
    /// Sixteen bytes in ``word`` and ``low``.
    case ipv6
    /// ``count`` values, which may be none.
    case list
  }

  /// Where the bytes of a text are.
  @usableFromInline enum Place: UInt8, BitwiseCopyable, Sendable { case record, pool, scratch }

  /// Kind, place, format and type, a byte each from the lowest on: in one word they travel in one register.
  @usableFromInline let tag: UInt32
  /// A number, the first half of an address, a pool handle, or a list's first item.
  public let word: UInt64
  /// The second half of an address, offset and length of a text, or a list's length.
  public let low: UInt64

  @inlinable @inline(__always)
  init(
    _ kind: Kind, _ type: ParameterType, word: UInt64 = 0, low: UInt64 = 0, place: Place = .scratch,
    format: NumberFormat = .decimal
  ) {
    tag =
      UInt32(kind.rawValue) | UInt32(place.rawValue) &<< 8 | UInt32(format.rawValue) &<< 16
      | UInt32(type.rawValue) &<< 24
    self.word = word
    self.low = low
  }

  @inlinable @inline(__always)
  public var kind: Kind { unsafe Kind(rawValue: UInt8(truncatingIfNeeded: tag)).unsafelyUnwrapped }
  @inlinable @inline(__always)
  var place: Place { unsafe Place(rawValue: UInt8(truncatingIfNeeded: tag &>> 8)).unsafelyUnwrapped }
  /// How a number prints.
  @inlinable @inline(__always)
  public var format: NumberFormat { unsafe NumberFormat(rawValue: UInt8(truncatingIfNeeded: tag &>> 16)).unsafelyUnwrapped }
  /// The parameter type that the value has, or that its field's table says.
  @inlinable @inline(__always)
  public var type: ParameterType { unsafe ParameterType(rawValue: UInt8(truncatingIfNeeded: tag &>> 24)).unsafelyUnwrapped }

  /// Whether the value has bytes: ``FieldExtractor/bytes(_:_:_:)`` gives them.
  @inlinable @inline(__always)
  public var isText: Bool { kind == .text || kind == .bytes }

  @inlinable public static var missing: FieldValue { FieldValue(.missing, .WH_PT_NONE) }

  @inlinable @inline(__always)
  static func unsigned(_ value: UInt64, _ type: ParameterType, format: NumberFormat = .decimal) -> FieldValue {
    FieldValue(.unsigned, type, word: value, format: format)
  }

  @inlinable @inline(__always)
  static func signed(_ value: Int64, _ type: ParameterType = .WH_PT_INT64) -> FieldValue {
    FieldValue(.signed, type, word: UInt64(bitPattern: value))
  }

  @inlinable @inline(__always)
  static func boolean(_ value: Bool) -> FieldValue { FieldValue(.boolean, .WH_PT_BOOL, word: value ? 1 : 0) }

  @inlinable @inline(__always)
  static func double(_ value: Double) -> FieldValue { FieldValue(.double, .WH_PT_DOUBLE, word: value.bitPattern) }

  static func address(_ address: IPAddress, isV6: Bool) -> FieldValue {
    isV6
      ? FieldValue(.ipv6, .WH_PT_IPADDR, word: address.high, low: address.low)
      : FieldValue(.ipv4, .WH_PT_IPADDR, word: UInt64(address.v4))
  }

  /// Bytes of the event's record.
  @inlinable @inline(__always)
  static func record(_ range: Range<Int>, _ kind: Kind = .text, _ type: ParameterType = .WH_PT_CHARBUF) -> FieldValue {
    FieldValue(kind, type, low: packed(range.lowerBound, range.count), place: .record)
  }

  /// A text of the state's pool.
  @inlinable @inline(__always)
  static func pool(_ handle: TextHandle) -> FieldValue {
    FieldValue(.text, .WH_PT_CHARBUF, word: bits(handle), low: packed(0, Int(handle.length)), place: .pool)
  }

  /// Part of a text of the state's pool.
  static func pool(_ handle: TextHandle, _ range: Range<Int>) -> FieldValue {
    FieldValue(.text, .WH_PT_CHARBUF, word: bits(handle), low: packed(range.lowerBound, range.count), place: .pool)
  }

  @inlinable @inline(__always)
  static func scratch(_ start: Int, _ length: Int, _ kind: Kind = .text) -> FieldValue {
    FieldValue(kind, .WH_PT_CHARBUF, low: packed(start, length), place: .scratch)
  }

  static func list(_ first: Int, _ count: Int, _ type: ParameterType = .WH_PT_CHARBUF) -> FieldValue {
    FieldValue(.list, type, word: UInt64(first), low: UInt64(count))
  }

  @inlinable @inline(__always)
  static func packed(_ offset: Int, _ length: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: offset) << 32 | UInt64(truncatingIfNeeded: length)
  }

  /// A handle is eight plain bytes whose meaning is the pool's own.
  @inlinable @inline(__always)
  static func bits(_ handle: TextHandle) -> UInt64 { unsafe unsafeBitCast(handle, to: UInt64.self) }

  @inlinable @inline(__always)
  var handle: TextHandle { unsafe unsafeBitCast(word, to: TextHandle.self) }

  /// The same value with another type, as a comparison and the printer shall see it.
  func typed(_ type: ParameterType) -> FieldValue {
    FieldValue(kind, type, word: word, low: low, place: place, format: format)
  }

  func formatted(_ format: NumberFormat) -> FieldValue {
    FieldValue(kind, type, word: word, low: low, place: place, format: format)
  }

  @inlinable @inline(__always) public var isMissing: Bool { kind == .missing }
  @inlinable public var exists: Bool { kind != .missing }
  /// Of a boolean.
  @inlinable public var isTrue: Bool { kind == .boolean && word != 0 }
  /// Of a ``Kind/signed`` value.
  @inlinable public var signed: Int64 { Int64(bitPattern: word) }
  @inlinable public var double: Double { Double(bitPattern: word) }
  public var ipv4: UInt32 { UInt32(truncatingIfNeeded: word) }
  public var ipv6: IPAddress { IPAddress(high: word, low: low) }

  /// Bytes of a text, items of a list.
  @inlinable public var count: Int {
    kind == .list ? Int(truncatingIfNeeded: low) : Int(truncatingIfNeeded: low & 0xffff_ffff)
  }
  @inlinable var offset: Int { Int(truncatingIfNeeded: low >> 32) }
}
