import CaptureTesting
import EventSchema
import SystemState
import Testing

private let threadFlags: UInt32 = 1 << 0 | 1 << 1 | 1 << 11 | 1 << 13 | 1 << 15

@Suite struct ProcessTests {
  private func container(_ id: String) -> [String] { ["cpu=/docker/\(id)", "memory=/docker/\(id)"] }

  // MARK: Clone

  @Test func aChildInheritsWhicheverSideReportsFirst() {
    for childFirst in [true, false] {
      var host = Host.withShell()
      host.apply(Event.openat(100, at: 10, fd: 3, name: "/etc/hosts"))
      let child = Event.clone(200, at: 20, result: 0, ptid: 100, uid: 1000)
      let caller = Event.clone(100, at: 21, result: 200, ptid: 1, uid: 1000)
      if childFirst {
        host.apply(child)
        #expect(host.state.current.thread == host.state.threads.find(200))
        host.apply(caller)
      } else {
        host.apply(caller)
        host.apply(child)
      }
      #expect(host.state.threads.count == 3)
      #expect(host.parent(200) == 100)
      #expect(host.thread(200)?.pid == 200)
      #expect(host.thread(200)?.uid == 1000)
      #expect(host.cwd(200) == "/home/user/")
      #expect(host.name(200, 3) == "/etc/hosts")
      #expect(host.descriptor(200, 3)?.flags.contains(.cloned) == true)
      // A copy: closing one does not close the other.
      host.apply(Event.close(100, at: 22, fd: 3))
      host.apply(Event.read(200, at: 23, fd: 3))
      #expect(host.current.map { host.text($0.name) } == "/etc/hosts")
      #expect(host.descriptor(100, 3) == nil)
    }
  }

  @Test func threadsShareTheirProcess() {
    var host = Host.withShell()
    host.apply(Event.clone(100, at: 10, result: 101, ptid: 1, flags: threadFlags))
    host.apply(Event.clone(101, at: 11, result: 0, pid: 100, ptid: 1, flags: threadFlags))
    #expect(host.state.threads.count == 3)
    #expect(host.thread(101)?.pid == 100)
    #expect(host.parent(101) == 1)
    #expect(host.thread(100)?.liveThreads == 2)
    host.apply(Event.openat(101, at: 12, fd: 3, name: "relative"))
    #expect(host.name(100, 3) == "/home/user/relative")
    host.apply(Event.chdir(101, at: 13, "/tmp"))
    #expect(host.cwd(100) == "/tmp/")
  }

  @Test func aFailedCloneChangesNothing() {
    var host = Host.withShell()
    host.apply(Event.clone(100, at: 10, result: -11, ptid: 1))
    #expect(host.state.threads.count == 2)
  }

  @Test func insideAPidNamespaceOnlyTheChildCounts() {
    var host = Host.withShell(
      machine: {
        var m = Machine(); m.bootTime = 1000; return m
      }())
    let inNamespace: UInt32 = 1 << 29
    // The caller's result, 7, is a number of its own namespace; 7 is someone else on the host.
    host.apply(
      Event.clone(300, at: 10, result: 0, ptid: 100, flags: inNamespace | 1 << 6, vtid: 1, vpid: 1, namespaceStart: 5))
    host.apply(Event.clone(300, at: 11, result: 7, ptid: 100, flags: inNamespace, vtid: 1, vpid: 1))
    host.apply(Event.clone(307, at: 12, result: 0, ptid: 300, flags: inNamespace, vtid: 7, vpid: 7, namespaceStart: 5))
    #expect(host.thread(7) == nil)
    #expect(host.parent(307) == 300)
    #expect(host.thread(307)?.vpid == 7)
    #expect(host.thread(300)?.isReaper == true)
    #expect(host.thread(307)?.namespaceStart == 1005)
    #expect(host.thread(100)?.namespaceStart == 1000)
  }

  @Test func theCallerOfAVforkIsNotBelieved() {
    var host = Host.withShell()
    host.apply(Event.clone(100, at: 10, .vfork, result: 200, ptid: 1))
    #expect(host.thread(200) == nil)
    host.apply(Event.clone(200, at: 11, .vfork, result: 0, ptid: 100))
    #expect(host.parent(200) == 100)
  }

  @Test func aChildThatIsGoneAlreadyDoesNotComeBack() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100))
    host.apply(Event.procexit(200, at: 11))
    host.apply(Event.clone(100, at: 12, result: 200, ptid: 1))
    #expect(host.thread(200) == nil)
    // Three seconds later the id may have a new owner.
    host.apply(Event.clone(100, at: 3_000_000_012, result: 200, ptid: 1))
    #expect(host.parent(200) == 100)
  }

  /// A tracer that sees the child first does not know which of its parent's threads made it.
  @Test(arguments: [100, 102])
  func aChildThatNamedAnotherThreadOfItsParentDoesNotComeBack(named: Int) {
    var host = Host.withShell()
    for thread in [101, 102, 103] {
      host.apply(Event.clone(thread, at: 10, result: 0, pid: 100, ptid: 1, flags: threadFlags))
    }
    host.apply(Event.clone(200, at: 11, result: 0, ptid: named))
    // Its children go to one of the others.
    host.apply(Event.procexit(102, at: 12))
    host.apply(Event.procexit(200, at: 13))
    host.apply(Event.clone(101, at: 14, result: 200, ptid: 1))
    #expect(host.thread(200) == nil)
  }

  @Test func aReusedIdReplacesAStaleEntry() {
    var host = Host.withShell()
    host.apply(Event.clone(100, at: 10, result: 200, ptid: 1))
    host.apply(Event.openat(200, at: 11, fd: 9, name: "/old"))
    host.apply(Event.clone(200, at: 5_000_000_000, result: 0, ptid: 1, comm: "new"))
    #expect(host.parent(200) == 1)
    #expect(host.descriptor(200, 9) == nil)
    #expect(host.thread(200).map { host.text($0.comm) } == "new")
  }

  @Test func anUnknownCallerIsRepairedByItsOwnEvent() {
    var host = Host()
    host.apply(Event.read(500, at: 5, fd: 3))
    #expect(host.currentThread?.isPlaceholder == true)
    #expect(host.thread(500).map { host.text($0.comm) } == "<NA>")
    host.apply(Event.clone(500, at: 10, result: 501, ptid: 7, exe: "/usr/bin/make", arguments: ["all"], comm: "make"))
    #expect(host.thread(500)?.isPlaceholder == false)
    #expect(host.thread(500)?.ptid == 0, "its parent is not in the table")
    #expect(host.thread(500).map { host.text($0.cmdline) } == "make all")
    #expect(host.parent(501) == 500)
  }

  @Test func exitsAndClonesOfUnknownThreadsMakeNoPlaceholder() {
    var host = Host()
    host.apply(Event.procexit(9, at: 1))
    #expect(host.state.threads.count == 0)
    #expect(host.state.current.thread == Slot.none)
    host.apply(Event.clone(9, at: 2, result: -11))
    #expect(host.state.threads.count == 0)
  }

  // MARK: Exec

  @Test func execReplacesTheImage() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/keep"))
    host.apply(Event.openat(100, at: 10, fd: 4, name: "/drop", flags: 0x1001))
    host.apply(
      Event.execve(
        100, at: 20, exe: "ls", arguments: ["-l", "/tmp"], comm: "ls", environment: ["A=1", "B=2"], tty: 34816,
        vpgid: 100, loginuid: 1000, flags: 3, capabilities: 0xff, inode: 77, changeTime: 1, uid: 1000,
        path: "/usr/bin/ls (deleted)", pgid: 100, gid: 1001))
    let entry = host.thread(100)!
    #expect(host.text(entry.comm) == "ls")
    #expect(host.text(entry.exe) == "ls")
    #expect(host.text(entry.exepath) == "/usr/bin/ls")
    #expect(host.text(entry.cmdline) == "ls -l /tmp")
    #expect(host.text(entry.env) == "A=1\0B=2\0")
    #expect(entry.uid == 1000 && entry.gid == 1001 && entry.loginuid == 1000)
    #expect(entry.tty == 34816 && entry.pgid == 100 && entry.vpgid == 100)
    #expect(entry.executable == [.writable, .upperLayer])
    #expect(entry.capEffective == 0xff && entry.exeInode == 77 && entry.execTime == 20)
    #expect(entry.exeChangeToClone == 1, "cloned at 2, changed at 1")
    #expect(host.name(100, 3) == "/keep")
    #expect(host.descriptor(100, 4) == nil)
    #expect(host.cwd(100) == "/home/user/", "exec keeps the working directory")
    #expect(host.parent(100) == 1)
  }

  @Test func aFailedExecChangesNothing() {
    var host = Host.withShell()
    host.apply(Event.execve(100, at: 20, result: -2, exe: "nope", comm: "sh", path: "/bin/other"))
    #expect(host.thread(100).map { host.text($0.exe) } == "/bin/sh")
    #expect(host.thread(100)?.execTime == 0)
  }

  @Test func execInAnotherThreadLeavesTheMainThreadOnly() {
    var host = Host.withShell()
    host.apply(Event.clone(101, at: 10, result: 0, pid: 100, ptid: 1, flags: threadFlags))
    host.apply(Event.clone(102, at: 10, result: 0, pid: 100, ptid: 1, flags: threadFlags))
    // Thread 101 calls exec: the kernel ends 102 and the main thread, and 101 goes on as 100.
    host.apply(Event.procexit(102, at: 11))
    host.apply(Event.procexit(100, at: 12))
    host.apply(Event.execve(100, at: 13, exe: "/bin/ls", comm: "ls"))
    host.apply(Event.read(100, at: 14, fd: 0))
    #expect(host.thread(101) == nil)
    #expect(host.thread(102) == nil)
    #expect(host.thread(100)?.isDead == false)
    #expect(host.thread(100)?.liveThreads == 1)
    #expect(host.thread(100).map { host.text($0.comm) } == "ls")
    #expect(host.state.threads.count == 2)
  }

  // MARK: Exit

  @Test func anExitIsSeenWithItsThread() {
    var host = Host.withShell()
    host.apply(Event.procexit(100, at: 10))
    #expect(host.currentThread?.tid == 100)
    #expect(host.currentThread?.isDead == true)
    host.apply(Event.read(1, at: 11, fd: 0))
    #expect(host.thread(100) == nil)
  }

  @Test func orphansGoWhereTheKernelSays() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100))
    host.apply(Event.clone(300, at: 11, result: 0, ptid: 200))
    host.apply(Event.procexit(200, at: 12, reaper: 100))
    host.apply(Event.read(300, at: 13, fd: 0))
    #expect(host.parent(300) == 100)
    #expect(host.thread(300)?.ptid == 100)
    #expect(host.thread(100)?.isReaper == true)
  }

  @Test func withoutTheKernelsWordASubreaperOrInitAdopts() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100))
    host.apply(Event.clone(300, at: 11, result: 0, ptid: 200))
    host.apply(Event.clone(400, at: 12, result: 0, ptid: 300))
    host.apply(
      Event.make(.prctl, 100, at: 13) {
        $0.append(Int64(0)); $0.append(UInt32(36)); $0.appendEmpty(); $0.append(Int64(1))
      })
    host.apply(Event.procexit(300, at: 14, reaper: -1))
    host.apply(Event.read(400, at: 15, fd: 0))
    #expect(host.parent(400) == 100)
    host.apply(
      Event.make(.prctl, 100, at: 16) {
        $0.append(Int64(0)); $0.append(UInt32(36)); $0.appendEmpty(); $0.append(Int64(0))
      })
    host.apply(Event.procexit(100, at: 17, reaper: -1))
    host.apply(Event.read(400, at: 18, fd: 0))
    #expect(host.parent(400) == 1)
    #expect(host.parent(200) == 1)
  }

  @Test func aMainThreadStaysUntilTheLastThreadOfItsProcessIsGone() {
    var host = Host.withShell()
    host.apply(Event.clone(101, at: 10, result: 0, pid: 100, ptid: 1, flags: threadFlags))
    host.apply(Event.openat(100, at: 11, fd: 3, name: "/f"))
    host.apply(Event.procexit(100, at: 12))
    host.apply(Event.read(101, at: 13, fd: 3))
    #expect(host.current.map { host.text($0.name) } == "/f", "the process still has its descriptors")
    host.apply(Event.procexit(101, at: 14))
    host.apply(Event.read(1, at: 15, fd: 0))
    #expect(host.thread(100) == nil)
    #expect(host.thread(101) == nil)
    #expect(host.state.descriptors.count == 0)
  }

  @Test func loopsOfParentsEnd() {
    var host = Host()
    host.apply(Event.clone(10, at: 1, result: 0, ptid: 11))
    host.apply(Event.clone(11, at: 2, result: 0, ptid: 10))
    host.apply(Event.clone(12, at: 3, result: 0, ptid: 11))
    host.apply(Event.procexit(11, at: 4, reaper: 12))
    host.apply(Event.procexit(10, at: 5, reaper: -1))
    host.apply(Event.procexit(12, at: 6, reaper: -1))
    host.apply(Event.read(99, at: 7, fd: 0))
    #expect(host.state.threads.count == 1)
  }

  // MARK: Credentials, limits, containers

  @Test func effectiveIdsFollowTheSuccessfulCalls() {
    var host = Host.withShell()
    host.apply(
      Event.make(.setresuid, 100, at: 10) {
        $0.append(Int64(0)); $0.append(UInt32(5)); $0.append(UInt32(6)); $0.append(UInt32(7))
      })
    #expect(host.thread(100)?.uid == 6)
    host.apply(
      Event.make(.setuid, 100, at: 11) {
        $0.append(Int64(-1)); $0.append(UInt32(0))
      })
    #expect(host.thread(100)?.uid == 6)
    host.apply(
      Event.make(.setregid, 100, at: 12) {
        $0.append(Int64(0)); $0.append(UInt32(5)); $0.append(UInt32.max)
      })
    #expect(host.thread(100)?.gid == 0, "-1 leaves the id")
    host.apply(Event.make(.setsid, 100, at: 13) { $0.append(Int64(100)) })
    #expect(host.thread(100)?.sid == 100)
    host.apply(
      Event.make(.unshare, 100, at: 14) {
        $0.append(Int64(0)); $0.append(UInt32(1 << 20))
      })
    #expect(host.thread(100)?.capEffective == (1 << 41) - 1)
    host.apply(
      Event.make(.prlimit, 100, at: 15) {
        $0.append(Int64(0)); $0.append(Int64(2048)); $0.append(Int64(4096)); $0.append(Int64(1024))
        $0.append(Int64(4096)); $0.append(Int64(0)); $0.append(UInt8(7))
      })
    #expect(host.thread(100)?.descriptorLimit == 2048)
  }

  @Test func containersFollowTheCgroups() {
    let id = String(repeating: "0123456789abcdef", count: 4)
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: container(id)))
    #expect(host.thread(200).map { host.text($0.containerID) } == "0123456789ab")
    #expect(host.thread(200).map { host.text($0.containerFullID) } == id)
    host.apply(Event.clone(300, at: 11, result: 0, ptid: 200, cgroups: container(id)))
    #expect(host.thread(300)?.containerID == host.thread(200)?.containerID, "shared, not stored again")
    host.apply(Event.execve(300, at: 12, exe: "/x", comm: "x", cgroups: ["cpu=/", "memory=/"]))
    #expect(host.thread(300).map { host.text($0.containerID) } == "")
    #expect(host.thread(300).map { host.text($0.cgroups) } == "cpu=/\0memory=/\0")
    host.apply(Event.execve(300, at: 13, exe: "/x", comm: "x", cgroups: ["nonsense"]))
    #expect(host.thread(300).map { host.text($0.cgroups) } == "cpu=/\0memory=/\0")
  }

  @Test func aFullTableMakesRoomAmongTheIdleAndRefusesOtherwise() {
    var limits = StateLimits()
    limits.threads = 4
    var host = Host(limits: limits)
    for tid in 1...6 { host.apply(Event.execve(tid, at: 1_000, exe: "/x", ptid: 0, comm: "x")) }
    #expect(host.state.threads.count == 4)
    #expect(host.state.counters.threadsRefused == 2)
    #expect(host.state.current.thread == Slot.none)
    host.apply(Event.execve(7, at: 3_600_000_000_000, exe: "/x", ptid: 0, comm: "x"))
    #expect(host.thread(7) != nil)
    #expect(host.state.counters.threadsEvicted == 1)
    #expect(host.state.threads.count == 4)
  }
}
