import CaptureTesting
import EventSchema
import SystemState
import Testing

@Suite struct FileTests {
  @Test func openatShowsTheDescriptorThatItMade() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/etc/passwd", flags: 0x1001, device: 0x801, inode: 42))
    #expect(host.state.current.descriptorNumber == 3)
    #expect(host.current?.kind == .file)
    #expect(host.name(100, 3) == "/etc/passwd")
    #expect(host.current?.device == 0x801)
    #expect(host.current?.inode == 42)
    #expect(host.current?.flags.contains(.closeOnExec) == true)
    #expect(host.currentThread?.lastDescriptor == 3)
  }

  @Test func theFileItselfIsKeptBesideItsName() {
    var host = Host.withShell()
    let before = host.state.texts.bytesInUse
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/etc/own", realPath: "/etc/own"))
    let plain = host.state.texts.bytesInUse - before
    #expect(host.current.map { host.text($0.realName) } == "/etc/own")
    host.apply(Event.close(100, at: 11, fd: 3))
    host.apply(Event.openat(100, at: 12, fd: 3, name: "/etc/own"))
    #expect(host.current?.realName == .empty)
    #expect(host.state.texts.bytesInUse - before == plain, "the same text is stored once")
    host.apply(Event.close(100, at: 13, fd: 3))

    host.apply(Event.openat(100, at: 14, fd: 3, name: "/etc/link", realPath: "/srv/data/file"))
    host.apply(Event.dup(100, at: 15, 3, to: 4))
    host.apply(Event.clone(101, at: 16, result: 0, ptid: 100))
    host.apply(Event.close(100, at: 17, fd: 3))
    host.apply(Event.read(101, at: 18, fd: 4))
    #expect(host.current.map { host.text($0.realName) } == "/srv/data/file")
    host.apply(Event.close(100, at: 19, fd: 4))
    host.apply(Event.procexit(101, at: 20))
    host.apply(Event.read(100, at: 21, fd: 1))
    #expect(host.state.texts.bytesInUse == before, "nobody holds the texts any more")
  }

  @Test(arguments: [
    ("notes.txt", "/home/user/notes.txt"), ("./a//b/", "/home/user/a/b"), ("../../etc/shadow", "/etc/shadow"),
    ("../../../../x", "/x"), (".ssh/id", "/home/user/.ssh/id"), ("a/./b/../c", "/home/user/a/c"),
    ("/", "/"), ("//etc///passwd", "/etc/passwd"), ("/etc/./../var/", "/var"), (".", "/home/user"), ("..", "/home"),
    ("/proc/self/fd/..../x", "/proc/self/fd/..../x"), ("/a/.hidden", "/a/.hidden"), ("/a..b/c", "/a..b/c"),
    ("/averyveryverylongname/with/.../three", "/averyveryverylongname/with/.../three"),
    ("/0123456789abcdef/0123456789abcdef/..", "/0123456789abcdef"),
  ])
  func pathsAreJoinedAndNormalised(path: String, expected: String) {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: path))
    #expect(host.name(100, 3) == expected)
    #expect(host.current.map { host.text($0.rawName) } == path)
    // Every position of the special components, so that no word boundary hides one.
    for padding in 1..<20 {
      let directory = "/" + String(repeating: "d", count: padding)
      host.apply(Event.openat(100, at: 11, fd: 4, name: directory + "/x/../y"))
      #expect(host.name(100, 4) == directory + "/y")
      host.apply(Event.openat(100, at: 11, fd: 4, name: directory + "//y/"))
      #expect(host.name(100, 4) == directory + "/y")
    }
  }

  @Test func relativePathsStartAtTheirDescriptor() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/var/log", flags: 0x401))
    #expect(host.current?.kind == .directory)
    host.apply(Event.openat(100, at: 11, fd: 4, directory: 3, name: "syslog"))
    #expect(host.name(100, 4) == "/var/log/syslog")
    host.apply(Event.openat(100, at: 12, fd: 5, directory: 77, name: "secret"))
    #expect(host.name(100, 5) == "<UNKNOWN>secret")
  }

  @Test func aPathThatIsTooLongIsNotResolved() {
    var host = Host.withShell(cwd: "/" + String(repeating: "d", count: 1000))
    host.apply(Event.openat(100, at: 10, fd: 3, name: String(repeating: "f", count: 30)))
    #expect(host.name(100, 3) == "/DIR_TOO_LONG/FILENAME_TOO_LONG")
  }

  @Test func aFailedOpenMakesNoDescriptor() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: -2, name: "/missing"))
    #expect(host.state.current.descriptor == Slot.none)
    #expect(host.state.current.descriptorNumber == -1)
    #expect(host.state.descriptors.count == 0)
  }

  @Test func aClosedDescriptorIsSeenByItsCloseAndGoneAfterwards() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/etc/passwd"))
    host.apply(Event.close(100, at: 11, fd: 3))
    #expect(host.current.map { host.text($0.name) } == "/etc/passwd")
    host.apply(Event.read(100, at: 12, fd: 3))
    #expect(host.state.current.descriptor == Slot.none)
    #expect(host.state.current.descriptorNumber == 3)
    #expect(host.descriptor(100, 3) == nil)
  }

  @Test func aNumberThatIsReusedAtOnceSurvivesTheCloseBeforeIt() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/a"))
    host.apply(Event.close(100, at: 11, fd: 3))
    host.apply(Event.openat(100, at: 12, fd: 3, name: "/b"))
    host.apply(Event.read(100, at: 13, fd: 3))
    #expect(host.name(100, 3) == "/b")
  }

  @Test func anOpenReplacesANumberWhoseCloseWasLost() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/a"))
    host.apply(Event.openat(100, at: 11, fd: 3, name: "/b"))
    #expect(host.name(100, 3) == "/b")
    #expect(host.state.threads.descriptorCount(of: host.state.threads.find(100)) == 1)
  }

  @Test func theEntrySideOfAnOpenDecidesAboutThePath() {
    var host = Host.withShell()
    host.apply(Event.openatEntry(100, at: 10, name: "/etc/shadow", flags: 1))
    // F_CREATED and the upper layer are the kernel's word, the rest may have been rewritten.
    host.apply(Event.openat(100, at: 11, fd: 3, name: "/tmp/harmless", flags: 2 | 0x4000 | 0x8000))
    #expect(host.name(100, 3) == "/etc/shadow")
    #expect(host.current?.openFlags == 0xc001)
    #expect(host.current?.flags.contains(.upperLayer) == true)
    // It does not outlive its call.
    host.apply(Event.openat(100, at: 12, fd: 4, name: "/tmp/other"))
    #expect(host.name(100, 4) == "/tmp/other")
  }

  @Test func anEntrySideWithoutAPathChangesNothing() {
    var host = Host.withShell()
    host.apply(Event.openatEntry(100, at: 10, name: ""))
    host.apply(Event.openat(100, at: 11, fd: 3, name: "real"))
    #expect(host.name(100, 3) == "/home/user/real")
  }

  @Test func creatTakesTheLayersFromItsOwnFlags() {
    var host = Host.withShell()
    host.apply(Event.creat(100, at: 10, fd: 3, name: "new", layers: 1))
    #expect(host.name(100, 3) == "/home/user/new")
    #expect(host.current?.flags.contains(.upperLayer) == true)
    #expect(host.current?.flags.contains(.lowerLayer) == false)
  }

  @Test func duplicatesShareTheNameButNotCloseOnExec() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/etc/hosts", flags: 0x1001))
    host.apply(Event.dup(100, at: 11, 3, to: 4))
    #expect(host.name(100, 4) == "/etc/hosts")
    #expect(host.descriptor(100, 4)?.flags.contains(.closeOnExec) == false)
    host.apply(Event.dup3(100, at: 12, 3, to: 5, flags: 0x1000))
    #expect(host.descriptor(100, 5)?.flags.contains(.closeOnExec) == true)
    host.apply(Event.dup2(100, at: 13, 3, to: 0))
    #expect(host.thread(100)?.flags.contains(.pipeDestination) == true)
    host.apply(Event.fcntl(100, at: 14, fd: 3, command: 26, argument: 10, result: 10))
    #expect(host.descriptor(100, 10)?.flags.contains(.closeOnExec) == true)
    #expect(host.state.current.descriptorNumber == 10)
    host.apply(Event.fcntl(100, at: 15, fd: 3, command: 3, argument: 0))
    #expect(host.descriptor(100, 3)?.flags.contains(.closeOnExec) == false)
    host.apply(Event.close(100, at: 16, fd: 3))
    host.apply(Event.read(100, at: 17, fd: 4))
    #expect(host.current.map { host.text($0.name) } == "/etc/hosts")
  }

  @Test func closeRangeRemovesOrMarks() {
    var host = Host.withShell()
    for fd in 3...8 { host.apply(Event.openat(100, at: 10, fd: fd, name: "/f\(fd)")) }
    host.apply(Event.closeRange(100, at: 11, 5...6))
    #expect(host.descriptor(100, 5) == nil)
    #expect(host.state.threads.descriptorCount(of: host.state.threads.find(100)) == 4)
    host.apply(Event.closeRange(100, at: 12, 7...UInt32.max, flags: 4))
    #expect(host.descriptor(100, 8)?.flags.contains(.closeOnExec) == true)
    #expect(host.descriptor(100, 3)?.flags.contains(.closeOnExec) == false)
  }

  @Test func theWorkingDirectoryEndsWithASlash() {
    var host = Host.withShell(cwd: "/srv/www")
    #expect(host.cwd(100) == "/srv/www/")
    host.apply(Event.chdir(100, at: 10, "../ftp"))
    #expect(host.cwd(100) == "/srv/ftp/")
    host.apply(Event.chdir(100, at: 11, "/nowhere", result: -2))
    #expect(host.cwd(100) == "/srv/ftp/")
    host.apply(Event.chdir(100, at: 12, "/"))
    #expect(host.cwd(100) == "/")
    host.apply(Event.openat(100, at: 13, fd: 3, name: "/opt", flags: 0x401))
    host.apply(Event.fchdir(100, at: 14, fd: 3))
    #expect(host.cwd(100) == "/opt/")
  }

  @Test func pipesAndNamelessDescriptorsHaveTheirKind() {
    var host = Host.withShell()
    host.apply(Event.pipe(100, at: 10, 3, 4, inode: 99))
    #expect(host.descriptor(100, 3)?.kind == .fifo)
    #expect(host.descriptor(100, 4)?.inode == 99)
    #expect(host.state.current.descriptorNumber == 4)
    host.apply(
      Event.make(.memfd_create, 100, at: 11) {
        $0.append(Int64(5)); $0.append(text: "x"); $0.append(UInt32(1))
      })
    #expect(host.descriptor(100, 5)?.kind == .memfd)
    #expect(host.name(100, 5) == "x")
    host.apply(
      Event.make(.pidfd_open, 100, at: 12) {
        $0.append(Int64(6)); $0.append(Int64(1)); $0.append(UInt32(0))
      })
    #expect(host.name(100, 6) == "/proc/1")
    host.apply(
      Event.make(.bpf, 100, at: 13) {
        $0.append(Int64(0)); $0.append(UInt32(2))
      })
    #expect(host.descriptor(100, 0) == nil, "BPF_MAP_UPDATE_ELEM succeeds with 0, which is no descriptor")
  }

  @Test func aFullTableOfOneProcessRefusesAndCounts() {
    var limits = StateLimits()
    limits.descriptorsPerProcess = 4
    var host = Host(limits: limits)
    host.apply(Event.execve(1, at: 1, exe: "/sbin/init", ptid: 0, comm: "init"))
    for fd in 0..<6 { host.apply(Event.openat(1, at: 2, fd: fd, name: "/f\(fd)")) }
    #expect(host.state.descriptors.count == 4)
    #expect(host.state.counters.descriptorsRefused == 2)
    host.apply(Event.openat(1, at: 3, fd: 2, name: "/new"))
    #expect(host.name(1, 2) == "/new")
  }

  @Test func aPathThatChangedDuringTheCallIsCounted() {
    var host = Host.withShell()
    host.apply(Event.openatEntry(100, at: 10, name: "/etc/shadow"))
    host.apply(Event.openat(100, at: 11, fd: 3, name: "/tmp/harmless"))
    #expect(host.name(100, 3) == "/etc/shadow")
    #expect(host.state.counters.pathsRewritten == 1)
    host.apply(Event.openatEntry(100, at: 12, name: "/etc/hosts"))
    host.apply(Event.openat(100, at: 13, fd: 4, name: "/etc/hosts"))
    #expect(host.state.counters.pathsRewritten == 1)
  }
}
