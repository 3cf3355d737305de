import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// Data that moves between descriptors, at positions, or several messages at a time.
  @Suite struct MovedDataTests {
    private func check(
      _ kind: DriverKind, _ code: SyscallCode, _ arguments: [UInt64], sourceLocation: SourceLocation = #_sourceLocation,
      _ expected: (Int64) -> KeyValuePairs<String, Expected>
    ) throws {
      try checkCall(kind, code, arguments, expected, sourceLocation: sourceLocation)
    }

    @Test(arguments: drivers) func betweenDescriptors(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let source = open(scratch.file("a"), O_RDWR | O_CREAT, 0o600)
      let target = open(scratch.file("b"), O_RDWR | O_CREAT, 0o600)
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      defer { for descriptor in [source, target] + ends { close(descriptor) } }
      try #require(write(source, "0123456789", 10) == 10)
      lseek(source, 0, SEEK_SET)
      try check(kind, .splice, [UInt64(source), 0, UInt64(ends[1]), 0, 4, 5]) { _ in
        ["res": 4, "fd_in": .number(Int64(source)), "fd_out": .number(Int64(ends[1])), "size": 4, "flags": 5]
      }
      let from = leak(.wire(UInt64(2))), to = leak(.wire(UInt64(0)))
      try check(kind, .copy_file_range, [UInt64(source), from, UInt64(target), to, 5, 0]) { result in
        #expect(result == 5)
        return [
          "res": 5, "fdout": .number(Int64(target)), "offout": .number(Int64(to)), "fdin": .number(Int64(source)),
          "offin": .number(Int64(from)), "len": 5,
        ]
      }
      let vectors = leak(.wire(leak(Array("ab".utf8)), UInt64(2), leak(Array("cde".utf8)), UInt64(3)))
      try check(kind, .pwritev, [UInt64(target), vectors, 2, 100, 0]) { _ in
        ["res": 5, "data": .bytes(Array("abcde".utf8)), "fd": .number(Int64(target)), "size": 5, "pos": 100]
      }
    }

    @Test(arguments: drivers) func recvmmsgMakesOneEventPerMessage(_ kind: DriverKind) throws {
      var ends: [Int32] = [0, 0]
      try #require(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &ends) == 0)
      defer { for descriptor in ends { close(descriptor) } }
      for part in ["one", "three"] { try #require(send(ends[0], part, part.utf8.count, 0) == part.utf8.count) }
      var messages: [UInt8] = []
      for _ in 0..<2 {
        let vectors = leak(.wire(leak([UInt8](repeating: 0, count: 16)), UInt64(16)))
        messages += .wire(UInt64(0), UInt64(0), vectors, UInt64(1), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
      }
      let vector = leak(messages)
      var received: Int64 = 0
      let events = try record(kind, [.recvmmsg]) {
        received = call(.recvmmsg, UInt64(ends[1]), vector, 2, 0, 0)
        call(.recvmmsg, 999, vector, 2, 0, 0)
      }
      try #require(received == 2)
      let made = events.of(.recvmmsg)
      try #require(made.count == 3)
      for (index, part) in ["one", "three"].enumerated() {
        let size = Expected.number(Int64(part.utf8.count))
        made[index].expect([
          "res": size, "fd": .number(Int64(ends[1])), "size": size, "data": .bytes(Array(part.utf8)),
          "tuple": .bytesSatisfying { $0.first == 1 && $0.count == 18 }, "msgcontrol": .empty,
        ])
      }
      made[2].expect([
        "res": .number(Int64(-EBADF)), "fd": 999, "size": 0, "data": .empty, "tuple": .empty, "msgcontrol": .empty,
      ])
    }

    @Test(arguments: drivers) func endsOfSockets(_ kind: DriverKind) throws {
      var ends: [Int32] = [0, 0]
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      defer { for descriptor in ends { close(descriptor) } }
      try check(kind, .shutdown, [UInt64(ends[0]), 1]) { _ in ["res": 0, "fd": .number(Int64(ends[0])), "how": 1] }
      try check(kind, .shutdown, [999, 77]) { _ in ["res": .number(Int64(-EBADF)), "fd": 999, "how": 255] }
      let name = leak([UInt8](repeating: 0, count: 128)), length = leak(.wire(UInt32(128)))
      try check(kind, .getsockname, [UInt64(ends[0]), name, length]) { _ in [:] }
      try check(kind, .getpeername, [UInt64(ends[0]), name, length]) { _ in [:] }
    }
  }
}
