/// One captured event, read in place from the memory of its source.
///
/// The record is a 26-byte little-endian header, one length per parameter (16 bits; 32 for events flagged
/// ``EventFlags/largePayload``), then the values back to back: see `drivers/schema/event_schema.h`. A view cannot
/// outlive the batch, file block or array that lent it; copy out what must stay.
public struct EventView: ~Escapable {
  /// The whole record, header included.
  public let record: RawSpan
  /// The CPU that made the event, 15 bits, and ``EventOrigin/stateOnly``.
  @usableFromInline let origin: UInt16
  /// Where the values begin, and how wide a length is: read once, used by each parameter access.
  @usableFromInline let valuesStart: Int
  @usableFromInline let isLarge: Bool

  /// Checks header, length table and the sum of the lengths once, so that later reads cannot overrun.
  ///
  /// - Throws: ``RecordError`` with what the record claims and what it has. The record is unusable then; its source
  ///   counts it and goes on with the next.
  @inlinable @inline(__always) @_lifetime(copy record)
  public init(validating record: RawSpan, cpu: UInt16 = 0) throws(RecordError) {
    guard record.byteCount >= 26 else {
      throw .tooShort(length: record.byteCount, needed: 26)
    }
    let claimed = Int(unsafe record.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt32.self))
    guard claimed == record.byteCount else { throw .wrongLength(claimed: claimed, length: record.byteCount) }
    let type = unsafe record.unsafeLoadUnaligned(fromByteOffset: 20, as: UInt16.self)
    let count = Int(unsafe record.unsafeLoadUnaligned(fromByteOffset: 22, as: UInt32.self))
    let large = wh_event_flags(type) & UInt16(EF_LARGE_PAYLOAD) != 0
    guard count <= 32 else { throw .tooManyParameters(count) }
    let start = 26 &+ count &* (large ? 4 : 2)
    guard start <= record.byteCount else { throw .tooShort(length: record.byteCount, needed: start) }
    var end = start
    if large {
      for index in 0..<count {
        end &+= Int(unsafe record.unsafeLoadUnaligned(fromByteOffset: 26 &+ 4 &* index, as: UInt32.self))
      }
    } else {
      end &+= EventView.sum(record, ofLengths: count)
    }
    guard end <= record.byteCount else { throw .tooShort(length: record.byteCount, needed: end) }
    self.record = record
    origin = cpu
    valuesStart = start
    isLarge = large
  }

  /// The sum of the first lengths of 16 bits.
  ///
  /// - Precondition: The record has room for header and lengths, and there are at most 32 of them.
  @inlinable @inline(__always)
  static func sum(_ record: RawSpan, ofLengths count: Int) -> Int {
    unsafe record.withUnsafeBytes { bytes in
      Int(unsafe wh_sum_lengths(bytes.baseAddress!, UInt32(truncatingIfNeeded: count)))
    }
  }

  /// A record of the same type, time and thread without parameters, for who must keep these.
  public var headerRecord: [UInt8] {
    EventBuilder(type, timestamp: timestamp, threadID: threadID).finish()
  }

  /// The CPU that made the event; 0 where the source does not say.
  @inlinable public var cpu: UInt16 { origin & 0x7fff }
  /// Whether the event is for the state only, and not to be shown or judged: some captures begin with such events.
  @inlinable public var isStateOnly: Bool { origin & EventOrigin.stateOnly != 0 }

  /// Nanoseconds since the Unix epoch.
  @inlinable public var timestamp: UInt64 {
    unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self)
  }
  /// In the initial pid namespace. Iterator events carry `tgid << 32 | tid`.
  @inlinable public var threadID: UInt64 {
    unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: 8, as: UInt64.self)
  }
  @inlinable public var type: EventType {
    let code = unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: 20, as: UInt16.self)
    return unsafe EventType(rawValue: code).unsafelyUnwrapped
  }
  @inlinable public var parameterCount: Int {
    Int(unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: 22, as: UInt32.self))
  }

  /// Where in ``record`` a parameter's value lies; empty for one that the record does not have.
  ///
  /// Loads are unchecked here and below: the initialiser has checked the length table and the sum of the lengths.
  /// An absent parameter and an empty one both read as "no value": see WIRE, "empty, absent, truncated".
  @inlinable @inline(__always)
  public func range(of index: Int) -> Range<Int> {
    guard index < parameterCount else { return 0..<0 }
    var start = valuesStart
    if isLarge {
      for before in 0..<index {
        start &+= Int(unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: 26 &+ 4 &* before, as: UInt32.self))
      }
      let length = Int(unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: 26 &+ 4 &* index, as: UInt32.self))
      return unsafe Range(uncheckedBounds: (start, start &+ length))
    }
    if index < 4 {
      for before in 0..<index {
        start &+= Int(unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: 26 &+ 2 &* before, as: UInt16.self))
      }
    } else {
      start &+= EventView.sum(record, ofLengths: index)
    }
    let length = Int(unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: 26 &+ 2 &* index, as: UInt16.self))
    return unsafe Range(uncheckedBounds: (start, start &+ length))
  }

  /// The bytes of a value, its NUL included where it has one; no bytes if it is empty or absent.
  @inlinable @inline(__always) @_lifetime(copy self)
  public func bytes(_ index: Int) -> RawSpan { record.extracting(range(of: index)) }

  /// Where in ``record`` a text lies: up to its first NUL, which is not part of it.
  @inlinable
  public func textRange(of index: Int) -> Range<Int> {
    let range = range(of: index)
    let length = unsafe record.withUnsafeBytes { bytes in
      unsafe wh_text_length(bytes.baseAddress! + range.lowerBound, range.upperBound &- range.lowerBound)
    }
    return unsafe Range(uncheckedBounds: (range.lowerBound, range.lowerBound &+ length))
  }

  /// The bytes of a text without its NUL. An empty text and a missing value look the same here: ask ``isEmpty(_:)``.
  @inlinable @_lifetime(copy self)
  public func text(_ index: Int) -> RawSpan { record.extracting(textRange(of: index)) }

  /// Whether a parameter carries no value at all: zero length, or beyond the end of an older record.
  @inlinable @inline(__always)
  public func isEmpty(_ index: Int) -> Bool { range(of: index).isEmpty }

  /// A value as it lies on the wire, or `nil` if it is empty, absent or narrower than `T`.
  @inlinable @inline(__always)
  public func value<T: FixedWidthInteger & BitwiseCopyable>(_ index: Int, as type: T.Type) -> T? {
    let range = range(of: index)
    guard range.upperBound &- range.lowerBound >= MemoryLayout<T>.size else { return nil }
    return unsafe record.unsafeLoadUnaligned(fromUncheckedByteOffset: range.lowerBound, as: T.self)
  }

  /// The value of an 8-byte signed parameter (`ERRNO`, `FD`, `PID`), or `fallback` if it has none.
  @inlinable @inline(__always)
  public func int64(_ index: Int, or fallback: Int64) -> Int64 { value(index, as: Int64.self) ?? fallback }

  @inlinable @inline(__always)
  public func uint32(_ index: Int, or fallback: UInt32) -> UInt32 { value(index, as: UInt32.self) ?? fallback }

  @inlinable @inline(__always)
  public func uint64(_ index: Int, or fallback: UInt64) -> UInt64 { value(index, as: UInt64.self) ?? fallback }
}

/// Where an event comes from, as the framing of its source says beside the record: the CPU, and marks above it.
public enum EventOrigin {
  public static let stateOnly: UInt16 = 1 << 15
}

/// Why bytes are not an event record.
public enum RecordError: Error, Sendable, Equatable {
  case tooShort(length: Int, needed: Int)
  /// The header's length field disagrees with the room that the framing gives.
  case wrongLength(claimed: Int, length: Int)
  case tooManyParameters(Int)
}

extension RecordError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooShort(let length, let needed): "record of \(length) bytes where \(needed) are needed"
    case .wrongLength(let claimed, let length): "record says \(claimed) bytes but its frame holds \(length)"
    case .tooManyParameters(let count): "record claims \(count) parameters, at most 32 are possible"
    }
  }
}
