import CaptureTesting
import EventSchema
import Fields
import ProcFS
import SystemState
import Testing

/// Names of the ends of sockets, from the host's own file.
@Suite struct HostNameFieldTests {
  private func scene() -> Scene {
    var scene = Scene.withShellAndCat()
    scene.state.load(
      HostsFile.names(
        Array("10.0.0.1 here\n10.0.0.2 there.example.org there\n10.0.0.2 second\n2001:db8::2 six\n".utf8)))
    scene.apply(Event.socket(200, at: 7_000, fd: 4, domain: 2, type: 1))
    return scene
  }

  @Test func bothEndsHaveTheirNames() {
    var scene = scene()
    scene.apply(Event.connect(200, at: 7_001, fd: 4, tuple: Wire.tuple("10.0.0.1", 40_000, "10.0.0.2", 443)))
    #expect(scene.text("fd.cip.name") == "here" && scene.text("fd.sip.name") == "there.example.org")
    // Neither address is one of this machine's: the client's is the remote one then.
    #expect(scene.text("fd.rip.name") == "here" && scene.text("fd.lip.name") == "there.example.org")
  }

  @Test func anAddressWithoutANameAndAFileHaveNone() {
    var scene = scene()
    scene.apply(Event.connect(200, at: 7_001, fd: 4, tuple: Wire.tuple("10.0.0.1", 40_000, "10.0.0.3", 443)))
    #expect(scene.value("fd.sip.name").isMissing && scene.text("fd.cip.name") == "here")
    scene.apply(Event.openat(200, at: 7_002, fd: 5, name: "/etc/hosts"))
    #expect(scene.value("fd.sip.name").isMissing)
  }

  @Test func addressesOfVersion6HaveTheirs() {
    var scene = scene()
    scene.apply(Event.socket(200, at: 7_001, fd: 6, domain: 10, type: 1))
    scene.apply(
      Event.connect(200, at: 7_002, fd: 6, tuple: Wire.tuple("2001:db8:0:0:0:0:0:1", 40_000, "2001:db8:0:0:0:0:0:2", 443)))
    #expect(scene.text("fd.sip.name") == "six" && scene.value("fd.cip.name").isMissing)
  }
}
