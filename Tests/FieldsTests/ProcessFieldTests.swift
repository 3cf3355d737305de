import CaptureTesting
import EventSchema
import Fields
import SystemState
import Testing

@Suite struct ProcessFieldTests {
  @Test func aProcessHasItsNamesAndArguments() {
    let scene = Scene.withShellAndCat()
    #expect(scene.text("proc.name") == "cat")
    #expect(scene.text("proc.exe") == "cat")
    #expect(scene.text("proc.exepath") == "/usr/bin/cat")
    #expect(scene.text("proc.cmdline") == "cat -n /etc/passwd")
    #expect(scene.text("proc.exeline") == "cat -n /etc/passwd")
    #expect(scene.text("proc.args") == "-n /etc/passwd")
    #expect(scene.text("proc.args[1]") == "/etc/passwd")
    #expect(scene.value("proc.args[2]").kind == .text)
    #expect(scene.text("proc.args[2]") == "")
    #expect(scene.text("proc.cmdnargs") == "2")
    #expect(scene.text("proc.cmdlenargs") == "13")
    #expect(scene.text("proc.pid") == "200")
    #expect(scene.text("proc.tty") == "34816")
    #expect(scene.text("thread.nametid") == "cat200")
  }

  @Test func ancestorsCountFromTheProcessItself() {
    let scene = Scene.withShellAndCat()
    #expect(scene.text("proc.pname") == "bash")
    #expect(scene.text("proc.pexe") == "-bash")
    #expect(scene.text("proc.pcmdline") == "bash -l")
    #expect(scene.text("proc.ppid") == "100")
    #expect(scene.text("proc.aname[0]") == "cat")
    #expect(scene.text("proc.aname[1]") == "bash")
    #expect(scene.text("proc.aname[2]") == "systemd")
    #expect(scene.value("proc.aname[3]").isMissing)
    #expect(scene.text("proc.aexepath[2]") == "/usr/lib/systemd/systemd")
    #expect(scene.text("proc.apid[1]") == "100")
    #expect(scene.text("proc.loginshellid") == "100")
  }

  @Test func anAncestorFieldWithoutNumberHoldsAllAncestorsNearestFirst() {
    let scene = Scene.withShellAndCat()
    #expect(scene.items("proc.aname") == ["bash", "systemd"])
    #expect(scene.text("proc.aname") == "bash systemd")
    #expect(scene.json("proc.aname") == #""bash systemd""#)
    #expect(scene.items("proc.apid") == ["100", "1"])
    #expect(scene.text("proc.apid") == "200", "as a value it is the process's own")
  }

  @Test func theEnvironmentBelongsToTheProcess() {
    var scene = Scene.withShellAndCat()
    #expect(scene.text("proc.env[HOME]") == "/home/u")
    #expect(scene.text("proc.env[NONE]") == "")
    #expect(scene.text("proc.aenv[SPACED]") == "x")
    #expect(scene.text("proc.aenv[1]") == "HOME=/root SPACED= x  EMPTY=")
    scene.apply(Event.openat(100, at: 9_000, fd: 3, name: "/x"))
    #expect(scene.text("proc.env") == "HOME=/root SPACED= x  EMPTY=")
    #expect(scene.text("proc.env[SPACED]") == "x")
  }

  @Test func durationsNeedTheTimeOfCreation() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 9_000, fd: 3, name: "/x"))
    #expect(scene.text("proc.duration") == "4000")
    #expect(scene.text("proc.ppid.duration") == "7000")
    scene.apply(Event.openat(1, at: 9_500, fd: 3, name: "/x"))
    #expect(scene.value("proc.duration").isMissing)
  }

  /// Values measured with the reference on threads that no table holds.
  @Test func anUnknownThreadHasPlaceholders() {
    var scene = Scene()
    scene.apply(Event.close(15_765, at: 5, fd: 1))
    #expect(scene.text("proc.name") == "<NA>")
    #expect(scene.text("proc.cmdline") == "<NA>")
    #expect(scene.text("proc.pid") == "-1")
    #expect(scene.value("proc.ppid").isMissing)
    #expect(scene.text("thread.tid") == "15765")
    #expect(scene.value("proc.vpid").isMissing)
    #expect(scene.json("proc.exepath") == #""""#)
    #expect(scene.text("proc.cwd") == "./")
    #expect(scene.text("user.uid") == "4294967295")
    #expect(scene.text("user.name") == "<NA>")
    #expect(scene.text("user.loginuid") == "-1")
    #expect(scene.text("group.gid") == "4294967295")
    #expect(scene.text("proc.tty") == "0")
    #expect(scene.text("proc.sid") == "-1")
    #expect(scene.text("container.id") == "host")
    #expect(scene.value("proc.aname[2]").isMissing)
    #expect(scene.json("thread.cap_effective") == #""""#)
    #expect(scene.text("proc.is_exe_upper_layer") == "false")
    #expect(scene.text("fd.num") == "1")
    #expect(scene.value("fd.type").isMissing)
    #expect(scene.json("fd.name") == #""""#)
  }

  @Test func usersComeByIdAndRootIsAlwaysKnown() {
    let scene = Scene.withShellAndCat()
    #expect(scene.text("user.uid") == "0")
    #expect(scene.text("user.name") == "root")
    #expect(scene.text("user.homedir") == "/root")
    #expect(scene.text("user.shell") == "<NA>")
    #expect(scene.text("user.loginuid") == "1000")
    #expect(scene.text("user.loginname") == "<NA>")
    #expect(scene.text("group.name") == "root")
  }

  @Test func theHostIsAContainerWithoutImage() {
    let scene = Scene.withShellAndCat()
    #expect(scene.text("container.id") == "host")
    #expect(scene.text("container.name") == "host")
    #expect(scene.text("container.type") == "host")
    #expect(scene.json("container.image.repository") == #""""#)
    #expect(scene.text("container.privileged") == "false")
    #expect(scene.value("k8s.pod.name").isMissing)
    #expect(scene.value("container.label[x]").isMissing)
    #expect(scene.value("container.healthcheck").isMissing)
  }

  @Test func capabilitiesPrintTheirNamesInBitOrder() {
    var scene = Scene()
    scene.apply(Event.execve(5, at: 1, exe: "x", ptid: 0, comm: "x", capabilities: 0b101))
    #expect(scene.text("thread.cap_effective") == "CAP_CHOWN CAP_DAC_READ_SEARCH")
  }
}
