import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// io_uring: its three calls on a real ring, and the requests that bypass calls.
  @Suite struct RingTests {
    /// A ring of eight entries, mapped; its descriptor is closed with it.
    private final class Ring {
      let descriptor: Int64
      private let ring: UnsafeMutableRawPointer
      private let entries: UnsafeMutableRawPointer
      private let parameters: [UInt32]

      /// - Parameter made: Called with the address of the kernel's parameters, to make the ring.
      init(_ make: (UInt64) -> Int64) throws {
        let memory = UnsafeMutablePointer<UInt32>.allocate(capacity: 30)
        memory.initialize(repeating: 0, count: 30)
        defer { memory.deallocate() }
        descriptor = make(address(memory))
        parameters = Array(UnsafeBufferPointer(start: memory, count: 30))
        guard descriptor >= 0 else { throw NoSuchEvent(description: "io_uring_setup: \(descriptor)") }
        let protection = PROT_READ | PROT_WRITE
        ring = mmap(nil, 4096, protection, MAP_SHARED, Int32(descriptor), 0)!
        entries = mmap(nil, 4096, protection, MAP_SHARED, Int32(descriptor), 0x1000_0000)!
        guard ring != MAP_FAILED, entries != MAP_FAILED else { throw NoSuchEvent(description: "mmap of the ring") }
      }

      deinit {
        munmap(ring, 4096)
        munmap(entries, 4096)
        close(Int32(descriptor))
      }

      /// The first words of struct io_uring_params as the kernel left them, then the offsets of the submission ring.
      subscript(word: Int) -> UInt32 { parameters[word] }

      /// Puts one request on the ring: struct io_uring_sqe.
      func put(
        op: UInt8, flags: UInt8 = 0, fd: Int32 = -1, offset: UInt64 = 0, address: UInt64 = 0, length: UInt32 = 0,
        opFlags: UInt32 = 0, data: UInt64
      ) {
        let (tailAt, maskAt, arrayAt) = (Int(parameters[11]), Int(parameters[12]), Int(parameters[16]))
        let tail = ring.load(fromByteOffset: tailAt, as: UInt32.self)
        let index = tail & ring.load(fromByteOffset: maskAt, as: UInt32.self)
        let entry = entries + 64 * Int(index)
        memset(entry, 0, 64)
        entry.storeBytes(of: op, as: UInt8.self)
        entry.storeBytes(of: flags, toByteOffset: 1, as: UInt8.self)
        entry.storeBytes(of: fd, toByteOffset: 4, as: Int32.self)
        entry.storeBytes(of: offset, toByteOffset: 8, as: UInt64.self)
        entry.storeBytes(of: address, toByteOffset: 16, as: UInt64.self)
        entry.storeBytes(of: length, toByteOffset: 24, as: UInt32.self)
        entry.storeBytes(of: opFlags, toByteOffset: 28, as: UInt32.self)
        entry.storeBytes(of: data, toByteOffset: 32, as: UInt64.self)
        ring.storeBytes(of: index, toByteOffset: arrayAt + 4 * Int(index), as: UInt32.self)
        // Nobody else looks before io_uring_enter.
        ring.storeBytes(of: tail + 1, toByteOffset: tailAt, as: UInt32.self)
      }
    }

    private func makeRing() throws -> Ring { try Ring { call(.io_uring_setup, 8, $0) } }

    @Test(arguments: drivers) func setupEnterAndRegisterOfARealRing(_ kind: DriverKind) throws {
      var made: Ring?
      var entered: Int64 = -1, registered: Int64 = -1
      let probe = leak([UInt8](repeating: 0, count: 16 + 8 * 8))
      let events = try record(kind, [.io_uring_setup, .io_uring_enter, .io_uring_register]) {
        let ring = try makeRing()
        ring.put(op: 0, data: 1)
        entered = call(.io_uring_enter, UInt64(ring.descriptor), 1, 1, 1 /* GETEVENTS */, 0, 0)
        registered = call(.io_uring_register, UInt64(ring.descriptor), 8 /* REGISTER_PROBE */, probe, 8)
        made = ring
      }
      let ring = try #require(made)
      let fd = Expected.number(ring.descriptor)
      let names = Schema.flags(.io_uring_setup_feats)!.flags
      try events.only(.io_uring_setup).expect([
        "res": fd, "entries": 8, "sq_entries": .number(Int64(ring[0])), "cq_entries": .number(Int64(ring[1])),
        "flags": 0, "sq_thread_cpu": 0, "sq_thread_idle": 0,
        // IORING_FEAT_SINGLE_MMAP is bit 0, IORING_FEAT_NODROP bit 1: both are there since 5.5.
        "features": .satisfying { features in
          ["IORING_FEAT_SINGLE_MMAP", "IORING_FEAT_NODROP"].allSatisfy { name in
            names.contains { $0.symbol == name && features & $0.value != 0 }
          }
        },
      ])
      #expect(entered == 1 && registered == 0)
      let getEvents = Schema.flags(.io_uring_enter_flags)!.flags.first { $0.symbol == "IORING_ENTER_GETEVENTS" }!.value
      try events.only(.io_uring_enter).expect([
        "res": 1, "fd": fd, "to_submit": 1, "min_complete": 1,
        "flags": .number(getEvents),
        "sig": 0,
      ])
      try events.only(.io_uring_register).expect([
        "res": 0, "fd": fd,
        "opcode": .number(
          Schema.flags(.io_uring_register_opcodes)!.flags.first { $0.symbol == "IORING_REGISTER_PROBE" }!.value),
        "arg": .number(Int64(probe)), "nr_args": 8,
      ])
    }

    /// Only the modern eBPF driver reads the kernel's request: no header shows its structure, and no call passes a tracer.
    private static let withRequests = drivers.filter { $0 == .modernEBPF }

    @Test(arguments: withRequests) func requestsThatBypassCallsAreSeen(_ kind: DriverKind) throws {
      let scratch = try Scratch()
      let path = scratch.file("secret"), link = scratch.file("link")
      close(creat(path, 0o600))
      let ring = try makeRing()
      let buffer = leak([UInt8](repeating: 0, count: 16))
      let target = leak([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let file = open(path, O_RDONLY)
      let directory = open(scratch.path, O_RDONLY | O_DIRECTORY)
      defer { for descriptor in [client, file, directory] { close(descriptor) } }
      var submitted: Int64 = 0
      let events = try record(kind, [.io_uring_submit, .openat, .read, .connect]) {
        ring.put(op: 0, data: 0x11)
        ring.put(op: 18, fd: -100, address: text(path), opFlags: UInt32(O_RDWR | O_CLOEXEC), data: 0x12)
        ring.put(op: 22, flags: 0x4, fd: file, address: buffer, length: 16, data: 0x13)
        ring.put(op: 16, fd: client, offset: 16, address: target, data: 0x14)
        ring.put(
          op: 35, fd: directory, offset: text("moved"), address: text("secret"), length: UInt32(directory), data: 0x15)
        ring.put(op: 36, fd: -100, address: text(link), data: 0x16)
        ring.put(op: 37, fd: directory, address: text("made"), length: 0o700, data: 0x17)
        submitted = call(.io_uring_enter, UInt64(ring.descriptor), 7, 7, 1, 0, 0)
      }
      // mkdirat, the last one, came with 5.15 (and with what 5.10's stable series took over from it, without this part).
      let count = supports(37, on: ring.descriptor) ? 7 : 6
      #expect(submitted == 7)
      #expect(events.of(.openat).isEmpty && events.of(.read).isEmpty && events.of(.connect).isEmpty)
      let made = events.of(.io_uring_submit)
      try #require(made.count == count)
      func check(
        _ index: Int, _ op: Int64, fd: Int64, flags: Int64 = 0, openFlags: Int64 = 0, path: Expected = .empty,
        newfd: Int64 = -1, newpath: Expected = .empty, address: Expected = .empty
      ) {
        made[index].expect([
          // The kernel itself adds IOSQE_ASYNC to requests that have to wait for a filesystem.
          "op": .number(op), "flags": .satisfying { $0 & ~0x10 == flags }, "user_data": .number(Int64(0x11 + index)),
          "open_flags": .number(openFlags), "fd": .number(fd), "path": path, "newfd": .number(newfd),
          "newpath": newpath, "addr": address,
        ])
      }
      check(0, 0, fd: -1)
      // O_RDWR, O_CLOEXEC, and O_LARGEFILE, which a 64-bit kernel adds.
      check(1, 18, fd: -100, openFlags: 0x1803, path: .text(path))
      // Before 5.19, whose last operation is 45, a request on an open file keeps the file and not its descriptor.
      let tellsDescriptor = supports(45, on: ring.descriptor)
      check(2, 22, fd: tellsDescriptor ? Int64(file) : -1, flags: 0x4)
      check(3, 16, fd: tellsDescriptor ? Int64(client) : -1, address: .bytes([2, 127, 0, 0, 1, 80, 0]))
      check(4, 35, fd: Int64(directory), path: "secret", newfd: Int64(directory), newpath: "moved")
      check(5, 36, fd: -100, path: .text(link))
      if count == 7 { check(6, 37, fd: Int64(directory), path: "made") }
    }

    /// Whether this kernel knows an operation: IORING_REGISTER_PROBE, struct io_uring_probe.
    private func supports(_ operation: Int, on ring: Int64) -> Bool {
      let probe = leak([UInt8](repeating: 0, count: 16 + 8 * 64))
      guard call(.io_uring_register, UInt64(ring), 8, probe, 64) == 0 else { return false }
      let entry = UnsafeRawPointer(bitPattern: UInt(probe))! + 16 + 8 * operation
      return entry.load(fromByteOffset: 2, as: UInt16.self) & 1 != 0
    }
  }
}
