/// Encodes one event in wire format: for tests, iterator-made state, plugins and capture files.
///
/// Append the parameters in the order of the schema, each at its type's size; `finish` writes header and lengths.
/// Not for the event path of a driver: it allocates.
public struct EventBuilder: Sendable {
  public let type: EventType
  public var timestamp: UInt64
  public var threadID: UInt64
  private var lengths: [Int] = []
  private var values: [UInt8] = []

  public init(_ type: EventType, timestamp: UInt64 = 0, threadID: UInt64 = 0) {
    self.type = type
    self.timestamp = timestamp
    self.threadID = threadID
  }

  /// A number in its own width: `UInt32(5)` for a `UINT32`, `Int64(3)` for an `FD`.
  public mutating func append(_ value: some FixedWidthInteger) {
    let width = value.bitWidth / 8
    for byte in 0..<width { values.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    lengths.append(width)
  }

  /// A text with its NUL, as `CHARBUF` and the path types carry it.
  public mutating func append(text: String) {
    values.append(contentsOf: text.utf8)
    values.append(0)
    lengths.append(text.utf8.count + 1)
  }

  public mutating func append(bytes: some Collection<UInt8>) {
    values.append(contentsOf: bytes)
    lengths.append(bytes.count)
  }

  /// Strings back to back, each with its NUL, as `args`, `env` and `cgroups` carry them.
  public mutating func append(strings: [String]) {
    append(bytes: strings.flatMap { Array($0.utf8) + [0] })
  }

  /// No value: length 0.
  public mutating func appendEmpty() { lengths.append(0) }

  /// How many parameters were appended so far.
  public var count: Int { lengths.count }

  /// The whole record. Parameters that were not appended are absent, as in a record of an older writer.
  ///
  /// - Precondition: No value is longer than its length field can say.
  public func finish() -> [UInt8] {
    let width = type.flags.contains(.largePayload) ? 4 : 2
    var record: [UInt8] = []
    record.reserveCapacity(26 + lengths.count * width + values.count)
    func put(_ value: UInt64, _ bytes: Int) {
      for byte in 0..<bytes { record.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
    }
    put(timestamp, 8)
    put(threadID, 8)
    put(UInt64(26 + lengths.count * width + values.count), 4)
    put(UInt64(type.rawValue), 2)
    put(UInt64(lengths.count), 4)
    for length in lengths {
      precondition(length < 1 << (8 * width), "a value of \(length) bytes does not fit the length field")
      put(UInt64(length), width)
    }
    return record + values
  }
}
