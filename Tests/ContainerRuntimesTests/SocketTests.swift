import BackgroundWork
import Glibc
import Testing

@testable import ContainerRuntimes

/// A socket whose other end does what a broken or hostile runtime may do.
@Suite struct SocketTests {
  @Test func nobodyThereIsSaidAtOnce() {
    let socket = RuntimeSocket(path: "/tmp/windhover-nobody.sock")
    #expect(throws: RuntimeError.system(ENOENT, "/tmp/windhover-nobody.sock")) { _ = try socket.get("/") }
    #expect(throws: RuntimeError.self) { _ = try RuntimeSocket(path: String(repeating: "x", count: 200)).get("/") }
  }

  @Test(arguments: [false, true])
  func silenceEndsWithTheTime(grpc: Bool) throws {
    let listener = try Listener { connection in
      // Reads, and never answers.
      var byte: UInt8 = 0
      while read(connection, &byte, 1) > 0 {}
    }
    var limits = RuntimeSocket.Limits()
    limits.milliseconds = 150
    let socket = RuntimeSocket(path: listener.path, limits: limits)
    let clock = ContinuousClock()
    let time = clock.measure {
      #expect(throws: RuntimeError.system(ETIMEDOUT, listener.path)) {
        if grpc { _ = try socket.call("/a/B", []) } else { _ = try socket.get("/") }
      }
    }
    #expect(time < .seconds(2))
  }

  @Test func aTrickleEndsWithTheTime() throws {
    let listener = try Listener { connection in
      while write(connection, "x", 1) == 1 { usleep(10_000) }
    }
    var limits = RuntimeSocket.Limits()
    limits.milliseconds = 200
    let socket = RuntimeSocket(path: listener.path, limits: limits)
    #expect(throws: RuntimeError.system(ETIMEDOUT, listener.path)) { _ = try socket.get("/") }
  }

  @Test func aFloodEndsWithTheSize() throws {
    let listener = try Listener { connection in
      let block = [UInt8](repeating: 0x20, count: 65_536)
      while write(connection, block, block.count) > 0 {}
    }
    var limits = RuntimeSocket.Limits()
    limits.bytes = 1 << 20
    let socket = RuntimeSocket(path: listener.path, limits: limits)
    #expect(throws: RuntimeError.system(EMSGSIZE, listener.path)) { _ = try socket.get("/") }
  }

  @Test func anAnswerArrives() throws {
    let listener = try Listener { connection in
      var request = [UInt8](repeating: 0, count: 4096)
      _ = read(connection, &request, request.count)
      let text = "HTTP/1.0 200 OK\r\n\r\n[1]"
      _ = write(connection, text, text.utf8.count)
    }
    #expect(try RuntimeSocket(path: listener.path).get("/").body == Array("[1]".utf8))
  }
}

/// Accepts one connection and hands it to a thread.
final class Listener: @unchecked Sendable {
  let path: String
  private let socket: Int32

  init(_ serve: @escaping @Sendable (Int32) -> Void) throws {
    var name = Array("/tmp/windhover-runtime-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw RuntimeError.system(errno, "mkdtemp") }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/socket"
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard bound == 0, listen(socket, 5) == 0 else { throw RuntimeError.system(errno, path) }
    let listening = socket
    startThread {
      let connection = accept(listening, nil, nil)
      guard connection >= 0 else { return }
      serve(connection)
      close(connection)
    }
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
    unlink(path)
    rmdir(String(path.dropLast(7)))
  }
}
