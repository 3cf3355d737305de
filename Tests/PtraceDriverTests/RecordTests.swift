import CPtrace
import CTracee
import Capture
import EventSchema
import Glibc
import Testing

/// What a tracer reads of a child that does nothing, apart from how it is followed: the cases that no ordinary call
/// reaches.
@Suite(.serialized) struct RecordTests {
  /// A child of this process, as it is now: only what is in memory before is in the child.
  final class Child {
    var tracee = wh_tracee()
    private let room = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(WH_TRACE_ROOM))

    init() throws {
      let child = wh_idle_child()
      try #require(child > 0, "fork: errno \(-child)")
      wh_tracee_init(&tracee, child, child)
    }
    deinit {
      let child = tracee.tid
      wh_tracee_release(&tracee)
      wh_end_child(child)
      room.deallocate()
    }

    /// The parameters of the only record that a call makes; `nil` as result is a call that has not finished.
    func parameters(_ type: EventType, _ arguments: [UInt64], result: Int64?, paths: Bool = false) throws -> [[UInt8]] {
      var stop = wh_stop()
      stop.snaplen = 80
      stop.resolves_paths = paths
      stop.has_result = result != nil
      stop.result = result ?? 0
      withUnsafeMutableBytes(of: &stop.arguments) { all in
        for (index, argument) in arguments.enumerated() {
          all.storeBytes(of: argument, toByteOffset: 8 * index, as: UInt64.self)
        }
      }
      let length = withUnsafeMutablePointer(to: &tracee) { tracee in
        stop.tracee = tracee
        return wh_trace_record(&stop, type.rawValue, room, Int(WH_TRACE_ROOM))
      }
      try #require(length > 0)
      let record = Array(UnsafeBufferPointer(start: room, count: Int(length)))
      let event = try EventView(validating: record.span.bytes)
      return (0..<event.parameterCount).map { index in
        let bytes = event.bytes(index)
        return (0..<bytes.byteCount).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
      }
    }
  }

  private func text(_ string: String) -> UInt64 { UInt64(UInt(bitPattern: strdup(string)!)) }
  private func terminated(_ string: String) -> [UInt8] { Array(string.utf8) + [0] }
  private let here = UInt64(bitPattern: -100)

  @Test func stringBesideAnUnmappedPageIsRead() throws {
    let page = 4096
    let memory = mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    munmap(memory + page, page)
    let name = terminated("/at/the/edge")
    let at = memory + page - name.count
    at.copyMemory(from: name, byteCount: name.count)
    let child = try Child()
    let address = UInt64(UInt(bitPattern: at))
    #expect(try child.parameters(.openat, [here, address, 0], result: -2)[2] == name)
    // Without its NUL it runs into the hole.
    #expect(try child.parameters(.openat, [here, address + UInt64(name.count), 0], result: -2)[2].isEmpty)
    munmap(memory, page)
  }

  @Test func callWithoutAResultHasNone() throws {
    let path = text("/a")
    let child = try Child()
    let made = try child.parameters(.openat, [here, path, 0], result: nil)
    #expect(made[0].isEmpty)
    #expect(made[2] == terminated("/a"))
    #expect(made[5] == [0, 0, 0, 0])
  }

  @Test func eventThatNoDriverFillsIsRefused() throws {
    var tracee = wh_tracee()
    wh_tracee_init(&tracee, getpid(), getpid())
    var room = [UInt8](repeating: 0, count: 1 << 16)
    withUnsafeMutablePointer(to: &tracee) { tracee in
      var stop = wh_stop()
      stop.tracee = tracee
      for event in [UInt16(0), EventType.drop.rawValue, .max] {
        #expect(wh_trace_record(&stop, event, &room, room.count) == Int64(WH_TRACE_UNKNOWN_EVENT))
      }
    }
    wh_tracee_release(&tracee)
  }

  @Test func nameOfADeletedFileHasNoMark() throws {
    let plain = "/tmp/windhover-record-\(getpid())", odd = plain + " (deleted)"
    let gone = open(plain, O_RDWR | O_CREAT, 0o600)
    unlink(plain)
    let kept = open(odd, O_RDWR | O_CREAT, 0o600)
    let child = try Child()
    // open_by_handle_at: its path is the third parameter.
    #expect(try child.parameters(.open_by_handle_at, [0, 0, 0], result: Int64(gone))[3] == terminated(plain))
    #expect(try child.parameters(.open_by_handle_at, [0, 0, 0], result: Int64(kept))[3] == terminated(odd))
    unlink(odd)
    #expect(try child.parameters(.open_by_handle_at, [0, 0, 0], result: Int64(kept))[3] == terminated(odd))
    close(gone)
    close(kept)
  }

  /// The tables of /proc tell the same of a connection as the socket itself.
  @Test(arguments: [AF_INET, AF_INET6]) func tuplesNeedNoCopyOfTheSocket(_ family: Int32) throws {
    let server = socket(family, Int32(SOCK_STREAM.rawValue), 0), client = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    var address = [UInt8](repeating: 0, count: 128)
    var length = socklen_t(family == AF_INET ? 16 : 28)
    address[0] = UInt8(family)
    if family == AF_INET { address.replaceSubrange(4..<8, with: [127, 0, 0, 1]) } else { address[23] = 1 }
    address.withUnsafeMutableBytes { bytes in
      let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      bind(server, pointer, length)
      listen(server, 3)
      getsockname(server, pointer, &length)
      connect(client, pointer, length)
    }
    let child = try Child()
    let arguments = [UInt64(client), 0, 0]
    let asked = try child.parameters(.sendto, arguments, result: 0)[4]
    child.tracee.can_get_descriptors = false
    let found = try child.parameters(.sendto, arguments, result: 0)[4]
    #expect(asked.count == (family == AF_INET ? 13 : 37))
    #expect(found == asked)
    close(server)
    close(client)
  }
}
