extension [UInt8] {
  /// - Parameter address: The four bytes as they lie in memory, loaded little-endian.
  public mutating func append(ipv4 address: UInt32) {
    for octet in 0..<4 {
      if octet > 0 { append(UInt8(ascii: ".")) }
      append(decimal: UInt64((address >> UInt32(8 * octet)) & 255))
    }
  }

  /// As RFC 5952 asks: lower case, the longest run of two or more zero groups as `::`, the end of a mapped or
  /// compatible IPv4 address dotted.
  ///
  /// - Parameters: The first and last eight bytes as they lie in memory, loaded little-endian.
  public mutating func append(ipv6 high: UInt64, _ low: UInt64) {
    func group(_ index: Int) -> UInt16 {
      let word = index < 4 ? high : low
      return UInt16(truncatingIfNeeded: word >> UInt64(16 * (index & 3))).byteSwapped
    }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, group(end) == 0 { end += 1 }
      if end - start > best.count { best = start..<end }
      start = end + 1
    }
    if best.count < 2 { best = 8..<8 }
    let hasDottedEnd =
      best.lowerBound == 0 && (best.count == 6 || (best.count == 5 && group(5) == 0xffff))
    var index = 0
    while index < 8 {
      if index == best.lowerBound && !best.isEmpty {
        append("::")
        index = best.upperBound
        continue
      }
      if index > 0, index != best.upperBound || best.isEmpty { append(UInt8(ascii: ":")) }
      if hasDottedEnd, index == 6 {
        append(ipv4: UInt32(truncatingIfNeeded: low >> 32))
        return
      }
      append(hex: UInt64(group(index)), uppercase: false)
      index += 1
    }
  }
}
