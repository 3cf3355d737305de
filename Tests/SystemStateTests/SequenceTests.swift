import CaptureTesting
import EventSchema
import SystemState
import Testing

/// Sequences of events whose outcome the kernel's semantics fix: descriptors over exec, directories, groups, identities.
@Suite struct SequenceTests {
  /// What opens each kind of descriptor, how fd.type calls it, and whether exec closes it.
  /// Sources: the manual pages; io_uring/io_uring.c, `io_uring_install_fd`; fs/userfaultfd.c; kernel/bpf/syscall.c.
  struct Opening: Sendable, CustomTestStringConvertible {
    var type: EventType
    var kind: String
    var closes: Bool
    var parameters: @Sendable (inout EventBuilder) -> Void
    var testDescription: String { "\(type) \(kind) \(closes)" }
  }

  static let openings: [Opening] = [
    Opening(type: .eventfd, kind: "event", closes: false) { $0.append(Int64(5)); $0.append(UInt64(0)); $0.append(UInt8(0)) },
    Opening(type: .eventfd2, kind: "event", closes: true) {
      $0.append(Int64(5)); $0.append(closeOnExec16); $0.append(UInt64(0))
    },
    Opening(type: .eventfd2, kind: "event", closes: false) {
      $0.append(Int64(5)); $0.append(UInt16(0)); $0.append(UInt64(0))
    },
    Opening(type: .inotify_init, kind: "inotify", closes: false) { $0.append(Int64(5)); $0.append(UInt8(0)) },
    Opening(type: .inotify_init1, kind: "inotify", closes: true) { $0.append(Int64(5)); $0.append(closeOnExec16) },
    Opening(type: .signalfd4, kind: "signalfd", closes: true) {
      $0.append(Int64(5)); $0.append(closeOnExec16); $0.append(Int64(-1)); $0.append(UInt32(0))
    },
    Opening(type: .epoll_create, kind: "eventpoll", closes: false) { $0.append(Int64(5)); $0.append(Int32(1)) },
    Opening(type: .epoll_create1, kind: "eventpoll", closes: true) { $0.append(Int64(5)); $0.append(UInt32(1)) },
    Opening(type: .userfaultfd, kind: "userfaultfd", closes: true) { $0.append(Int64(5)); $0.append(UInt32(0x80000)) },
    Opening(type: .userfaultfd, kind: "userfaultfd", closes: false) { $0.append(Int64(5)); $0.append(UInt32(1)) },
    Opening(type: .io_uring_setup, kind: "io_uring", closes: true) { $0.append(Int64(5)); $0.append(UInt32(8)) },
    Opening(type: .memfd_create, kind: "memfd", closes: true) {
      $0.append(Int64(5)); $0.append(text: "m"); $0.append(UInt32(1))
    },
    Opening(type: .memfd_create, kind: "memfd", closes: false) {
      $0.append(Int64(5)); $0.append(text: "m"); $0.append(UInt32(2))
    },
    Opening(type: .pidfd_open, kind: "pidfd", closes: true) {
      $0.append(Int64(5)); $0.append(Int64(1)); $0.append(UInt32(0))
    },
    Opening(type: .signalfd, kind: "signalfd", closes: false) {
      $0.append(Int64(5)); $0.append(Int64(-1)); $0.append(UInt32(0)); $0.append(UInt8(0))
    },
    Opening(type: .timerfd_create, kind: "timerfd", closes: false) {
      $0.append(Int64(5)); $0.append(UInt8(1)); $0.append(UInt8(0))
    },
    Opening(type: .pipe2, kind: "pipe", closes: true) {
      $0.append(Int64(0)); $0.append(Int64(5)); $0.append(Int64(6)); $0.append(UInt64(9)); $0.append(UInt32(1 << 12))
    },
    Opening(type: .pipe2, kind: "pipe", closes: false) {
      $0.append(Int64(0)); $0.append(Int64(6)); $0.append(Int64(5)); $0.append(UInt64(9)); $0.append(UInt32(0))
    },
    // AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET.
    Opening(type: .socket, kind: "unix", closes: true) { socket(&$0, 1, 1 << 12) },
    Opening(type: .socket, kind: "ipv4", closes: false) { socket(&$0, 2, 0) },
    Opening(type: .socket, kind: "ipv6", closes: true) { socket(&$0, 10, 1 << 12) },
    Opening(type: .socket, kind: "netlink", closes: false) { socket(&$0, 16, 0) },
    Opening(type: .socket, kind: "<NA>", closes: true) { socket(&$0, 17, 1 << 12) },
    Opening(type: .openat2, kind: "directory", closes: true) {
      $0.append(Int64(5)); $0.append(Int64(-100)); $0.append(text: "/etc"); $0.append(UInt32(1 << 12 | 1 << 10 | 1))
    },
    Opening(type: .open_by_handle_at, kind: "file", closes: false) {
      $0.append(Int64(5)); $0.append(Int64(3)); $0.append(UInt32(1)); $0.append(text: "/etc/hosts")
    },
    Opening(type: .bpf, kind: "bpf", closes: true) { $0.append(Int64(5)); $0.append(UInt32(0)) },
  ]
  private static func socket(_ event: inout EventBuilder, _ domain: UInt32, _ flags: UInt32) {
    event.append(Int64(5)); event.append(domain); event.append(UInt32(1)); event.append(UInt32(0)); event.append(flags)
  }

  /// O_CLOEXEC in the wire's flags.
  static let closeOnExec16 = UInt16(1 << 12)

  @Test(arguments: openings)
  func eachKindHasItsNameAndExecClosesWhatItShould(_ opening: Opening) {
    var host = Host.withShell()
    host.apply(Event.make(opening.type, 100, at: 10, opening.parameters))
    #expect(host.descriptor(100, 5).map { "\($0.kind.name)" } == opening.kind)
    host.apply(Event.execve(100, at: 11, exe: "/bin/x", comm: "x"))
    #expect((host.descriptor(100, 5) == nil) == opening.closes)
  }

  /// pidfd_getfd(2): a copy of another process's descriptor, close-on-exec.
  @Test func aDescriptorTakenFromAnotherProcessIsACopy() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100))
    host.apply(Event.openat(200, at: 11, fd: 9, name: "/theirs"))
    host.apply(Event.make(.pidfd_open, 100, at: 12) { $0.append(Int64(4)); $0.append(Int64(200)); $0.append(UInt32(0)) })
    func take(_ number: Int, _ target: Int, at time: UInt64) -> [UInt8] {
      Event.make(.pidfd_getfd, 100, at: time) {
        $0.append(Int64(number)); $0.append(Int64(4)); $0.append(Int64(target)); $0.append(UInt32(0))
      }
    }
    host.apply(take(5, 9, at: 13))
    #expect(host.name(100, 5) == "/theirs")
    host.apply(take(-9, 77, at: 14))
    host.apply(take(6, 77, at: 15))
    #expect(host.descriptor(100, 6) == nil, "what the other one had there is not known")
    host.apply(Event.close(200, at: 16, fd: 9))
    host.apply(Event.read(100, at: 17, fd: 5))
    #expect(host.name(100, 5) == "/theirs")
    host.apply(Event.execve(100, at: 18, exe: "/bin/x", comm: "x"))
    #expect(host.descriptor(100, 5) == nil && host.descriptor(100, 4) == nil)
  }

  @Test func execClosesWhatEachCallMarked() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/a"))
    host.apply(Event.dup3(100, at: 11, 3, to: 4, flags: 1 << 12))
    host.apply(Event.dup2(100, at: 12, 4, to: 5))
    host.apply(
      Event.fcntl(
        100, at: 13, fd: 3, command: 26, argument: 0, result: 6))
    host.apply(
      Event.fcntl(100, at: 14, fd: 6, command: 1, argument: 0, result: 7))
    host.apply(Event.dup(100, at: 15, 3, to: 8))
    host.apply(Event.fcntl(100, at: 16, fd: 8, command: 3, argument: 1))
    host.apply(Event.dup(100, at: 17, 4, to: 9))
    host.apply(Event.fcntl(100, at: 18, fd: 4, command: 3, argument: 0))
    host.apply(Event.execve(100, at: 19, result: -2, exe: "/gone", comm: "x"))
    #expect((3...9).allSatisfy { host.name(100, Int64($0)) == "/a" }, "a failed exec closes nothing")
    host.apply(Event.execve(100, at: 20, exe: "/bin/x", comm: "x"))
    let left = (3...9).filter { host.descriptor(100, Int64($0)) != nil }
    #expect(left == [3, 4, 5, 7, 9])
  }

  @Test func aChildsTableIsItsOwn() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 10, fd: 3, name: "/a"))
    host.apply(Event.clone(100, at: 11, result: 200, ptid: 1))
    host.apply(Event.clone(200, at: 12, result: 0, ptid: 100))
    host.apply(Event.close(200, at: 13, fd: 3))
    host.apply(Event.openat(100, at: 14, fd: 4, name: "/b"))
    #expect(host.name(200, 3) == nil && host.name(100, 3) == "/a")
    #expect(host.name(200, 4) == nil)
    // Threads have one table, whoever of them opens and closes.
    host.apply(Event.clone(101, at: 15, result: 0, pid: 100, ptid: 1, flags: 1 << 13 | 1))
    host.apply(Event.openat(101, at: 16, fd: 5, name: "/c"))
    #expect(host.name(100, 5) == "/c")
    host.apply(Event.close(101, at: 17, fd: 3))
    host.apply(Event.read(100, at: 18, fd: 5))
    #expect(host.name(100, 3) == nil && host.state.current.descriptor != Slot.none)
    // An exec of that thread goes on as the process: one table, one thread, under the process's id.
    host.apply(Event.execve(100, at: 19, exe: "/bin/x", comm: "x"))
    #expect(host.thread(101) == nil && host.thread(100)?.liveThreads == 1)
    #expect(host.name(100, 5) == "/c")
  }

  @Test func directoriesFollowTheirOwnProcess() {
    var host = Host.withShell(cwd: "/srv/www")
    host.apply(Event.clone(100, at: 10, result: 200, ptid: 1))
    host.apply(Event.chdir(200, at: 11, "../tmp"))
    #expect(host.cwd(200) == "/srv/tmp/" && host.cwd(100) == "/srv/www/")
    // A thread's chdir is the process's.
    host.apply(Event.clone(101, at: 12, result: 0, pid: 100, ptid: 1, flags: 1 << 13 | 1))
    host.apply(Event.chdir(101, at: 13, "a/./b/.."))
    #expect(host.cwd(100) == "/srv/www/a/")
    host.apply(Event.chdir(100, at: 14, "missing", result: -2))
    #expect(host.cwd(100) == "/srv/www/a/")
    // A directory's descriptor keeps meaning the directory, wherever the process goes.
    host.apply(Event.openat(100, at: 15, fd: 7, name: "sub", flags: 0x401))
    host.apply(Event.chdir(100, at: 16, "/"))
    host.apply(Event.openat(100, at: 17, fd: 8, directory: 7, name: "../x"))
    #expect(host.name(100, 8) == "/srv/www/a/x")
    host.apply(Event.dup(100, at: 18, 7, to: 9))
    host.apply(Event.close(100, at: 19, fd: 7))
    host.apply(Event.fchdir(100, at: 20, fd: 9))
    #expect(host.cwd(100) == "/srv/www/a/sub/")
    // chroot moves the root and not the working directory.
    host.apply(Event.make(.chroot, 100, at: 21) { $0.append(Int64(0)); $0.append(text: "jail") })
    #expect(host.thread(100).map { host.text($0.root) } == "/srv/www/a/sub/jail")
    #expect(host.cwd(100) == "/srv/www/a/sub/")
    // getcwd is the kernel's word and repairs what was missed; a directory outside of the root has no name.
    host.apply(Event.make(.getcwd, 100, at: 21) { $0.append(Int64(9)); $0.append(text: "/srv/real") })
    #expect(host.cwd(100) == "/srv/real/")
    host.apply(Event.make(.getcwd, 100, at: 21) { $0.append(Int64(9)); $0.append(text: "(unreachable)/x") })
    host.apply(Event.make(.fchdir, 100, at: 21) { $0.append(Int64(-9)); $0.append(Int64(9)) })
    host.apply(Event.fchdir(100, at: 21, fd: 77))
    #expect(host.cwd(100) == "/srv/real/")
    host.apply(Event.make(.chroot, 100, at: 22) { $0.append(Int64(-1)); $0.append(text: "/etc") })
    #expect(host.thread(100).map { host.text($0.root) } == "/srv/www/a/sub/jail")
  }

  /// setsid(2): the caller leads a new session and a new group, without a terminal. setpgid(2): 0 is oneself.
  @Test func sessionsAndGroupsAreTheProcesss() {
    var host = Host.withShell()
    host.apply(Event.execve(100, at: 10, exe: "/bin/sh", comm: "sh", tty: 34816, vpgid: 90, pgid: 90))
    host.apply(Event.clone(100, at: 11, result: 200, ptid: 1))
    host.apply(Event.clone(201, at: 12, result: 0, pid: 200, ptid: 100, flags: 1 << 13 | 1))
    #expect(host.thread(200)?.pgid == 90 && host.thread(200)?.tty == 34816)
    host.apply(setpgid(100, at: 13, 200, 0))
    #expect(host.thread(200)?.pgid == 200 && host.thread(200)?.vpgid == 200)
    #expect(host.thread(201)?.pgid == 200, "a group is of the whole process")
    #expect(host.thread(100)?.pgid == 90)
    host.apply(setpgid(200, at: 14, 0, 90))
    #expect(host.thread(200)?.pgid == 90)
    host.apply(setpgid(200, at: 15, 0, 0, result: -1))
    #expect(host.thread(200)?.pgid == 90)
    host.apply(Event.make(.setsid, 201, at: 16) { $0.append(Int64(200)) })
    for tid in [Int32(200), 201] {
      #expect(host.thread(tid)?.sid == 200 && host.thread(tid)?.pgid == 200 && host.thread(tid)?.vpgid == 200)
      #expect(host.thread(tid)?.tty == 0)
    }
    host.apply(Event.make(.setsid, 100, at: 17) { $0.append(Int64(-1)) })
    #expect(host.thread(100)?.pgid == 90 && host.thread(100)?.tty == 34816)
  }

  @Test func groupNumbersInAPidNamespaceAreItsOwn() {
    var host = Host.withShell()
    let flags = UInt32(1 << 29)
    host.apply(Event.clone(300, at: 10, result: 0, ptid: 100, flags: flags, vtid: 1, vpid: 1))
    host.apply(Event.clone(301, at: 11, result: 0, ptid: 300, flags: flags, vtid: 2, vpid: 2))
    host.apply(setpgid(301, at: 12, 0, 0))
    #expect(host.thread(301)?.vpgid == 2 && host.thread(301)?.pgid == 301)
    host.apply(setpgid(301, at: 13, 2, 2))
    #expect(host.thread(301)?.vpgid == 2 && host.thread(301)?.pgid == 301)
    host.apply(Event.make(.setsid, 300, at: 14) { $0.append(Int64(1)) })
    #expect(host.thread(300)?.sid == 1 && host.thread(300)?.vpgid == 1 && host.thread(300)?.pgid == 300)
  }

  @Test func capabilitiesAreTheCallingThreads() {
    var host = Host.withShell()
    host.apply(Event.execve(100, at: 10, exe: "/bin/x", comm: "x", capabilities: 0xff))
    host.apply(Event.clone(101, at: 11, result: 0, pid: 100, ptid: 1, flags: 1 << 13 | 1))
    host.apply(
      Event.make(.capset, 101, at: 12) { $0.append(Int64(0)); $0.append(UInt64(1)); $0.append(UInt64(3)); $0.append(UInt64(2)) })
    #expect(host.thread(101)?.capInheritable == 1 && host.thread(101)?.capPermitted == 3 && host.thread(101)?.capEffective == 2)
    #expect(host.thread(100)?.capEffective == 0xff)
    host.apply(
      Event.make(.capset, 100, at: 13) { $0.append(Int64(-1)); $0.append(UInt64(0)); $0.append(UInt64(0)); $0.append(UInt64(0)) })
    #expect(host.thread(100)?.capEffective == 0xff)
    host.apply(Event.clone(100, at: 14, result: 200, ptid: 1))
    #expect(host.thread(200)?.capPermitted == 0xff, "inherited by fork")
  }

  /// /proc/PID/cgroup of cgroups v1 (a line per controller), v2 (one), and hybrid (v1 controllers, and systemd's own v2).
  @Test(arguments: [
    ["cpuset=/docker/ID", "cpu=/docker/ID", "memory=/docker/ID"],
    ["cpu=/docker/ID"],
    ["cpu=/system.slice/docker-ID.scope", "memory=/system.slice/docker-ID.scope"],
    ["cpuset=/", "cpu=/kubepods/burstable/pod1/ID", "io=/"],
    // Hosts with both versions: whichever hierarchy the container is in, the others hold a unit of systemd or the root.
    ["cpuset=/", "cpu=/", "cpuacct=/", "io=/", "memory=/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope"],
    ["cpuset=/docker/ID", "cpu=/docker/ID", "cpuacct=/docker/ID", "io=/docker/ID", "memory=/system.slice/docker.service"],
    ["cpuset=/", "cpu=/user.slice", "io=/", "memory=/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope"],
  ])
  func aContainerIsFoundWhicheverCgroupsTheHostHas(cgroups: [String]) {
    let id = String(repeating: "0123456789abcdef", count: 4)
    var host = Host.withShell()
    host.apply(
      Event.clone(
        200, at: 10, result: 0, ptid: 100,
        cgroups: cgroups.map { $0.split(separator: "ID", omittingEmptySubsequences: false).joined(separator: id) }))
    #expect(host.thread(200).map { host.text($0.containerID) } == "0123456789ab")
  }

  /// A container in the second version's hierarchy alone, on a host that has both: its life by events, a process that enters
  /// it from the host, and one that leaves.
  @Test func aContainerOfOneHierarchyIsEnteredAndLeft() {
    let id = String(repeating: "0123456789abcdef", count: 4)
    let outside = ["cpuset=/", "cpu=/", "cpuacct=/", "io=/", "memory=/system.slice/sshd.service"]
    let inside = Array(outside.dropLast()) + ["memory=/system.slice/docker-\(id).scope"]
    var host = Host.withShell()
    host.apply(Event.execve(100, at: 9, exe: "/bin/sh", comm: "sh", cgroups: outside))
    #expect(host.thread(100).map { host.text($0.containerID) } == "")
    // The runtime's child is moved between its clone and its exec.
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: outside))
    #expect(host.thread(200).map { host.text($0.containerID) } == "")
    host.apply(Event.execve(200, at: 11, exe: "/entry", ptid: 100, comm: "entry", cgroups: inside))
    host.apply(Event.clone(201, at: 12, result: 0, ptid: 200, cgroups: inside))
    host.apply(Event.clone(202, at: 13, result: 0, pid: 201, ptid: 200, flags: 1 << 13 | 1, cgroups: inside))
    for tid in [200, 201, 202] as [Int32] {
      #expect(host.thread(tid).map { host.text($0.containerID) } == "0123456789ab", "\(tid)")
    }
    let container = host.state.findContainer("0123456789ab")
    #expect(host.state.containers[container].threadCount == 3)
    // Out of it, by a move that its next exec tells.
    host.apply(Event.execve(201, at: 14, exe: "/bin/x", ptid: 200, comm: "x", cgroups: outside))
    #expect(host.thread(201).map { host.text($0.containerID) } == "")
    #expect(host.thread(200).map { host.text($0.containerID) } == "0123456789ab")
  }

  /// A thousand such containers, a hundred at a time: memory and tables are then as before.
  @Test func aThousandContainersOfOneHierarchyLeaveNothing() {
    var host = Host.withShell()
    let (threads, bytes) = (host.state.threads.count, host.state.texts.bytesInUse)
    var time: UInt64 = 1_000_000_000
    for wave in 0..<10 {
      for number in 0..<100 {
        let digits = String(wave * 100 + number + 1_000_000, radix: 16)
        let id = String(repeating: "0", count: 64 - digits.count) + digits
        let cgroups = ["cpuset=/", "cpu=/", "cpuacct=/", "io=/", "memory=/kubepods/pod\(number)/\(String(id.reversed()))"]
        time += 1_000_000
        host.apply(Event.clone(5000 + number, at: time, result: 0, ptid: 100, cgroups: cgroups))
        host.apply(Event.execve(5000 + number, at: time + 1, exe: "/app", ptid: 100, comm: "app", cgroups: cgroups))
        _ = host.state.takeNewContainers()
      }
      #expect(host.state.containers.count >= 100)
      for number in 0..<100 { host.apply(Event.procexit(5000 + number, at: time + 2 + UInt64(number))) }
      time += 60_000_000_000
      host.apply(Event.read(100, at: time, fd: 0))
      host.state.removeGoneContainers(at: time)
      #expect(host.state.containers.count == 0)
    }
    #expect(host.state.threads.count == threads && host.state.texts.bytesInUse == bytes)
    #expect(host.state.counters.containersAdded == 1000 && host.state.counters.containersRemoved == 1000)
    #expect(host.state.counters.containersRefused == 0)
  }

  /// All orders in which parent, child, the child's exec and its exit can come; what matters is the end.
  @Test func everyOrderOfACloneEndsTheSame() {
    let caller = Event.clone(100, at: 10, result: 200, ptid: 1)
    let child = Event.clone(200, at: 10, result: 0, ptid: 100)
    let exec = Event.execve(200, at: 11, exe: "/bin/ls", ptid: 100, comm: "ls")
    let exit = Event.procexit(200, at: 12)
    // The child's own events keep their order; the caller's may come anywhere.
    for place in 0...3 {
      var events = [child, exec, exit]
      events.insert(caller, at: place)
      for lost in [nil, 0, 1] as [Int?] {
        var host = Host.withShell()
        var sequence = events
        if let lost {
          // A lost event of the child: its clone, or its exec.
          sequence.remove(at: lost + (place <= lost ? 1 : 0))
        }
        for event in sequence { host.apply(event) }
        host.apply(Event.read(100, at: 13, fd: 0))
        #expect(host.thread(200) == nil, "caller at \(place), lost \(String(describing: lost))")
        #expect(host.state.threads.count == 2)
      }
    }
    for events in [[caller, child], [child, caller]] {
      var host = Host.withShell()
      host.apply(Event.openat(100, at: 5, fd: 3, name: "/f"))
      for event in events { host.apply(event) }
      #expect(host.parent(200) == 100 && host.cwd(200) == "/home/user/" && host.name(200, 3) == "/f")
      host.apply(exec)
      #expect(host.thread(200).map { host.text($0.exe) } == "/bin/ls")
      #expect(host.state.threads.count == 3)
    }
  }

  /// What CLONE_PARENT makes is a sibling, with the caller's directory and descriptors, not with the parent's.
  @Test func aSiblingByCloneParentHasWhatItsCallerHad() {
    let byParent: UInt32 = 1 << 8
    let caller = Event.clone(150, at: 20, result: 200, ptid: 100, exe: "/bin/rt", comm: "rt", flags: byParent)
    let child = Event.clone(200, at: 20, result: 0, ptid: 100, exe: "/bin/rt", comm: "rt", flags: byParent)
    for events in [[caller, child], [child, caller], [child], [caller]] {
      var host = Self.withRuntimes()
      for event in events { host.apply(event) }
      #expect(host.parent(200) == 100 && host.cwd(200) == "/rt/150/" && host.name(200, 7) == "/x/150")
      #expect(host.name(200, 3) == nil, "the parent's")
      #expect(host.thread(200)?.sid == 150)
    }
    // A twin of the caller did something later: the guess is wrong until the caller's event comes.
    var host = Self.withRuntimes()
    host.apply(Event.openat(151, at: 19, fd: 8, name: "/x/twin"))
    host.apply(child)
    #expect(host.name(200, 8) == "/x/twin")
    host.apply(Event.openat(200, at: 21, fd: 9, name: "/own"))
    host.apply(caller)
    #expect(host.parent(200) == 100 && host.cwd(200) == "/rt/150/" && host.thread(200)?.sid == 150)
    #expect(host.name(200, 7) == "/x/150" && host.name(200, 8) == nil && host.name(200, 9) == "/own")
    // What the child changed before that stays.
    host = Self.withRuntimes()
    host.apply(Event.openat(151, at: 19, fd: 8, name: "/x/twin"))
    host.apply(child)
    host.apply(Event.chdir(200, at: 21, "/elsewhere"))
    host.apply(Event.openat(200, at: 21, fd: 7, name: "/own"))
    host.apply(caller)
    #expect(host.cwd(200) == "/elsewhere/" && host.name(200, 7) == "/own" && host.name(200, 8) == nil)
  }

  @Test func aSiblingByCloneParentSharesTheTableOfItsCaller() {
    let flags: UInt32 = 1 << 8 | 1
    var host = Self.withRuntimes()
    host.apply(Event.openat(151, at: 19, fd: 8, name: "/x/twin"))
    host.apply(Event.clone(200, at: 20, result: 0, ptid: 100, exe: "/bin/rt", comm: "rt", flags: flags))
    host.apply(Event.clone(150, at: 20, result: 200, ptid: 100, exe: "/bin/rt", comm: "rt", flags: flags))
    host.apply(Event.openat(200, at: 21, fd: 9, name: "/shared"))
    #expect(host.name(150, 9) == "/shared" && host.name(151, 9) == nil && host.name(200, 8) == nil)
    host.apply(Event.procexit(200, at: 22))
    host.apply(Event.read(100, at: 23, fd: 0))
    #expect(host.name(150, 9) == "/shared" && host.name(151, 8) == "/x/twin")
  }

  @Test func aSiblingThatEndedBeforeItsCallerReturnedStaysGone() {
    var host = Self.withRuntimes()
    let (threads, descriptors) = (host.state.threads.count, host.state.descriptors.count)
    host.apply(Event.clone(200, at: 20, result: 0, ptid: 100, exe: "/bin/rt", comm: "rt", flags: 1 << 8))
    host.apply(Event.procexit(200, at: 21))
    host.apply(Event.clone(150, at: 22, result: 200, ptid: 100, exe: "/bin/rt", comm: "rt", flags: 1 << 8))
    #expect(host.thread(200) == nil)
    #expect(host.state.threads.count == threads && host.state.descriptors.count == descriptors)
  }

  /// Two children of the shell that look the same, with directories, sessions and descriptors of their own.
  private static func withRuntimes() -> Host {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 4, fd: 3, name: "/shell", flags: 0x1001))
    for pid in [151, 150] {
      host.apply(Event.clone(pid, at: 10, result: 0, ptid: 100))
      host.apply(Event.execve(pid, at: 11, exe: "/bin/rt", ptid: 100, comm: "rt"))
      host.apply(Event.close(pid, at: 12, fd: 3))
      host.apply(Event.chdir(pid, at: 13, "/rt/\(pid)"))
      host.apply(Event.make(.setsid, pid, at: 14) { $0.append(Int64(pid)) })
      host.apply(Event.openat(pid, at: 15, fd: 7, name: "/x/\(pid)"))
    }
    host.apply(Event.read(150, at: 16, fd: 7))
    return host
  }

  /// A vfork's caller goes on when its child has called exec or is gone, so it comes last; clone3 and fork as clone.
  @Test(arguments: [EventType.clone, .clone3, .fork, .vfork])
  func everyCallThatForksEndsTheSame(type: EventType) {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 5, fd: 3, name: "/f", flags: 0x1001))
    host.apply(Event.clone(200, at: 10, type, result: 0, ptid: 100))
    host.apply(Event.openat(200, at: 11, fd: 4, name: "/g"))
    host.apply(Event.execve(200, at: 12, exe: "/bin/ls", ptid: 100, comm: "ls"))
    host.apply(Event.clone(100, at: 13, type, result: 200, ptid: 1))
    #expect(host.parent(200) == 100 && host.thread(200).map { host.text($0.comm) } == "ls")
    #expect(host.name(200, 3) == nil && host.name(200, 4) == "/g" && host.name(100, 3) == "/f")
    host.apply(Event.procexit(200, at: 14))
    host.apply(Event.clone(100, at: 15, type, result: 200, ptid: 1))
    host.apply(Event.read(100, at: 16, fd: 3))
    #expect(host.thread(200) == nil && host.state.threads.count == 2)
  }

  /// The init of a pid namespace adopts what is orphaned inside, and nothing outside is touched. Source:
  /// pid_namespaces(7).
  @Test func orphansOfANamespaceStayInside() {
    var host = Host.withShell()
    let inside = UInt32(1 << 29)
    host.apply(Event.clone(300, at: 10, result: 0, ptid: 100, flags: inside | 1 << 6, vtid: 1, vpid: 1))
    host.apply(Event.clone(305, at: 11, result: 0, ptid: 300, flags: inside, vtid: 5, vpid: 5))
    host.apply(Event.clone(306, at: 12, result: 0, ptid: 305, flags: inside, vtid: 6, vpid: 6))
    // 6 and 5 on the host are others.
    host.apply(Event.clone(100, at: 13, result: 6, ptid: 1))
    host.apply(Event.procexit(305, at: 14, reaper: -1))
    host.apply(Event.execve(306, at: 15, exe: "/bin/x", ptid: 300, comm: "x"))
    #expect(host.parent(306) == 300 && host.thread(306)?.vpid == 6 && host.thread(306)?.vtid == 6)
    #expect(host.parent(6) == 100 && host.thread(306)?.isInPidNamespace == true)
    // With its init the whole namespace ends; who is left goes to nobody inside.
    host.apply(Event.procexit(306, at: 16, reaper: 0))
    host.apply(Event.procexit(300, at: 17, reaper: 0))
    host.apply(Event.read(100, at: 18, fd: 0))
    #expect(host.thread(300) == nil && host.thread(306) == nil && host.state.threads.count == 3)
  }

  /// The last owner's exit was lost, and the id is a thread of another process now.
  @Test func anIdThatWasAThreadsBecomesAProcesss() {
    var host = Host.withShell()
    host.apply(Event.openat(100, at: 9, fd: 3, name: "/old"))
    host.apply(Event.clone(150, at: 10, result: 0, pid: 100, ptid: 1, flags: 1 << 13 | 1))
    #expect(host.thread(100)?.liveThreads == 2)
    host.apply(Event.execve(150, at: 5_000_000_000, exe: "/bin/new", pid: 150, comm: "new"))
    #expect(host.thread(150)?.pid == 150 && host.thread(100)?.liveThreads == 1)
    #expect(host.name(150, 3) == nil && host.name(100, 3) == "/old")
    host.apply(Event.openat(150, at: 5_000_000_001, fd: 3, name: "/mine"))
    #expect(host.name(150, 3) == "/mine" && host.name(100, 3) == "/old")
  }

  /// An exit is applied with the next event: that may be the birth of the id's next owner.
  @Test func anIdIsReusedByTheVeryNextEvent() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100))
    host.apply(Event.openat(200, at: 11, fd: 3, name: "/old"))
    host.apply(Event.procexit(200, at: 12))
    host.apply(Event.clone(200, at: 13, result: 0, ptid: 1, comm: "next"))
    #expect(host.parent(200) == 1 && host.name(200, 3) == nil)
    #expect(host.thread(200).map { host.text($0.comm) } == "next")
  }

  /// What finds no room is counted by its table.
  @Test func everythingThatIsRefusedIsCounted() {
    var limits = StateLimits()
    limits.callEntries = 1
    limits.descriptors = 2
    limits.textBytes = 1 << 20
    var host = Host(limits: limits)
    for pid in [1, 2] { host.apply(Event.execve(pid, at: 1, exe: "/x", ptid: 0, comm: "x")) }
    host.apply(Event.openatEntry(1, at: 2, name: "/one"))
    host.apply(Event.openatEntry(2, at: 3, name: "/two"))
    #expect(host.state.counters.callEntriesRefused == 1)
    // The exit's own path is taken then.
    host.apply(Event.openat(2, at: 4, fd: 3, name: "/two"))
    #expect(host.name(2, 3) == "/two")
    host.apply(Event.openat(1, at: 5, fd: 3, name: "/one"))
    host.apply(Event.openat(1, at: 6, fd: 4, name: "/three"))
    #expect(host.state.counters.descriptorsRefused == 1 && host.descriptor(1, 4) == nil)
    let long = String(repeating: "x", count: 3_900)
    for number in 0..<600 { host.apply(Event.execve(1, at: 7, exe: "/x", arguments: ["\(number)"], comm: "x", environment: [long + "\(number)"])) }
    #expect(host.state.texts.refused == 0, "what is replaced makes room")
    for pid in 1000..<1600 { host.apply(Event.execve(pid, at: 8, exe: "/x", ptid: 0, comm: "x", environment: [long + "\(pid)"])) }
    #expect(host.state.texts.refused > 0)
    #expect(host.state.texts.bytesInUse <= 1 << 20)
  }

  private func setpgid(_ tid: Int, at time: UInt64, _ pid: Int, _ group: Int, result: Int = 0) -> [UInt8] {
    Event.make(.setpgid, tid, at: time) { $0.append(Int64(result)); $0.append(Int64(pid)); $0.append(Int64(group)) }
  }
}
