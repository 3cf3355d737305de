import CaptureTesting
import EventSchema
import SystemState
import Testing

private let files: UInt32 = 1 << 0
private let thread: UInt32 = 1 << 13

/// Tables of descriptors that several threads or processes have. Sources: clone(2), unshare(2), close_range(2),
/// execve(2), fs/file.c.
@Suite struct SharedFilesTests {
  /// Process 200 shares the table of 100, in which 3 is open.
  private func sharing(childFirst: Bool = false) -> Host {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/a"))
    let caller = Event.clone(100, at: 11, result: 200, ptid: 1, flags: files)
    let child = Event.clone(200, at: 11, result: 0, ptid: 100, flags: files)
    for event in childFirst ? [child, caller] : [caller, child] { host.apply(event) }
    return host
  }

  @Test(arguments: [false, true])
  func processesThatShareSeeEachOthersDescriptors(childFirst: Bool) {
    var host = sharing(childFirst: childFirst)
    #expect(host.state.descriptors.count == 1)
    host.apply(Event.openat(200, at: 12, fd: 4, name: "/b"))
    host.apply(Event.read(100, at: 13, fd: 4))
    #expect(host.current.map { host.text($0.name) } == "/b")
    host.apply(Event.close(100, at: 14, fd: 3))
    host.apply(Event.read(200, at: 15, fd: 3))
    #expect(host.state.current.descriptor == Slot.none)
    // Directories are not shared by this flag.
    host.apply(Event.chdir(200, at: 16, "/tmp"))
    #expect(host.cwd(100) == "/home/user/")
  }

  @Test func theTableLivesAsLongAsOneOfItsSharers() {
    for first in [100, 200] {
      var host = sharing()
      let last = 300 - first
      host.apply(Event.openat(first, at: 12, fd: 4, name: "/b"))
      host.apply(Event.procexit(first, at: 13))
      host.apply(Event.read(last, at: 14, fd: 4))
      #expect(host.current.map { host.text($0.name) } == "/b")
      #expect(host.name(Int32(last), 3) == "/a")
      host.apply(Event.procexit(last, at: 15))
      host.apply(Event.read(1, at: 16, fd: 0))
      #expect(host.state.descriptors.count == 0)
    }
  }

  @Test func aChildWithoutTheFlagCopiesWhatItsParentShares() {
    var host = sharing()
    host.apply(Event.clone(201, at: 12, result: 0, ptid: 200))
    host.apply(Event.close(100, at: 13, fd: 3))
    host.apply(Event.read(201, at: 14, fd: 3))
    #expect(host.name(201, 3) == "/a" && host.name(200, 3) == nil)
  }

  @Test func unshareGivesACopy() {
    var host = sharing()
    // A failed one gives nothing.
    host.apply(Event.make(.unshare, 200, at: 12) { $0.append(Int64(-12)); $0.append(files) })
    host.apply(Event.openat(200, at: 13, fd: 4, name: "/b"))
    #expect(host.name(100, 4) == "/b")
    host.apply(Event.make(.unshare, 200, at: 14) { $0.append(Int64(0)); $0.append(files) })
    host.apply(Event.close(200, at: 15, fd: 3))
    host.apply(Event.openat(100, at: 16, fd: 5, name: "/c"))
    #expect(host.name(200, 3) == nil && host.name(200, 4) == "/b" && host.name(200, 5) == nil)
    #expect(host.name(100, 3) == "/a" && host.name(100, 5) == "/c")
    // Without another sharer there is nothing to copy.
    let added = host.state.counters.descriptorsAdded
    host.apply(Event.make(.unshare, 200, at: 17) { $0.append(Int64(0)); $0.append(files) })
    #expect(host.state.counters.descriptorsAdded == added)
  }

  @Test func closeRangeCanUnshareFirst() {
    var host = sharing()
    host.apply(Event.openat(100, at: 12, fd: 4, name: "/b"))
    // CLOSE_RANGE_UNSHARE is 2.
    host.apply(Event.closeRange(200, at: 13, 3...3, flags: 2))
    #expect(host.name(200, 3) == nil && host.name(200, 4) == "/b")
    #expect(host.name(100, 3) == "/a")
    // Without it, both lose it.
    var other = sharing()
    other.apply(Event.closeRange(200, at: 13, 3...3))
    #expect(other.name(100, 3) == nil)
  }

  @Test func execUnsharesAndClosesOnlyItsOwn() {
    var host = sharing()
    host.apply(Event.openat(100, at: 12, fd: 4, name: "/secret", flags: 0x1001))
    host.apply(Event.execve(200, at: 13, result: -2, exe: "/gone", comm: "x"))
    host.apply(Event.openat(200, at: 14, fd: 5, name: "/b"))
    #expect(host.name(100, 5) == "/b", "a failed exec unshares nothing")
    host.apply(Event.execve(200, at: 15, exe: "/bin/x", comm: "x"))
    #expect(host.name(200, 4) == nil && host.name(200, 3) == "/a" && host.name(200, 5) == "/b")
    #expect(host.name(100, 4) == "/secret")
    host.apply(Event.openat(200, at: 16, fd: 6, name: "/c"))
    #expect(host.name(100, 6) == nil)
  }

  @Test func aThreadMayHaveItsOwnTable() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/a"))
    host.apply(Event.clone(101, at: 11, result: 0, pid: 100, ptid: 1, flags: thread | files))
    host.apply(Event.make(.unshare, 101, at: 12) { $0.append(Int64(0)); $0.append(files) })
    host.apply(Event.close(101, at: 13, fd: 3))
    host.apply(Event.openat(101, at: 14, fd: 4, name: "/b"))
    host.apply(Event.read(100, at: 15, fd: 3))
    #expect(host.name(100, 3) == "/a" && host.name(100, 4) == nil && host.name(101, 4) == "/b")
    // From birth: CLONE_THREAD without CLONE_FILES.
    host.apply(Event.clone(100, at: 16, result: 102, pid: 100, ptid: 1, flags: thread))
    host.apply(Event.openat(102, at: 17, fd: 5, name: "/c"))
    #expect(host.name(102, 3) == "/a" && host.name(100, 5) == nil)
    // Thread 101 calls exec and goes on as the process, with what it had.
    host.apply(Event.procexit(102, at: 18))
    host.apply(Event.procexit(100, at: 19))
    host.apply(Event.execve(100, at: 20, exe: "/bin/x", comm: "x"))
    #expect(host.name(100, 4) == "/b" && host.name(100, 3) == nil)
    host.apply(Event.procexit(100, at: 21))
    host.apply(Event.read(1, at: 22, fd: 0))
    #expect(host.state.descriptors.count == 0 && host.state.threads.count == 1)
  }

  @Test func aSharersIdThatIsReusedLeavesTheTableAlone() {
    var host = sharing()
    host.apply(Event.clone(200, at: 5_000_000_000, result: 0, ptid: 1))
    #expect(host.name(100, 3) == "/a" && host.name(200, 3) == nil)
  }

  @Test func theLimitIsTheTables() {
    var limits = StateLimits()
    limits.descriptorsPerProcess = 3
    var host = Host(limits: limits)
    host.apply(Event.execve(100, at: 1, exe: "/bin/sh", ptid: 0, comm: "sh"))
    host.apply(Event.clone(200, at: 2, result: 0, ptid: 100, flags: files))
    for number in 0..<4 { host.apply(Event.openat(number % 2 == 0 ? 100 : 200, at: 3, fd: number, name: "/f")) }
    #expect(host.state.descriptors.count == 3 && host.state.counters.descriptorsRefused == 1)
  }
}
