import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// Socket calls: addresses of the caller, and tuples of the kernel's socket.
  @Suite struct SocketTests {
    /// A bound, listening TCP socket on the loopback address, and its port.
    private func listener(_ family: Int32 = AF_INET) -> (descriptor: Int32, port: UInt16) {
      let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
      if family == AF_INET {
        var own = sockaddr_in()
        own.sin_family = sa_family_t(AF_INET)
        own.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafePointer(to: &own) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
      } else {
        var own = sockaddr_in6()
        own.sin6_family = sa_family_t(AF_INET6)
        own.sin6_addr = in6addr_loopback
        let size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = withUnsafePointer(to: &own) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
      }
      listen(descriptor, 5)
      return (descriptor, port(of: descriptor))
    }

    /// The local port of a socket, by getsockname.
    private func port(of descriptor: Int32) -> UInt16 {
      var bytes = [UInt8](repeating: 0, count: 128)
      var length = socklen_t(128)
      _ = bytes.withUnsafeMutableBytes {
        getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
      }
      return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }

    private let loopback4: [UInt8] = [127, 0, 0, 1]
    private let loopback6 = [UInt8](repeating: 0, count: 15) + [1]

    private func inet(_ port: UInt16) -> UInt64 {
      leak([2, 0, UInt8(port >> 8), UInt8(port & 0xff)] + loopback4 + [UInt8](repeating: 0, count: 8))
    }
    private func inet6(_ port: UInt16) -> UInt64 {
      leak([10, 0, UInt8(port >> 8), UInt8(port & 0xff), 0, 0, 0, 0] + loopback6 + [0, 0, 0, 0])
    }
    private func unix(_ path: [UInt8]) -> (UInt64, UInt64) { (leak([1, 0] + path), UInt64(2 + path.count)) }

    @Test(arguments: drivers) func socketMapsFamilyAndFlags(_ kind: DriverKind) throws {
      var descriptor: Int64 = -1
      let events = try record(kind, [.socket]) {
        descriptor = call(.socket, UInt64(AF_INET), UInt64(SOCK_DGRAM.rawValue) | 0x80800, 17)
        call(.socket, UInt64(AF_INET6), 99, 3)
        call(.socket, 40 /* AF_VSOCK has no portable value */, UInt64(SOCK_RAW.rawValue), 250)
      }
      close(Int32(descriptor))
      let made = events.of(.socket)
      try #require(made.count == 3)
      made[0].expect(["fd": .number(descriptor), "domain": 2, "type": 0x80802, "proto": 17, "flags": 0x1040])
      made[1].expect(["fd": .number(Int64(-EINVAL)), "domain": 10, "type": 99, "proto": 3, "flags": 0])
      made[2].expect(["fd": .satisfying { $0 < 0 }, "domain": 0, "type": 3, "proto": 250, "flags": 0])
    }

    @Test(arguments: drivers) func bindShowsTheAddressOfEachFamily(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let path = Array(scratch.file("s").utf8)
      let four = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let six = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
      let local = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      let abstract = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { for descriptor in [four, six, local, abstract] { close(descriptor) } }
      let (pathAddress, pathLength) = unix(path + [0])
      let (nameAddress, nameLength) = unix([0] + Array("windhover".utf8))
      var results: [Int64] = []
      let events = try record(kind, [.bind]) {
        results.append(call(.bind, UInt64(four), inet(0), 16))
        results.append(call(.bind, UInt64(six), inet6(0), 28))
        results.append(call(.bind, UInt64(local), pathAddress, pathLength))
        results.append(call(.bind, UInt64(abstract), nameAddress, nameLength))
        results.append(call(.bind, 999, inet(80), 16))
        results.append(call(.bind, UInt64(four), 0, 16))
        results.append(call(.bind, UInt64(four), inet(80), 0))
      }
      let made = events.of(.bind)
      try #require(made.count == 7)
      func check(_ index: Int, _ descriptor: Int64, _ address: Expected) {
        made[index].expect(["res": .number(results[index]), "addr": address, "fd": .number(descriptor)])
      }
      check(0, Int64(four), .bytes([2] + loopback4 + [0, 0]))
      check(1, Int64(six), .bytes([10] + loopback6 + [0, 0]))
      check(2, Int64(local), .bytes([1] + path + [0]))
      check(3, Int64(abstract), .bytes([1] + Array("windhover".utf8) + [0]))
      check(4, 999, .bytes([2] + loopback4 + [80, 0]))
      check(5, Int64(four), .empty)
      check(6, Int64(four), .empty)
    }

    @Test(arguments: drivers) func connectAndAcceptSeeTheSameConnection(_ kind: DriverKind) throws {
      let (server, serverPort) = listener()
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var accepted: Int64 = -1
      let events = try record(kind, [.connect, .connect_enter, .accept, .accept4, .listen]) {
        call(.listen, UInt64(server), 7)
        call(.connect, UInt64(client), inet(serverPort), 16)
        accepted = call(.accept, UInt64(server), 0, 0)
        call(.accept4, 999, 0, 0, 0x80800)
      }
      let clientPort = port(of: client)
      let tuple: [UInt8] = [2] + loopback4 + .wire(clientPort) + loopback4 + .wire(serverPort)
      let address: [UInt8] = [2] + loopback4 + .wire(serverPort)
      try events.only(.listen).expect(["res": 0, "fd": .number(Int64(server)), "backlog": 7])
      try events.only(.connect).expect([
        "res": 0, "tuple": .bytes(tuple), "fd": .number(Int64(client)), "addr": .bytes(address),
      ])
      try events.only(.connect_enter).expect(["fd": .number(Int64(client)), "addr": .bytes(address)])
      try events.only(.accept).expect([
        "fd": .number(accepted), "tuple": .bytes(tuple), "queuepct": 0, "queuelen": 0, "queuemax": 7,
      ])
      try events.only(.accept4).expect([
        "fd": .number(Int64(-EBADF)), "tuple": .empty, "queuepct": 0, "queuelen": 0, "queuemax": 0, "flags": 0x1040,
      ])
      for descriptor in [server, client, Int32(accepted)] { close(descriptor) }
    }

    @Test(arguments: drivers) func connectOverIPv6(_ kind: DriverKind) throws {
      let (server, serverPort) = listener(AF_INET6)
      let client = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
      let events = try record(kind, [.connect]) { call(.connect, UInt64(client), inet6(serverPort), 28) }
      let clientPort = port(of: client)
      try events.only(.connect).expect([
        "res": 0, "tuple": .bytes([10] + loopback6 + .wire(clientPort) + loopback6 + .wire(serverPort)),
        "fd": .number(Int64(client)), "addr": .bytes([10] + loopback6 + .wire(serverPort)),
      ])
      close(server)
      close(client)
    }

    @Test(arguments: drivers) func refusedConnectKeepsTheAddress(_ kind: DriverKind) throws {
      let (server, freePort) = listener()
      close(server)
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let events = try record(kind, [.connect]) { call(.connect, UInt64(client), inet(freePort), 16) }
      close(client)
      try events.only(.connect).expect([
        "res": .number(Int64(-ECONNREFUSED)), "tuple": .empty, "fd": .number(Int64(client)),
        "addr": .bytes([2] + loopback4 + .wire(freePort)),
      ])
    }

    @Test(arguments: drivers) func unixConnectNamesTheBoundPath(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let path = Array(scratch.file("s").utf8)
      let (address, length) = unix(path + [0])
      let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var accepted: Int64 = -1
      let events = try record(kind, [.connect, .accept4]) {
        call(.bind, UInt64(server), address, length)
        call(.listen, UInt64(server), 5)
        call(.connect, UInt64(client), address, length)
        accepted = call(.accept4, UInt64(server), 0, 0, 0x800)
      }
      let connected = try events.only(.connect)
      #expect(connected[bytes: "addr"] == [1] + path + [0])
      #expect(connected[bytes: "tuple"].dropFirst(17) == (path + [0])[...])
      let taken = try events.only(.accept4)
      #expect(taken[bytes: "tuple"].dropFirst(17) == (path + [0])[...])
      #expect(taken["flags"] == Int64(0x40))
      // The accepted socket is the client's peer: both events show the same two kernel sockets, peer first, local first.
      #expect(connected[bytes: "tuple"][1..<17] == taken[bytes: "tuple"][1..<17])
      for descriptor in [server, client, Int32(accepted)] { close(descriptor) }
    }

    @Test(arguments: drivers) func socketpairTellsBothEnds(_ kind: DriverKind) throws {
      let ends = UnsafeMutablePointer<Int32>.allocate(capacity: 2)
      let events = try record(kind, [.socketpair]) {
        call(.socketpair, UInt64(AF_UNIX), UInt64(SOCK_STREAM.rawValue), 0, address(ends))
        call(.socketpair, UInt64(AF_INET), UInt64(SOCK_STREAM.rawValue), 0, leak([UInt8](repeating: 0, count: 8)))
      }
      let made = events.of(.socketpair)
      try #require(made.count == 2)
      made[0].expect([
        "res": 0, "fd1": .number(Int64(ends[0])), "fd2": .number(Int64(ends[1])), "source": .satisfying { $0 != 0 },
        "peer": .satisfying { $0 != 0 && $0 != made[0]["source"] }, "domain": 1, "type": 1, "proto": 0,
      ])
      made[1].expect([
        "res": .number(Int64(-EOPNOTSUPP)), "fd1": -1, "fd2": -1, "source": 0, "peer": 0, "domain": 2, "type": 1,
        "proto": 0,
      ])
      close(ends[0])
      close(ends[1])
    }

    @Test(arguments: drivers) func sendtoShowsDataAndTheGivenAddress(_ kind: DriverKind) throws {
      let receiver = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      call(.bind, UInt64(receiver), inet(0), 16)
      let receiverPort = port(of: receiver)
      let sender = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      let data = Array("hello".utf8)
      let buffer = leak([UInt8](repeating: 0, count: 200)), from = leak([UInt8](repeating: 0, count: 128))
      let events = try record(kind, [.sendto, .recvfrom]) {
        call(.sendto, UInt64(sender), leak(data), 5, 0, inet(receiverPort), 16)
        call(.recvfrom, UInt64(receiver), buffer, 200, 0, from, leak(.wire(UInt32(128))))
        call(.sendto, 999, leak([UInt8](repeating: 7, count: 300)), 300, 0, 0, 0)
      }
      let senderPort = port(of: sender)
      let made = events.of(.sendto)
      try #require(made.count == 2)
      made[0].expect([
        "res": 5, "data": .bytes(data), "fd": .number(Int64(sender)), "size": 5,
        "tuple": .bytes([2, 0, 0, 0, 0] + .wire(senderPort) + loopback4 + .wire(receiverPort)),
      ])
      made[1].expect([
        "res": .number(Int64(-EBADF)), "data": .bytes([UInt8](repeating: 7, count: 80)), "fd": 999, "size": 300,
        "tuple": .empty,
      ])
      try events.only(.recvfrom).expect([
        "res": 5, "data": .bytes(data),
        "tuple": .bytes([2] + loopback4 + .wire(senderPort) + loopback4 + .wire(receiverPort)),
        "fd": .number(Int64(receiver)), "size": 200,
      ])
      close(sender)
      close(receiver)
    }

    @Test(arguments: drivers) func sendmsgGathersItsVectors(_ kind: DriverKind) throws {
      let ends = UnsafeMutablePointer<Int32>.allocate(capacity: 2)
      call(.socketpair, UInt64(AF_UNIX), UInt64(SOCK_STREAM.rawValue), 0, address(ends))
      let vectors = leak(.wire(leak(Array("first ".utf8)), UInt64(6), leak(Array("second".utf8)), UInt64(6)))
      let message = leak(.wire(UInt64(0), UInt64(0), vectors, UInt64(2), UInt64(0), UInt64(0), UInt64(0)))
      let buffer = leak([UInt8](repeating: 0, count: 64))
      let inVectors = leak(.wire(buffer, UInt64(64)))
      let inMessage = leak(.wire(UInt64(0), UInt64(0), inVectors, UInt64(1), UInt64(0), UInt64(0), UInt64(0)))
      let events = try record(kind, [.sendmsg, .recvmsg]) {
        call(.sendmsg, UInt64(ends[0]), message, 0)
        call(.recvmsg, UInt64(ends[1]), inMessage, 0)
        call(.sendmsg, 999, message, 0)
        call(.sendmsg, UInt64(ends[0]), 16, 0)
      }
      let made = events.of(.sendmsg)
      try #require(made.count == 3)
      let isUnix: ([UInt8]) -> Bool = { $0.first == 1 && $0.count == 18 && $0.last == 0 }
      made[0].expect([
        "res": 12, "data": .bytes(Array("first second".utf8)), "fd": .number(Int64(ends[0])), "size": 12,
        "tuple": .bytesSatisfying(isUnix),
      ])
      made[1].expect([
        "res": .number(Int64(-EBADF)), "data": .bytes(Array("first second".utf8)), "fd": 999, "size": 12,
        "tuple": .empty,
      ])
      #expect(made[2]["res"] == Int64(-EFAULT))
      #expect(made[2][bytes: "data"].isEmpty)
      try events.only(.recvmsg).expect([
        "res": 12, "size": 12, "data": .bytes(Array("first second".utf8)), "tuple": .bytesSatisfying(isUnix),
        "msgcontrol": .empty, "fd": .number(Int64(ends[1])),
      ])
      close(ends[0])
      close(ends[1])
    }

    @Test(arguments: drivers) func sendmmsgMakesOneEventPerMessage(_ kind: DriverKind) throws {
      let ends = UnsafeMutablePointer<Int32>.allocate(capacity: 2)
      call(.socketpair, UInt64(AF_UNIX), UInt64(SOCK_DGRAM.rawValue), 0, address(ends))
      var messages: [UInt8] = []
      for part in ["one", "three"] {
        let vectors = leak(.wire(leak(Array(part.utf8)), UInt64(part.utf8.count)))
        messages += .wire(UInt64(0), UInt64(0), vectors, UInt64(1), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
      }
      let vector = leak(messages)
      let events = try record(kind, [.sendmmsg]) {
        call(.sendmmsg, UInt64(ends[0]), vector, 2, 0)
        call(.sendmmsg, 999, vector, 2, 0)
      }
      let made = events.of(.sendmmsg)
      try #require(made.count == 3)
      for (index, part) in ["one", "three"].enumerated() {
        made[index].expect([
          "res": .number(Int64(part.utf8.count)), "fd": .number(Int64(ends[0])),
          "size": .number(Int64(part.utf8.count)),
          "data": .bytes(Array(part.utf8)), "tuple": .bytesSatisfying { $0.first == 1 },
        ])
      }
      made[2].expect(["res": .number(Int64(-EBADF)), "fd": 999, "size": 0, "data": .empty, "tuple": .empty])
      close(ends[0])
      close(ends[1])
    }

    @Test(arguments: drivers) func socketOptionsHaveTheTypeOfTheOption(_ kind: DriverKind) throws {
      let descriptor = UInt64(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
      let events = try record(kind, [.setsockopt, .getsockopt]) {
        call(.setsockopt, descriptor, 1, UInt64(SO_REUSEADDR), leak(.wire(Int32(1))), 4)
        call(.setsockopt, descriptor, 1, UInt64(SO_RCVTIMEO), leak(.wire(Int64(2), Int64(500_000))), 16)
        call(.setsockopt, descriptor, 6, 1, leak(.wire(Int32(1))), 4)
        call(.getsockopt, descriptor, 1, UInt64(SO_ERROR), leak(.wire(Int32(99))), leak(.wire(Int32(4))))
      }
      close(Int32(descriptor))
      let made = events.of(.setsockopt)
      try #require(made.count == 3)
      let fd = Expected.number(Int64(descriptor))
      made[0].expect(["res": 0, "fd": fd, "level": 1, "optname": 2, "val": .bytes([2, 1, 0, 0, 0]), "optlen": 4])
      made[1].expect([
        "res": 0, "fd": fd, "level": 1, "optname": 20, "val": .bytes([4] + .wire(Int64(2_500_000_000))), "optlen": 16,
      ])
      made[2].expect(["res": 0, "fd": fd, "level": 2, "optname": 0, "val": .bytes([0, 1, 0, 0, 0]), "optlen": 4])
      try events.only(.getsockopt).expect([
        "res": 0, "fd": fd, "level": 1, "optname": 4, "val": .bytes([1] + .wire(Int64(0))), "optlen": 4,
      ])
    }
  }
}

/// Bytes at an address that stays good for the rest of the process.
func leak(_ bytes: [UInt8]) -> UInt64 {
  let memory = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 8)
  memory.copyMemory(from: bytes, byteCount: bytes.count)
  return address(memory)
}
