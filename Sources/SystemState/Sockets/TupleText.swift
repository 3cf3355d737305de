/// Addresses and socket tuples as text: the names that socket descriptors have.
extension ByteBuffer {
  /// `10.0.0.1`.
  mutating func append(v4 address: UInt32) {
    for byte in 0..<4 {
      if byte > 0 { append(UInt8(ascii: ".")) }
      append(decimal: UInt64((address >> UInt32(8 * byte)) & 0xff))
    }
  }

  /// As inet_ntop(3) writes it: lower case, the longest run of two or more zero groups as `::`, and the last 32 bits
  /// dotted for `::a.b.c.d` and `::ffff:a.b.c.d`.
  mutating func append(v6 address: IPAddress) {
    func group(_ index: Int) -> UInt16 {
      let half = index < 4 ? address.high : address.low
      return UInt16(truncatingIfNeeded: half >> UInt64(16 * (index & 3))).byteSwapped
    }
    var (runStart, runLength) = (-1, 1)
    var at = 0
    while at < 8 {
      var end = at
      while end < 8, group(end) == 0 { end += 1 }
      if end - at > runLength { (runStart, runLength) = (at, end - at) }
      at = max(end, at + 1)
    }
    let isDotted = runStart == 0 && (runLength == 6 || (runLength == 5 && group(5) == 0xffff))
    at = 0
    while at < 8 {
      if at == runStart {
        append("::")
        at += runLength
        continue
      }
      if at > 0, at != runStart + runLength || runStart < 0 { append(UInt8(ascii: ":")) }
      if at == 6, isDotted {
        append(v4: address.mappedV4)
        return
      }
      append(hex: UInt64(group(at)))
      at += 1
    }
  }

  mutating func append(_ address: IPAddress, isV6: Bool) {
    if isV6 { append(v6: address) } else { append(v4: address.v4) }
  }

  /// `ip:port`, without brackets for IPv6.
  mutating func append(_ address: IPAddress, port: UInt16, isV6: Bool) {
    append(address, isV6: isV6)
    append(UInt8(ascii: ":"))
    append(decimal: UInt64(port))
  }

  /// Replaces the buffer by the name of an internet socket: `a:p->b:p`, `a->b` for ICMP and raw IPv4, `a:p` for one
  /// that is bound, `<unknown>` where the protocol is not known.
  mutating func setName(of socket: Descriptor) {
    removeAll()
    let isV6 = socket.kind == .ipv6 || socket.kind == .ipv6Server
    if socket.isServerSocket {
      append(socket.destination, port: socket.destinationPort, isV6: isV6)
      return
    }
    switch socket.l4 {
    case .tcp, .udp:
      append(socket.source, port: socket.sourcePort, isV6: isV6)
      append("->")
      append(socket.destination, port: socket.destinationPort, isV6: isV6)
    case .icmp, .raw:
      if isV6 {
        append("<unknown>")
      } else {
        append(v4: socket.source.v4)
        append("->")
        append(v4: socket.destination.v4)
      }
    case .unknown: append("<unknown>")
    }
  }

  /// Replaces the buffer by the name of a connected unix socket: both kernel addresses and the bound path.
  mutating func setName(source: UInt64, destination: UInt64, path: borrowing RawSpan) {
    removeAll()
    append(hex: source)
    append("->")
    append(hex: destination)
    append(UInt8(ascii: " "))
    append(path)
  }
}
