/// The sockets of one network namespace by inode, from its `net` folder.
struct SocketTable {
  var sockets: [UInt64: SocketReading] = [:]
}

extension ProcessReader {
  /// The sockets of the network namespace that a process is in, read when first asked for.
  mutating func socketTable(of directory: Int32) -> SocketTable {
    // Without the right to see the namespace, all processes are taken to be in one.
    let errors = files.errors
    let namespace = files.readLink("ns/net", in: directory) ?? []
    files.errors = errors
    if let known = sockets[namespace] { return known }
    let table = readSockets(directory)
    sockets[namespace] = table
    return table
  }

  private mutating func readSockets(_ directory: Int32) -> SocketTable {
    var table = SocketTable()
    // Protocols that the kernel lacks have no file.
    let errors = files.errors
    readInternet("net/tcp", .ipv4, .tcp, directory, into: &table)
    readInternet("net/udp", .ipv4, .udp, directory, into: &table)
    readInternet("net/raw", .ipv4, .raw, directory, into: &table)
    readInternet("net/icmp", .ipv4, .icmp, directory, into: &table)
    readInternet("net/tcp6", .ipv6, .tcp, directory, into: &table)
    readInternet("net/udp6", .ipv6, .udp, directory, into: &table)
    readInternet("net/raw6", .ipv6, .raw, directory, into: &table)
    readUnix(directory, into: &table)
    readNetlink(directory, into: &table)
    files.errors = errors
    return table
  }

  /// `sl local remote state queues timer retransmits uid timeout inode …`; addresses are hexadecimal 32-bit words in
  /// the byte order of the host, ports hexadecimal. Source: net/ipv4/tcp_ipv4.c, `get_tcp4_sock`.
  private mutating func readInternet(
    _ file: String, _ family: SocketReading.Family, _ transport: SocketReading.Transport, _ directory: Int32,
    into table: inout SocketTable
  ) {
    var isHeader = true
    var found: [(UInt64, SocketReading)] = []
    files.forEachLine(file, in: directory) { line in
      if isHeader {
        isHeader = false
        return
      }
      var fields = TextScanner(line.copied())
      fields.skipWord()
      var socket = SocketReading(family: family, transport: transport)
      guard let local = ProcessReader.address(&fields, family), let localPort = fields.hex(),
        let remote = ProcessReader.address(&fields, family),
        let remotePort = fields.hex()
      else { return }
      for _ in 0..<6 { fields.skipWord() }
      guard let inode = fields.decimal(), inode != 0 else { return }
      (socket.local, socket.localPort) = (local, UInt16(truncatingIfNeeded: localPort))
      (socket.remote, socket.remotePort) = (remote, UInt16(truncatingIfNeeded: remotePort))
      found.append((inode, socket))
    }
    for (inode, socket) in found { table.sockets[inode] = socket }
  }

  private static func address(_ fields: inout TextScanner, _ family: SocketReading.Family) -> (
    high: UInt64, low: UInt64
  )? {
    fields.skipBlanks()
    var words: [UInt64] = []
    for _ in 0..<(family == .ipv4 ? 1 : 4) {
      var word: UInt64 = 0
      for _ in 0..<8 {
        guard fields.at < fields.bytes.count, let digit = TextScanner.hexDigit(fields.bytes[fields.at]) else {
          return nil
        }
        word = word << 4 | digit
        fields.at += 1
      }
      words.append(word)
    }
    guard fields.skip(58) else { return nil }
    return family == .ipv4 ? (words[0], 0) : (words[0] | words[1] << 32, words[2] | words[3] << 32)
  }

  /// `pointer: references protocol flags type state inode path`. Source: net/unix/af_unix.c, `unix_seq_show`.
  private mutating func readUnix(_ directory: Int32, into table: inout SocketTable) {
    var found: [(UInt64, SocketReading)] = []
    files.forEachLine("net/unix", in: directory) { line in
      var fields = TextScanner(line.copied())
      guard let pointer = fields.hex(), fields.skip(58) else { return }
      for _ in 0..<5 { fields.skipWord() }
      guard let inode = fields.decimal() else { return }
      fields.skipBlanks()
      var socket = SocketReading(family: .unix)
      socket.pointer = pointer
      socket.path = Array(fields.bytes[fields.at...])
      found.append((inode, socket))
    }
    for (inode, socket) in found { table.sockets[inode] = socket }
  }

  /// `pointer protocol port groups receive send dump locks drops inode`. Source: net/netlink/af_netlink.c.
  private mutating func readNetlink(_ directory: Int32, into table: inout SocketTable) {
    var found: [UInt64] = []
    files.forEachLine("net/netlink", in: directory) { line in
      var fields = TextScanner(line.copied())
      for _ in 0..<9 { fields.skipWord() }
      if let inode = fields.decimal() { found.append(inode) }
    }
    for inode in found { table.sockets[inode] = SocketReading(family: .netlink) }
  }
}

extension RawSpan {
  func copied() -> [UInt8] { unsafe withUnsafeBytes { unsafe [UInt8]($0) } }
}
