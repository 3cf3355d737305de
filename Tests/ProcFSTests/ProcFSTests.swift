import CaptureTesting
import EventSchema
import Glibc
import ProcFS
import SystemState
import Testing

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct ReadingTests {
  @Test func aProcessIsReadFromItsFiles() {
    let fake = FakeProcFS()
    fake.process(
      42, parent: 7, comm: "a) b (c", arguments: ["python3", "-m", "http.server"], exe: "/usr/bin/python3 (deleted)",
      uid: 33, gid: 44, session: 40, startTicks: 250, namespaceIDs: [1], environment: ["A=1", "B=2"], cwd: "/srv",
      cgroup: "4:cpu,cpuacct:/x\n1:name=systemd:/y\n0::/z\n", threads: [43])
    var reader = ProcessReader(ProcFS(root: fake.root + "/"))
    #expect(reader.processes() == [42, 43])
    let process = reader.read(42, wantsThreads: true, descriptorLimit: 10)
    let main = process?.main
    #expect(main?.pid == 42)
    #expect(main?.ptid == 7)
    #expect(main?.uid == 33, "the effective one")
    #expect(main?.gid == 44)
    #expect(main?.sid == 40)
    #expect(main?.vpid == 1)
    #expect(main?.vtid == 1)
    #expect(main?.pgid == 42)
    #expect(main?.vpgid == 1)
    #expect(main?.loginuid == 1000)
    #expect(main?.tty == 34816)
    #expect(main?.capEffective == 0xff)
    #expect(main?.capPermitted == 0x1ff_ffff_ffff)
    #expect(main?.minorFaults == 30)
    #expect(main?.majorFaults == 2)
    #expect(main?.vmSize == 4000)
    #expect(main?.vmRSS == 1000)
    #expect(main?.vmSwap == 5)
    #expect(main?.startTime == 2_500_000_000)
    #expect(main?.descriptorLimit == 1024)
    #expect(main.map { text($0.comm) } == "a) b (c")
    #expect(main.map { text($0.exe) } == "python3")
    #expect(main.map { text($0.arguments) } == "-m\0http.server\0")
    #expect(main.map { text($0.exepath) } == "/usr/bin/python3")
    #expect(main.map { text($0.cwd) } == "/srv")
    #expect(main.map { text($0.environment) } == "A=1\0B=2\0")
    #expect(main.map { text($0.cgroups) } == "cpu=/x\0cpuacct=/x\0cpuset=/z\0io=/z\0memory=/z\0")
    #expect(process?.threads.map(\.tid) == [43])
    #expect(process?.threads.first?.pid == 42)
  }

  /// Files as kernels write them: with controllers of version 1 only, of version 2 only, and of both.
  @Test(arguments: [
    ("3:memory:/m\n2:cpuset:/s\n1:cpu,cpuacct:/c\n", "memory=/m\0cpuset=/s\0cpu=/c\0cpuacct=/c\0"),
    ("0::/v\n", "cpuset=/v\0cpu=/v\0cpuacct=/v\0io=/v\0memory=/v\0"),
    // Everything but memory is bound to version 1.
    (
      "5:blkio:/b\n4:freezer:/f\n3:cpuset:/\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/v\n",
      "blkio=/b\0freezer=/f\0cpuset=/\0cpu=/\0cpuacct=/\0memory=/v\0"
    ),
    // All of them are, and version 2 only holds processes together, as systemd's "hybrid" has it.
    (
      "5:blkio:/\n4:memory:/\n3:cpuset:/\n2:cpu,cpuacct:/\n1:name=systemd:/u\n0::/u\n",
      "blkio=/\0memory=/\0cpuset=/\0cpu=/\0cpuacct=/\0"
    ),
    ("1:cpu:/a:b,c=d\n0::/v:w\n", "cpu=/a:b,c=d\0cpuset=/v:w\0cpuacct=/v:w\0io=/v:w\0memory=/v:w\0"),
  ])
  func cgroupsOfBothVersionsAreOneList(file: String, list: String) {
    let fake = FakeProcFS()
    fake.process(42, parent: 1, comm: "x", arguments: ["x"], exe: "/x", cgroup: file)
    var reader = ProcessReader(ProcFS(root: fake.root))
    #expect(reader.read(42, wantsThreads: false, descriptorLimit: 0).map { text($0.main.cgroups) } == list)
  }

  @Test func kernelThreadsAndTheGoneAreNoProcesses() {
    let fake = FakeProcFS()
    fake.process(2, parent: 0, comm: "kthreadd", arguments: [], exe: nil)
    var reader = ProcessReader(ProcFS(root: fake.root))
    #expect(reader.read(2, wantsThreads: true, descriptorLimit: 10) == nil)
    #expect(reader.read(99, wantsThreads: true, descriptorLimit: 10) == nil)
    #expect(reader.errors.vanished > 0)
    #expect(reader.errors.denied == 0)
  }

  @Test func descriptorsAreWhatTheirLinksSay() {
    let fake = FakeProcFS()
    fake.process(42)
    let links: [(Int, String, DescriptorReading.Kind)] = [
      (0, "/dev/null", .file), (1, "pipe:[555]", .fifo), (2, "/tmp", .directory), (3, "anon_inode:[eventfd]", .event),
      (4, "anon_inode:[eventpoll]", .eventpoll), (5, "anon_inode:inotify", .inotify), (6, "/memfd:x (deleted)", .memfd),
      (7, "anon_inode:bpf-map", .bpf), (8, "anon_inode:[pidfd]", .pidfd), (9, "anon_inode:[perf_event]", .unsupported),
      (10, "anon_inode:[io_uring]", .ioUring), (11, "/gone/file (deleted)", .file),
    ]
    for (number, target, _) in links { fake.link("proc/42/fd/\(number)", to: target) }
    fake.link("proc/42/fd/20", to: "socket:[1001]")
    fake.link("proc/42/fd/21", to: "socket:[1002]")
    fake.link("proc/42/fd/22", to: "socket:[1003]")
    fake.link("proc/42/fd/23", to: "socket:[9999]")
    fake.link("proc/42/fd/24", to: "socket:[1004]")
    fake.file("proc/42/fdinfo/0", "pos:\t0\nflags:\t02100002\nmnt_id:\t31\nino:\t5\n")
    let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    fake.file(
      "proc/42/net/tcp",
      header
        + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 1001 1 0 100 0 0 10 0\n"
        + "   1: 0500000A:D431 08080808:0035 01 00000000:00000000 00:00000000 00000000  0  0 1002 1 0 20 4 30 10 -1\n")
    fake.file(
      "proc/42/net/tcp6",
      header
        + "   0: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000200007F:9C40 01 00000000:00000000 00:00000000 00000000 0 0 1004 1 0\n"
    )
    fake.file(
      "proc/42/net/unix",
      "Num       RefCount Protocol Flags    Type St Inode Path\nffff888100000a00: 00000002 00000000 00010000 0001 01  1003 /run/x y.sock\n"
    )
    var reader = ProcessReader(ProcFS(root: fake.root))
    let read = reader.read(42, wantsThreads: false, descriptorLimit: 100)?.descriptors ?? []
    let found = Dictionary(uniqueKeysWithValues: read.map { ($0.number, $0) })
    for (number, target, kind) in links { #expect(found[Int32(number)]?.kind == kind, "\(target)") }
    #expect(found[0]?.flags == 0o2100002)
    #expect(found[0]?.mountID == 31)
    #expect(found[1].map { text($0.name) } == "pipe:[555]")
    #expect(found[1]?.inode == 555)
    #expect(found[11].map { text($0.name) } == "/gone/file")
    #expect(found[3]?.name == [])
    #expect(found[23] == nil, "a socket that no table shows")
    var listening = SocketReading(family: .ipv4, transport: .tcp)
    listening.local = (0x0100_007f, 0)
    listening.localPort = 8080
    #expect(found[20]?.kind == .socket(listening))
    var unix = SocketReading(family: .unix)
    unix.pointer = 0xffff_8881_0000_0a00
    unix.path = Array("/run/x y.sock".utf8)
    #expect(found[22]?.kind == .socket(unix))

    // The same in the tables: names, roles, IPv4-mapped addresses.
    var state = SystemState()
    state.scanProcesses(ProcFS(root: fake.root))
    func name(_ number: Int64) -> String {
      let slot = state.descriptors.find(state.threads.files(of: state.threads.find(42)), number)
      return state.texts.bytes(state.descriptors[slot].name).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
    #expect(name(20) == "127.0.0.1:8080")
    #expect(name(21) == "10.0.0.5:54321->8.8.8.8:53")
    #expect(name(24) == "127.0.0.1:80->127.0.0.2:40000")
    #expect(name(22) == "/run/x y.sock")
    let flags = state.descriptors[state.descriptors.find(state.threads.files(of: state.threads.find(42)), 0)].openFlags
    #expect(flags & 0x1003 == 0x1003, "O_RDWR and O_CLOEXEC")
  }

  @Test func anAcceptedConnectionIsKnownByItsPort() {
    let fake = FakeProcFS()
    fake.process(42)
    fake.link("proc/42/fd/3", to: "socket:[1]")
    fake.link("proc/42/fd/4", to: "socket:[2]")
    fake.file(
      "proc/42/net/tcp",
      "header\n 0: 00000000:0050 00000000:0000 0A 0:0 0:0 0 0 0 1 1\n 1: 0100000A:0050 0900000A:9C40 01 0:0 0:0 0 0 0 2 1\n"
    )
    var state = SystemState()
    state.scanProcesses(ProcFS(root: fake.root))
    let slot = state.descriptors.find(state.threads.files(of: state.threads.find(42)), 4)
    #expect(state.descriptors[slot].flags.contains(.roleServer))
    #expect(state.descriptors[slot].sourcePort == 40000)
    #expect(state.descriptors[slot].destinationPort == 80)
  }

  @Test func usersAndGroupsComeFromTheRoot() {
    let fake = FakeProcFS()
    fake.file(
      "etc/passwd",
      "root:x:0:0:root:/root:/bin/bash\n+nis::::::\nbroken\nweb:x:33:34:Web, Server:/var/www:/usr/sbin/nologin\nbad:x:no:1::/:/\n"
    )
    fake.file("etc/group", "root:x:0:\nweb:x:34:alice,bob\n")
    let procfs = ProcFS(root: fake.root)
    #expect(procfs.users().map { text($0.name) } == ["root", "web"])
    #expect(procfs.users().last.map { text($0.home) } == "/var/www")
    #expect(procfs.groups().map(\.gid) == [0, 34])
    var state = SystemState()
    let before = state.texts.bytesInUse
    state.loadNames(procfs)
    #expect(state.users.user(33) != nil)
    #expect(state.users.user(1) == nil)
    let after = state.texts.bytesInUse
    state.loadNames(procfs)
    #expect(state.texts.bytesInUse == after && after > before)
  }

  @Test func boundedDescriptorsAreEnough() {
    let fake = FakeProcFS()
    fake.process(42)
    for number in 0..<50 { fake.link("proc/42/fd/\(number)", to: "/dev/null") }
    var reader = ProcessReader(ProcFS(root: fake.root))
    #expect(reader.read(42, wantsThreads: false, descriptorLimit: 8)?.descriptors.count == 8)
  }
}
