import Capture
import EventSchema
import Glibc
import ProcFS
import Testing

@testable import CaptureFile

@Suite struct WriterTests {
  /// One of everything that the lists can hold.
  private func contents() -> CaptureContents {
    var contents = CaptureContents()
    contents.machine.cpuCount = 2
    contents.machine.hostName = Array("box".utf8)
    contents.machine.bootTime = 1_700_000_000_000_000_000
    var v4 = InterfaceRecord(isV6: false)
    v4.name = Array("eth0".utf8)
    v4.address = (0x0101_a8c0, 0)
    var v6 = InterfaceRecord(isV6: true)
    v6.name = Array("eth0".utf8)
    v6.address = (1, 2)
    contents.interfaces = [v4, v6]
    contents.users = [UserReading(uid: 1000, gid: 100, name: Array("eve".utf8), home: Array("/home/eve".utf8), shell: [])]
    contents.groups = [GroupReading(gid: 100, name: Array("users".utf8))]
    var main = ThreadReading(tid: 10)
    main.pid = 10
    main.ptid = 1
    main.comm = Array("sh".utf8)
    main.exe = Array("-sh".utf8)
    main.exepath = Array("/bin/dash".utf8)
    main.arguments = Array("-c\0true\0".utf8)
    main.cwd = Array("/tmp/".utf8)
    main.environment = Array("A=1\0".utf8)
    main.cgroups = Array("cpu=/x\0".utf8)
    main.root = Array("/".utf8)
    main.capEffective = 7
    main.isExeWritable = true
    main.isExeFromMemory = true
    main.pgid = 10
    main.loginuid = 1000
    main.tty = 0x8801
    var thread = main
    thread.tid = 11
    thread.cloneFlags = 1 << 13 | 1
    var process = ProcessReading(main: main)
    process.threads = [thread]
    var file = DescriptorReading(number: 3, kind: .file)
    file.name = Array("/etc/passwd".utf8)
    file.portableFlags = 4097
    file.device = 0x801
    file.inode = 42
    var server = SocketReading(family: .ipv4, transport: .tcp)
    server.isServer = true
    server.local = (0x0100_007f, 0)
    server.localPort = 8080
    var connection = SocketReading(family: .ipv6, transport: .udp)
    connection.isServer = false
    connection.local = (1, 2)
    connection.remote = (3, 4)
    connection.localPort = 1
    connection.remotePort = 2
    var unix = SocketReading(family: .unix)
    unix.pointer = 0xffff_8881
    unix.peerPointer = 0xffff_8882
    unix.path = Array("/run/x".utf8)
    process.descriptors = [
      file, DescriptorReading(number: 4, kind: .socket(server)), DescriptorReading(number: 5, kind: .socket(connection)),
      DescriptorReading(number: 6, kind: .socket(unix)), DescriptorReading(number: 7, kind: .eventpoll),
    ]
    contents.processes = [process]
    return contents
  }

  @Test(arguments: [false, true]) func whatIsWrittenReadsBackTheSame(_ compressing: Bool) throws {
    let file = ScratchFile()
    let record = ScapBuilder.record(5, [ScapBuilder.number(Int64(0)), ScapBuilder.number(Int64(3))])
    do {
      var writer = try CaptureFileWriter(path: file.path, compressing: compressing, contents())
      try writer.append(try EventView(validating: record.span.bytes, cpu: 1))
      try writer.finish()
      #expect(writer.eventCount == 1)
    }
    let read = try read(file.path)
    #expect(read.damage == nil)
    #expect(read.events.map(\.type) == [.close])
    #expect(read.events.map(\.cpu) == [1])
    let written = contents()
    #expect(read.contents.machine == written.machine)
    #expect(read.contents.interfaces == written.interfaces)
    #expect(read.contents.users == written.users)
    #expect(read.contents.groups == written.groups)
    #expect("\(read.contents.processes)" == "\(written.processes)")
  }

  @Test func parametersOfOursAreLeftOut() throws {
    let file = ScratchFile()
    let past = Schema.event(.close)!.parameters.count
    let record = ScapBuilder.record(
      5, (0..<past).map { _ in ScapBuilder.number(Int64(1)) } + [Array("/real/path\0".utf8)])
    do {
      var writer = try CaptureFileWriter(path: file.path, compressing: false, CaptureContents())
      try writer.append(try EventView(validating: record.span.bytes))
      try writer.finish()
    }
    let read = try read(file.path)
    #expect(read.damage == nil)
    #expect(read.events.first?.values.count == past)
  }

  @Test func onlyTheOwnerMayReadIt() throws {
    let file = ScratchFile()
    unlink(file.path)
    var writer = try CaptureFileWriter(path: file.path, compressing: false, CaptureContents())
    try writer.finish()
    var status = stat()
    #expect(stat(file.path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func aFullDiskIsTold() throws {
    let record = ScapBuilder.record(5, [ScapBuilder.number(Int64(0)), ScapBuilder.number(Int64(3))])
    #expect(performing: {
      var writer = try CaptureFileWriter(path: "/dev/full", compressing: false, CaptureContents())
      for _ in 0..<100_000 { try writer.append(try EventView(validating: record.span.bytes)) }
      try writer.finish()
    }, throws: { "\($0)".contains("No space left on device") })
  }
}
