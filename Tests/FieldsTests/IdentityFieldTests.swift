import CaptureTesting
import EventSchema
import Fields
import SystemState
import Testing

/// Fields that tell which process it is.
@Suite struct IdentityFieldTests {
  private static let boot: UInt64 = 1_700_000_000_000_000_000
  private var machine: Machine {
    var machine = Machine()
    machine.bootTime = IdentityFieldTests.boot
    machine.bootID = 0x00c0_ffee
    return machine
  }
  /// Seconds after boot.
  private func time(_ seconds: Double) -> UInt64 { IdentityFieldTests.boot + UInt64(seconds * 1e9) }

  @Test func theStartIsTheOneThatProcShows() {
    var scene = Scene(machine: machine)
    scene.apply(Event.clone(100, at: time(12.345), result: 0, ptid: 1))
    #expect(scene.text("proc.pid_start") == "1234")
    #expect(scene.text("proc.id") == "00c0ffee-1234-100")
    // A thread shows its process.
    scene.apply(Event.clone(101, at: time(20), result: 0, pid: 100, ptid: 1, flags: 1 << 13 | 1))
    #expect(scene.text("proc.id") == "00c0ffee-1234-100")
    // Exec replaces the program, not the process.
    scene.apply(Event.execve(100, at: time(30), exe: "/x", ptid: 1, comm: "x"))
    #expect(scene.text("proc.id") == "00c0ffee-1234-100")
  }

  @Test func aReusedIDIsAnotherProcess() {
    var scene = Scene(machine: machine)
    scene.apply(Event.clone(100, at: time(10), result: 0, ptid: 1))
    let first = scene.text("proc.id")
    scene.apply(Event.procexit(100, at: time(11)))
    #expect(scene.text("proc.id") == first, "the exit is still about the old one")
    scene.apply(Event.clone(100, at: time(20), result: 0, ptid: 1))
    #expect(scene.text("proc.id") == "00c0ffee-2000-100")
    #expect(first == "00c0ffee-1000-100")
  }

  @Test func whereTheStartIsNotKnownThereIsNoIdentity() {
    var scene = Scene(machine: machine)
    scene.apply(Event.execve(100, at: time(30), exe: "/x", ptid: 1, comm: "x"))
    #expect(scene.value("proc.pid_start").isMissing)
    #expect(scene.value("proc.id").isMissing)
  }

  @Test func theAncestryGoesFromTheOldestToTheProcess() {
    var scene = Scene.withShellAndCat()
    #expect(scene.text("proc.ancestry") == "systemd->bash->cat")
    scene.apply(Event.openat(1, at: 9_000, fd: 3, name: "/x"))
    #expect(scene.text("proc.ancestry") == "systemd")
    scene.apply(Event.close(77_777, at: 9_001, fd: 1))
    #expect(scene.value("proc.ancestry").isMissing)
  }

  @Test func aLongAncestryIsCutAtTheOldEnd() {
    var scene = Scene()
    scene.apply(Event.execve(1, at: 1, exe: "/sbin/init", ptid: 0, comm: "init"))
    for pid in 2...100 { scene.apply(Event.clone(pid, at: UInt64(pid), result: 0, ptid: pid - 1, comm: "p\(pid)")) }
    let names = (69...100).map { "p\($0)" }
    #expect(scene.text("proc.ancestry") == "...->" + names.joined(separator: "->"))
    scene.apply(Event.openat(32, at: 200, fd: 3, name: "/x"))
    #expect(scene.text("proc.ancestry") == (["init"] + (2...32).map { "p\($0)" }).joined(separator: "->"))
  }

  @Test func theHashOfAnExecutableIsSharedByChildrenAndEndsWithExec() {
    var scene = Scene(machine: machine)
    scene.state.digestExecutables()
    func exec(_ pid: Int, _ seconds: Double) -> [UInt8] {
      Event.execve(pid, at: time(seconds), exe: "/bin/a", ptid: 1, comm: "a", path: "/bin/a")
    }
    scene.apply(exec(100, 1))
    #expect(scene.value("proc.exe.sha256").isMissing)
    let asked = scene.state.takeNewExecutables()
    #expect(asked.count == 1 && asked[0].process == 100 && asked[0].hostPath == "/bin/a")
    scene.apply(Event.clone(200, at: time(2), result: 0, ptid: 100))
    scene.state.setDigest(FileDigest((0..<32).map { UInt8($0 * 8 + 1) }), of: asked[0].slot, serial: asked[0].serial)
    #expect(scene.text("proc.exe.sha256") == "0109111921293139414951596169717981899199a1a9b1b9c1c9d1d9e1e9f1f9")
    #expect(scene.state.takeNewExecutables().isEmpty)
    scene.apply(exec(200, 3))
    #expect(scene.value("proc.exe.sha256").isMissing)
    let second = scene.state.takeNewExecutables()
    #expect(second.count == 1 && second[0].process == 200)
    scene.state.setDigest(nil, of: second[0].slot, serial: second[0].serial)
    #expect(scene.value("proc.exe.sha256").isMissing)
    // Gone for a while: the entries go, and late answers are about nobody.
    scene.apply(Event.procexit(200, at: time(4)))
    scene.apply(Event.procexit(100, at: time(4)))
    scene.apply(Event.close(300, at: time(5), fd: 0))
    _ = scene.state.takeNewExecutables()
    #expect(scene.state.digests.count == 2)
    scene.apply(Event.close(300, at: time(20), fd: 0))
    _ = scene.state.takeNewExecutables()
    #expect(scene.state.digests.count == 0)
    scene.state.setDigest(FileDigest(), of: asked[0].slot, serial: asked[0].serial)
  }

  @Test func withoutAUserOfHashesNothingIsAskedFor() {
    var scene = Scene.withShellAndCat()
    #expect(scene.state.takeNewExecutables().isEmpty)
    #expect(scene.state.digests.count == 0)
    #expect(scene.value("proc.exe.sha256").isMissing)
  }
}
