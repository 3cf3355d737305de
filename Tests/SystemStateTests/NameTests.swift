import CaptureTesting
import EventSchema
import SystemState
import Testing

/// A thread's name is its own, and 15 bytes long at most. Sources: prctl(2), proc(5).
@Suite struct NameTests {
  private func rename(_ tid: Int, at time: UInt64, _ name: String, result: Int = 0, option: UInt32 = 15) -> [UInt8] {
    Event.make(.prctl, tid, at: time) {
      $0.append(Int64(result)); $0.append(option); $0.append(text: name); $0.append(Int64(0))
    }
  }
  private func comm(_ host: borrowing Host, _ tid: Int32) -> String? { host.thread(tid).map { host.text($0.comm) } }

  private func withThread() -> Host {
    var host = Host.withShell()
    host.apply(Event.clone(101, at: 10, result: 0, pid: 100, ptid: 1, flags: 1 << 13 | 1))
    return host
  }

  @Test func prctlNamesTheCallingThreadOnly() {
    var host = withThread()
    host.apply(rename(101, at: 11, "worker"))
    #expect(comm(host, 101) == "worker" && comm(host, 100) == "sh")
    host.apply(rename(101, at: 12, "a-name-that-is-too-long"))
    #expect(comm(host, 101) == "a-name-that-is-")
    host.apply(rename(101, at: 13, "x", result: -14))
    // PR_GET_NAME tells the name that the thread has.
    host.apply(rename(101, at: 14, "other", option: 16))
    #expect(comm(host, 101) == "a-name-that-is-")
    // The command line stays; the next program brings its own name.
    #expect(host.thread(100).map { host.text($0.cmdline) } == "sh")
    host.apply(Event.execve(100, at: 15, exe: "/bin/ls", comm: "ls"))
    #expect(comm(host, 100) == "ls")
  }

  @Test(arguments: [
    ("/proc/self/comm", 100, 100), ("/proc/thread-self/comm", 101, 101), ("/proc/self/comm", 101, 100),
    ("/proc/self/task/101/comm", 100, 101), ("/proc/100/task/101/comm", 101, 101), ("/proc/100/comm", 101, 100),
  ])
  func writingToACommFileNamesItsThread(path: String, writer: Int, named: Int32) {
    var host = withThread()
    host.apply(Event.openat(writer, at: 11, fd: 3, name: path, flags: 2))
    host.apply(Event.write(writer, at: 12, fd: 3, data: "renamed"))
    #expect(comm(host, named) == "renamed")
    #expect(comm(host, 201 - named) == "sh")
  }

  /// Another process's, one that is open for reading, and files that look like it.
  @Test(arguments: [
    ("/proc/1/comm", 2), ("/proc/self/comm", 1), ("/proc/self/task/1/comm", 2), ("/tmp/proc/self/comm", 2),
    ("/proc/self/task/101/x/comm", 2), ("/proc/selfish/comm", 2), ("/proc//task/comm", 2),
    ("/proc/99999999999999999999/comm", 2), ("/proc/-100/comm", 2),
  ] as [(String, UInt32)])
  func otherFilesNameNobody(path: String, flags: UInt32) {
    var host = withThread()
    host.apply(Event.openat(100, at: 11, fd: 3, name: path, flags: flags))
    host.apply(Event.write(100, at: 12, fd: 3, data: "renamed"))
    #expect(comm(host, 100) == "sh" && comm(host, 101) == "sh" && comm(host, 1) == "init")
  }

  @Test func insideANamespaceItsOwnNumbersCount() {
    var host = Host.withShell()
    let inside = UInt32(1 << 29)
    host.apply(Event.clone(300, at: 10, result: 0, ptid: 100, flags: inside, vtid: 1, vpid: 1))
    host.apply(Event.clone(301, at: 11, result: 0, pid: 300, ptid: 100, flags: inside | 1 << 13 | 1, vtid: 7, vpid: 1))
    host.apply(Event.openat(300, at: 12, fd: 3, name: "/proc/1/task/7/comm", flags: 2))
    host.apply(Event.write(300, at: 13, fd: 3, data: "inner"))
    #expect(comm(host, 301) == "inner" && comm(host, 1) == "init")
  }

  @Test func aWriteThatFailedNamesNobody() {
    var host = withThread()
    host.apply(Event.openat(100, at: 11, fd: 3, name: "/proc/self/comm", flags: 2))
    host.apply(
      Event.make(.write, 100, at: 12) {
        $0.append(Int64(-22)); $0.append(bytes: Array("renamed".utf8)); $0.append(Int64(3)); $0.append(UInt32(7))
      })
    #expect(comm(host, 100) == "sh")
  }
}
