internal import EventSchema

/// Socket addresses and tuples in the wire's encoding.
public enum Wire {
  /// - Parameter address: Dotted IPv4, or 8 groups of IPv6 without `::`.
  public static func address(_ address: String, _ port: UInt16) -> [UInt8] { [family(address)] + end(address, port) }

  /// Sends put the local end first, receives and accepts the remote one.
  public static func tuple(_ first: String, _ firstPort: UInt16, _ second: String, _ secondPort: UInt16) -> [UInt8] {
    [family(first)] + end(first, firstPort) + end(second, secondPort)
  }

  public static func unixAddress(_ path: String) -> [UInt8] { [1] + Array(path.utf8) + [0] }

  public static func unixTuple(_ source: UInt64, _ destination: UInt64, _ path: String) -> [UInt8] {
    [1] + bytes(source) + bytes(destination) + Array(path.utf8) + [0]
  }

  /// The bytes of an address in network order.
  public static func ip(_ address: String) -> [UInt8] {
    if address.contains(":") {
      return address.split(separator: ":").flatMap { group -> [UInt8] in
        let value = UInt16(group, radix: 16) ?? 0
        return [UInt8(value >> 8), UInt8(value & 0xff)]
      }
    }
    return address.split(separator: ".").map { UInt8($0) ?? 0 }
  }

  private static func family(_ address: String) -> UInt8 { address.contains(":") ? 10 : 2 }
  private static func end(_ address: String, _ port: UInt16) -> [UInt8] {
    ip(address) + [UInt8(port & 0xff), UInt8(port >> 8)]
  }
  private static func bytes(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
}

extension Event {
  /// - Parameter domain: 1 unix, 2 IPv4, 10 IPv6, 16 netlink.
  public static func socket(
    _ tid: Int, at time: UInt64 = 0, fd: Int, domain: UInt32, type: UInt32, protocol number: UInt32 = 0,
    flags: UInt32 = 0
  ) -> [UInt8] {
    make(.socket, tid, at: time) {
      $0.append(Int64(fd))
      $0.append(domain)
      $0.append(type)
      $0.append(number)
      $0.append(flags)
    }
  }

  public static func bind(_ tid: Int, at time: UInt64 = 0, fd: Int, _ address: [UInt8], result: Int = 0) -> [UInt8] {
    make(.bind, tid, at: time) {
      $0.append(Int64(result))
      $0.append(bytes: address)
      $0.append(Int64(fd))
    }
  }

  public static func connect(
    _ tid: Int, at time: UInt64 = 0, fd: Int, tuple: [UInt8], address: [UInt8] = [], result: Int = 0
  ) -> [UInt8] {
    make(.connect, tid, at: time) {
      $0.append(Int64(result))
      $0.append(bytes: tuple)
      $0.append(Int64(fd))
      $0.append(bytes: address)
    }
  }

  public static func connectEntry(_ tid: Int, at time: UInt64 = 0, fd: Int, _ address: [UInt8]) -> [UInt8] {
    make(.connect_enter, tid, at: time) {
      $0.append(Int64(fd))
      $0.append(bytes: address)
    }
  }

  public static func accept4(_ tid: Int, at time: UInt64 = 0, fd: Int, tuple: [UInt8], flags: Int32 = 0) -> [UInt8] {
    make(.accept4, tid, at: time) {
      $0.append(Int64(fd))
      $0.append(bytes: tuple)
      $0.append(UInt8(0))
      $0.append(UInt32(0))
      $0.append(UInt32(128))
      $0.append(flags)
    }
  }

  public static func sendto(
    _ tid: Int, at time: UInt64 = 0, fd: Int, tuple: [UInt8], data: String = "x", result: Int? = nil
  ) -> [UInt8] {
    make(.sendto, tid, at: time) {
      $0.append(Int64(result ?? data.utf8.count))
      $0.append(bytes: Array(data.utf8))
      $0.append(Int64(fd))
      $0.append(UInt32(data.utf8.count))
      $0.append(bytes: tuple)
    }
  }

  public static func recvfrom(_ tid: Int, at time: UInt64 = 0, fd: Int, tuple: [UInt8], data: String = "x") -> [UInt8] {
    make(.recvfrom, tid, at: time) {
      $0.append(Int64(data.utf8.count))
      $0.append(bytes: Array(data.utf8))
      $0.append(bytes: tuple)
      $0.append(Int64(fd))
      $0.append(UInt32(4096))
    }
  }

  public static func socketpair(
    _ tid: Int, at time: UInt64 = 0, _ first: Int, _ second: Int, source: UInt64, peer: UInt64
  ) -> [UInt8] {
    make(.socketpair, tid, at: time) {
      $0.append(Int64(0))
      $0.append(Int64(first))
      $0.append(Int64(second))
      $0.append(source)
      $0.append(peer)
      $0.append(UInt32(1))
      $0.append(UInt32(1))
      $0.append(UInt32(0))
    }
  }
}
