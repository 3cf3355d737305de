internal import ProcFS

/// Open descriptors as test files write them.
enum DescriptorText {
  static let forms =
    "dir PATH, pipe, unix PATH, memfd NAME, tcp A:P->B:P, udp A:P->B:P, tcp listen A:P, netlink"

  /// - Returns: `nil` if the text is none of ``forms``, nor a path.
  static func reading(_ number: Int32, _ text: String) -> DescriptorReading? {
    let words = text.split(separator: " ").map(String.init)
    guard let kind = words.first else { return nil }
    let rest = words.dropFirst().joined(separator: " ")
    if kind.hasPrefix("/") { return named(number, .file, text) }
    switch kind {
    case "dir": return named(number, .directory, rest)
    case "pipe": return named(number, .fifo, rest)
    case "memfd": return named(number, .memfd, rest)
    case "netlink": return DescriptorReading(number: number, kind: .socket(SocketReading(family: .netlink)))
    case "unix":
      var socket = SocketReading(family: .unix)
      socket.path = Array(rest.utf8)
      return named(number, .socket(socket), rest)
    case "tcp", "udp":
      return socket(number, kind == "tcp" ? .tcp : .udp, rest)
    default: return nil
    }
  }

  private static func named(_ number: Int32, _ kind: DescriptorReading.Kind, _ name: String) -> DescriptorReading {
    var reading = DescriptorReading(number: number, kind: kind)
    reading.name = Array(name.utf8)
    reading.portableFlags = 1
    return reading
  }

  private static func socket(_ number: Int32, _ transport: SocketReading.Transport, _ text: String) -> DescriptorReading? {
    let isListening = text.hasPrefix("listen ")
    let ends = (isListening ? String(text.dropFirst(7)) : text).split(separator: ">").map(String.init)
    guard let first = ends.first, let local = Endpoint(first.hasSuffix("-") ? String(first.dropLast()) : first) else { return nil }
    var socket = SocketReading(family: local.isV6 ? .ipv6 : .ipv4, transport: transport)
    socket.local = local.words
    socket.localPort = local.port
    socket.isServer = isListening
    if !isListening {
      guard ends.count == 2, first.hasSuffix("-"), let remote = Endpoint(ends[1]), remote.isV6 == local.isV6 else { return nil }
      socket.remote = remote.words
      socket.remotePort = remote.port
    }
    return DescriptorReading(number: number, kind: .socket(socket))
  }
}

/// `192.0.2.1:80` or `[2001:db8::1]:80`.
struct Endpoint {
  var isV6: Bool
  /// In network order.
  var bytes: [UInt8]
  var port: UInt16

  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    self.port = port
    var host = String(text[..<colon])
    isV6 = host.hasPrefix("[") && host.hasSuffix("]")
    if isV6 {
      host = String(host.dropFirst().dropLast())
      guard let expanded = Endpoint.expanded(host) else { return nil }
      bytes = expanded
    } else {
      let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
      guard parts.count == 4, !parts.contains(nil) else { return nil }
      bytes = parts.map { $0! }
    }
  }

  /// Sixteen bytes of an address in which one run of zeros may be left out.
  private static func expanded(_ text: String) -> [UInt8]? {
    var groups: [[UInt16]] = [[]]
    var rest = text[...]
    if rest.hasPrefix("::") {
      groups.append([])
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let group = rest.prefix { $0 != ":" }
      guard let value = UInt16(group, radix: 16) else { return nil }
      groups[groups.count - 1].append(value)
      rest = rest.dropFirst(group.count)
      if rest.hasPrefix("::") {
        guard groups.count == 1 else { return nil }
        groups.append([])
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix(":") {
        rest = rest.dropFirst()
      }
    }
    let count = groups.reduce(0) { $0 + $1.count }
    guard groups.count == 2 ? count < 8 : count == 8 else { return nil }
    let all = groups[0] + Array(repeating: 0, count: 8 - count) + (groups.count == 2 ? groups[1] : [])
    return all.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
  }

  /// As ``SocketReading/local`` has it.
  var words: (high: UInt64, low: UInt64) {
    func word(_ bytes: some Sequence<UInt8>) -> UInt64 {
      bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
    }
    return isV6 ? (word(bytes[0..<8]), word(bytes[8..<16])) : (word(bytes), 0)
  }

  /// Family, address, port as events carry them.
  var family: UInt8 { isV6 ? 10 : 2 }
  var wire: [UInt8] { bytes + [UInt8(port & 0xff), UInt8(port >> 8)] }
}
