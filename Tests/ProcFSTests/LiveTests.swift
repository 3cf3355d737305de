import EventSchema
import Glibc
import ProcFS
import SystemState
import Testing

/// This host, against other ways to ask it: system calls and /proc links read here, and ps(1).
@Suite struct LiveTests {
  private func text(_ handle: TextHandle, _ state: borrowing SystemState) -> String {
    state.texts.bytes(handle).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  private func link(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes {
      readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), 4096)
    }
    return count < 0 ? nil : String(decoding: buffer[0..<count], as: UTF8.self)
  }

  private func output(of command: String) -> [String] {
    guard let stream = popen(command, "r") else { return [] }
    defer { pclose(stream) }
    var lines: [String] = []
    var buffer = [CChar](repeating: 0, count: 4096)
    while fgets(&buffer, 4096, stream) != nil {
      lines.append(String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return lines
  }

  private func scan(_ result: inout ScanResult) -> SystemState {
    var state = SystemState(machine: .current())
    result = state.scanProcesses(ProcFS())
    return state
  }

  @Test func thisProcessIsWhatTheSystemSaysOfIt() {
    // A file, a directory, a pipe and two sockets of known ends.
    let file = open("/etc/passwd", O_RDONLY | O_CLOEXEC)
    let folder = open("/tmp", O_RDONLY | O_DIRECTORY)
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        #expect(bind(server, $0, length) == 0)
        #expect(listen(server, 4) == 0)
        #expect(getsockname(server, $0, &length) == 0)
      }
    }
    let port = UInt16(bigEndian: address.sin_port)
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { #expect(connect(client, $0, length) == 0) }
    }
    let accepted = accept(server, nil, nil)
    defer { for handle in [file, folder, ends[0], ends[1], server, client, accepted] { close(handle) } }

    var result = ScanResult()
    let state = scan(&result)
    #expect(result.isComplete)
    let slot = state.threads.find(getpid())
    #expect(slot != Slot.none)
    let entry = state.threads[slot]
    #expect(entry.pid == getpid())
    #expect(entry.ptid == getppid() || entry.ptid == 0)
    #expect(entry.uid == geteuid())
    #expect(entry.gid == getegid())
    #expect(entry.sid == getsid(0))
    #expect(entry.pgid == getpgid(0))
    #expect(text(entry.exepath, state) == link("/proc/self/exe"))
    #expect(text(entry.cwd, state) == link("/proc/self/cwd").map { $0.hasSuffix("/") ? $0 : $0 + "/" })
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #expect(entry.descriptorLimit == Int64(bitPattern: UInt64(limit.rlim_cur)))
    #expect(entry.liveThreads >= 1)

    func descriptor(_ number: Int32) -> Descriptor? {
      let found = state.descriptors.find(state.threads.files(of: slot), Int64(number))
      return found == Slot.none ? nil : state.descriptors[found]
    }
    var status = stat()
    fstat(file, &status)
    #expect(descriptor(file)?.kind == .file)
    #expect(descriptor(file).map { text($0.name, state) } == "/etc/passwd")
    #expect(descriptor(file)?.inode == UInt64(status.st_ino))
    #expect(descriptor(file)?.flags.contains(.closeOnExec) == true)
    #expect(descriptor(folder)?.kind == .directory)
    #expect(descriptor(folder)?.flags.contains(.closeOnExec) == false)
    #expect(descriptor(ends[0])?.kind == .fifo)
    #expect(descriptor(ends[0])?.inode == descriptor(ends[1])?.inode)
    #expect(descriptor(server)?.kind == .ipv4Server)
    #expect(descriptor(server).map { text($0.name, state) } == "127.0.0.1:\(port)")
    #expect(descriptor(client)?.destinationPort == port)
    #expect(descriptor(client)?.flags.contains(.roleClient) == true)
    #expect(descriptor(accepted)?.flags.contains(.roleServer) == true)
    #expect(
      descriptor(accepted).map { text($0.name, state) } == descriptor(client).map { text($0.name, state) },
      "both see the connection from the client to the server")
  }

  @Test(.enabled(if: access("/usr/bin/ps", X_OK) == 0 || access("/bin/ps", X_OK) == 0, "no ps on this host"))
  func allProcessesAreThoseThatPsShows() {
    func listed() -> [Int32: (parent: Int32, session: Int32, user: UInt32, comm: String)] {
      var table: [Int32: (Int32, Int32, UInt32, String)] = [:]
      for line in output(of: "ps -eo pid=,ppid=,sid=,euid=,comm=") {
        let words = line.split(separator: " ", maxSplits: 4).map(String.init)
        guard words.count == 5, let pid = Int32(words[0]) else { continue }
        table[pid] = (Int32(words[1]) ?? -1, Int32(words[2]) ?? -1, UInt32(words[3]) ?? .max, words[4])
      }
      return table
    }
    let before = listed()
    var result = ScanResult()
    let state = scan(&result)
    let after = listed()
    var compared = 0
    for (pid, process) in before {
      guard let still = after[pid], still == process, !process.comm.hasSuffix("<defunct>") else { continue }
      let slot = state.threads.find(pid)
      // Kernel threads have neither a command line nor an executable.
      if slot == Slot.none {
        #expect(link("/proc/\(pid)/exe") == nil, "\(pid) \(process.comm) is missing")
        continue
      }
      compared += 1
      #expect(state.threads[slot].uid == process.user)
      #expect(state.threads[slot].sid == process.session)
      #expect(text(state.threads[slot].comm, state).hasPrefix(process.comm))
      if state.threads.find(process.parent) != Slot.none, pid != 1 {
        #expect(state.threads[slot].ptid == process.parent)
      }
    }
    #expect(compared > 0)
    print("compared \(compared) processes with ps")
  }

  @Test func theScanIsFast() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let start = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    var result = ScanResult()
    _ = scan(&result)
    clock_gettime(CLOCK_MONOTONIC, &time)
    let spent = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec) - start
    print(
      "\(result.processes) processes, \(result.threads) threads, \(result.descriptors) descriptors in \(spent / 1000) µs"
    )
    #expect(spent < 2_000_000_000)
  }

  @Test func theMachineHasALoopbackAddressAndABootTime() {
    let machine = Machine.current()
    #expect(machine.addressesV4.contains(IPAddress(v4: 0x0100_007f)))
    #expect(machine.addressesV4.count == machine.masksV4.count)
    var uptime = timespec()
    clock_gettime(CLOCK_BOOTTIME, &uptime)
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let expected = now.tv_sec - uptime.tv_sec
    #expect(abs(Int(machine.bootTime / 1_000_000_000) - expected) <= 1)
    #expect(!machine.hostName.isEmpty)
  }
}
