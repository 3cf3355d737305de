import CaptureTesting
import EventSchema
import SystemState
import Testing

/// The listing of tasks and files that kernel iterators give when capture begins.
@Suite struct TaskIteratorTests {
  private func task(_ pid: Int, _ tid: Int, parent: Int, comm: String = "srv") -> [UInt8] {
    Event.make(.task, pid << 32 | tid) {
      for value in [parent, pid, 1, 7] { $0.append(Int32(value)) }
      $0.append(text: comm)
      $0.append(strings: ["srv", "-d"])
      $0.append(text: "/usr/sbin/srv")
      $0.append(UInt32(1))
      $0.append(strings: ["A=1"])
      $0.append(text: "/srv")
      $0.append(UInt64(1024))
      $0.append(UInt32(33))
      $0.append(UInt32(44))
      for value: UInt64 in [3, 1, 0, 99, 5, 6] { $0.append(value) }
      for value: UInt32 in [4000, 1000, 5] { $0.append(value) }
      for value: UInt64 in [2, 30] { $0.append(value) }
      for value in [pid, tid] { $0.append(Int32(value)) }
      $0.append(UInt64(0))
      $0.append(strings: ["cpu=/"])
      $0.append(text: "/")
      $0.append(UInt64(777))
      $0.append(UInt32(34816))
      $0.append(UInt32(1000))
    }
  }

  @Test func tasksAndTheirFilesFillTheTables() {
    var host = Host()
    host.apply(task(1, 1, parent: 0, comm: "init"))
    host.apply(task(50, 50, parent: 1))
    host.apply(task(50, 51, parent: 1))
    host.apply(
      Event.make(.task_file_regular, 50 << 32 | 50) {
        $0.append(Int32(3))
        $0.append(text: "/srv/db")
        $0.append(UInt32(3))
        $0.append(UInt32(31))
        $0.append(UInt64(1234))
      })
    host.apply(
      Event.make(.task_file_socket_inet, 50 << 32 | 50) {
        $0.append(Int32(4))
        $0.append(UInt16(1))
        $0.append(UInt16(6))
        $0.append(bytes: Wire.ip("0.0.0.0"))
        $0.append(UInt16(80))
        $0.append(bytes: Wire.ip("0.0.0.0"))
        $0.append(UInt16(0))
        $0.append(UInt64(9))
      })
    #expect(host.state.threads.count == 3)
    #expect(host.parent(50) == 1)
    #expect(host.thread(51)?.pid == 50)
    #expect(host.thread(50)?.liveThreads == 2)
    let entry = host.thread(50)
    #expect(entry.map { host.text($0.cmdline) } == "srv -d")
    #expect(entry.map { host.text($0.exepath) } == "/usr/sbin/srv")
    #expect(entry?.uid == 33 && entry?.gid == 44 && entry?.capPermitted == 3 && entry?.capEffective == 1)
    #expect(entry?.exeInode == 99 && entry?.cloneTime == 777 && entry?.loginuid == 1000)
    #expect(host.cwd(50) == "/srv/")
    #expect(host.name(50, 3) == "/srv/db")
    #expect(host.name(50, 4) == "0.0.0.0:80")
    #expect(host.state.current.thread == Slot.none)
    // Events know more than a second listing.
    host.apply(Event.chdir(50, at: 10, "/tmp"))
    host.apply(task(50, 50, parent: 1))
    #expect(host.cwd(50) == "/tmp/")
  }
}
