internal import ByteText
internal import EventSchema
internal import SystemState

/// Socket addresses and tuples as the wire carries them, as text.
enum AddressText {
  private static let colon = UInt8(ascii: ":")

  private static func load<T: FixedWidthInteger & BitwiseCopyable>(_ bytes: RawSpan, _ offset: Int, _: T.Type) -> T {
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }

  /// `1.2.3.4:80`, `::1:80`, the path of a unix socket, `family N` for anything else.
  static func append(address bytes: RawSpan, into text: inout [UInt8]) {
    guard bytes.byteCount > 0 else { return }
    let family = load(bytes, 0, UInt8.self)
    switch family {
    case 2 where bytes.byteCount >= 7:
      text.append(ipv4: load(bytes, 1, UInt32.self))
      text.append(colon)
      text.append(decimal: UInt64(load(bytes, 5, UInt16.self)))
    case 10 where bytes.byteCount >= 19:
      text.append(ipv6: load(bytes, 1, UInt64.self), load(bytes, 9, UInt64.self))
      text.append(colon)
      text.append(decimal: UInt64(load(bytes, 17, UInt16.self)))
    case 1:
      appendPath(bytes, from: 1, into: &text)
    default:
      text.append("family ")
      text.append(decimal: UInt64(family))
    }
  }

  /// `1.2.3.4:5->6.7.8.9:80`; `HEX->HEX path` for unix sockets.
  static func append(tuple bytes: RawSpan, into text: inout [UInt8]) {
    guard bytes.byteCount > 0 else { return }
    let family = load(bytes, 0, UInt8.self)
    switch family {
    case 2 where bytes.byteCount >= 13:
      text.append(ipv4: load(bytes, 1, UInt32.self))
      text.append(colon)
      text.append(decimal: UInt64(load(bytes, 5, UInt16.self)))
      text.append("->")
      text.append(ipv4: load(bytes, 7, UInt32.self))
      text.append(colon)
      text.append(decimal: UInt64(load(bytes, 11, UInt16.self)))
    case 10 where bytes.byteCount >= 37:
      let source = IPAddress(high: load(bytes, 1, UInt64.self), low: load(bytes, 9, UInt64.self))
      let destination = IPAddress(high: load(bytes, 19, UInt64.self), low: load(bytes, 27, UInt64.self))
      let isMapped = source.isMappedV4 && destination.isMappedV4
      append(source, asV4: isMapped, into: &text)
      text.append(colon)
      text.append(decimal: UInt64(load(bytes, 17, UInt16.self)))
      text.append("->")
      append(destination, asV4: isMapped, into: &text)
      text.append(colon)
      text.append(decimal: UInt64(load(bytes, 35, UInt16.self)))
    case 1 where bytes.byteCount >= 17:
      text.append(hex: load(bytes, 1, UInt64.self), uppercase: false)
      text.append("->")
      text.append(hex: load(bytes, 9, UInt64.self), uppercase: false)
      text.append(UInt8(ascii: " "))
      appendPath(bytes, from: 17, into: &text)
    default:
      text.append("family ")
      text.append(decimal: UInt64(family))
    }
  }

  private static func append(_ address: IPAddress, asV4: Bool, into text: inout [UInt8]) {
    if asV4 { text.append(ipv4: address.mappedV4) } else { text.append(ipv6: address.high, address.low) }
  }

  private static func appendPath(_ bytes: RawSpan, from start: Int, into text: inout [UInt8]) {
    var end = start
    while end < bytes.byteCount, PathText.byte(bytes, end) != 0 { end += 1 }
    text.append(bytes.extracting(start..<end))
  }
}
