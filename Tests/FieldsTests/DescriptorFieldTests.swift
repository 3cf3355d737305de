import CaptureTesting
import EventSchema
import Fields
import SystemState
import Testing

@Suite struct DescriptorFieldTests {
  @Test func aFileHasPathDirectoryAndName() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: 3, name: "sub/../a.txt", device: 0xfe00, inode: 77))
    #expect(scene.text("fd.num") == "3")
    #expect(scene.text("fd.type") == "file")
    #expect(scene.text("fd.typechar") == "f")
    #expect(scene.text("fd.name") == "/srv/a.txt")
    #expect(scene.text("fd.nameraw") == "sub/../a.txt")
    #expect(scene.text("fd.directory") == "/srv")
    #expect(scene.text("fd.filename") == "a.txt")
    #expect(scene.text("fd.dev") == "FE00")
    #expect(scene.json("fd.dev") == #""FE00""#)
    #expect(scene.text("fd.dev.major") == "254")
    #expect(scene.text("fd.ino") == "77")
    #expect(scene.text("fd.l4proto") == "<NA>")
    #expect(scene.json("fd.l4proto") == #""<NA>""#)
    #expect(scene.value("fd.sip").isMissing)
    #expect(scene.text("fd.uid") == "2003")
    #expect(scene.text("fd.containername") == ":/srv/a.txt")
    scene.apply(Event.openat(200, at: 7_001, fd: 4, name: "/top"))
    #expect(scene.text("fd.directory") == "/")
    #expect(scene.json("fd.types") == #"["file"]"#)
    #expect(scene.text("fd.types[4]") == "(file)")
    #expect(scene.value("fd.types[9]").isMissing)
  }

  @Test func theFileItselfIsKnownAsLongAsItIsOpen() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: 3, name: "link", realPath: "/etc/shadow"))
    #expect(scene.text("fd.name") == "/srv/link")
    #expect(scene.text("fd.realpath") == "/etc/shadow")
    #expect(scene.text("evt.arg.realpath") == "/etc/shadow")
    #expect(scene.text("evt.args").hasSuffix(" realpath=/etc/shadow"))
    scene.apply(Event.read(200, at: 7_001, fd: 3))
    #expect(scene.text("fd.realpath") == "/etc/shadow")
    scene.apply(Event.close(200, at: 7_002, fd: 3))
    #expect(scene.text("fd.realpath") == "/etc/shadow")
    scene.apply(Event.openat(200, at: 7_003, fd: 3, name: "link"))
    #expect(scene.value("fd.realpath").isMissing, "the kernel was not asked")
    #expect(!scene.text("evt.args").contains("realpath"), "others do not know the parameter")
    #expect(scene.text("proc.exerealpath") == scene.text("proc.exepath"))
  }

  /// Values measured with the reference.
  @Test func aFailedOpenStillNamesItsPath() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: -2, name: "nope"))
    #expect(scene.text("fd.name") == "/srv/nope")
    #expect(scene.value("fd.type").isMissing)
    #expect(scene.text("fd.typechar") == "f")
    #expect(scene.text("fd.directory") == "/srv")
    #expect(scene.text("fs.path.name") == "<UNKNOWN>")
    scene.apply(Event.openat(200, at: 7_000, fd: -2, name: ""))
    #expect(scene.json("fd.name") == #""""#)
    scene.apply(
      Event.make(.connect, 200, at: 7_001) {
        $0.append(Int64(-9))
        $0.appendEmpty()
        $0.append(Int64(-1))
        $0.appendEmpty()
      })
    #expect(scene.text("evt.args") == "res=-9(EBADF) tuple=NULL fd=-1(EPERM) addr=<NA>")
    #expect(scene.json("fd.nameraw") == #""NULL""#)
  }

  @Test func eventsWithoutDescriptorHaveNoDescriptorFields() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.chdir(200, at: 7_000, "/tmp"))
    #expect(scene.value("fd.num").isMissing)
    #expect(scene.value("fd.name").isMissing)
    #expect(scene.value("fd.typechar").isMissing)
  }

  @Test func aConnectionHasItsEnds() {
    var machine = Machine()
    machine.addressesV4 = [IPAddress(v4: 0x0100_000a)]
    var scene = Scene.withShellAndCat(machine: machine)
    scene.apply(Event.socket(200, at: 7_000, fd: 5, domain: 2, type: 1, protocol: 6))
    scene.apply(
      Event.connect(
        200, at: 7_001, fd: 5, tuple: Wire.tuple("10.0.0.1", 4000, "10.0.0.2", 443),
        address: Wire.address("10.0.0.2", 443)))
    #expect(scene.text("fd.name") == "10.0.0.1:4000->10.0.0.2:443")
    #expect(scene.text("fd.type") == "ipv4")
    #expect(scene.text("fd.cip") == "10.0.0.1")
    #expect(scene.text("fd.cport") == "4000")
    #expect(scene.json("fd.cport") == "4000")
    #expect(scene.text("fd.sip") == "10.0.0.2")
    #expect(scene.text("fd.sport") == "443")
    #expect(scene.text("fd.lip") == "10.0.0.1")
    #expect(scene.text("fd.rip") == "10.0.0.2")
    #expect(scene.text("fd.rport") == "443")
    #expect(scene.text("fd.sproto") == "443")
    #expect(scene.text("fd.sockfamily") == "ip")
    #expect(scene.text("fd.l4proto") == "tcp")
    #expect(scene.text("fd.is_server") == "false")
    #expect(scene.items("fd.ip") == ["10.0.0.1", "10.0.0.2"])
    #expect(scene.items("fd.port") == ["4000", "443"])
    #expect(scene.text("fd.ip") == "<NA>")
    #expect(scene.text("evt.args").hasPrefix("res=0 tuple=10.0.0.1:4000->10.0.0.2:443 fd=5(<4t>10.0.0.1:4000->10.0.0.2:443)"))
  }

  @Test func aFileHasTwoSidedFieldsWithoutSides() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: 3, name: "/x"))
    #expect(scene.value("fd.ip").exists)
    #expect(scene.value("fd.ip").count == 0)
  }

  /// Values measured with the reference: type and protocol say enough, but rules in use expect it of used sockets only.
  @Test func aNewSocketShowsItsTransportOnlyIfItIsRaw() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.socket(200, at: 7_000, fd: 5, domain: 2, type: 1, protocol: 6))
    #expect(scene.text("fd.l4proto") == "<NA>")
    #expect(scene.text("evt.args").hasPrefix("fd=5(<4>) "))
    scene.apply(Event.socket(200, at: 7_001, fd: 6, domain: 2, type: 3, protocol: 255))
    #expect(scene.text("fd.l4proto") == "raw")
    scene.apply(Event.bind(200, at: 7_002, fd: 5, Wire.address("10.0.0.1", 80)))
    #expect(scene.text("fd.l4proto") == "tcp")
  }

  /// Values measured with the reference.
  @Test func whoeverGivesADescriptorANameChangesIt() {
    var scene = Scene.withShellAndCat()
    func changed(_ record: [UInt8]) -> String {
      scene.apply(record)
      return scene.text("fd.name_changed")
    }
    #expect(changed(Event.accept4(200, at: 1, fd: 7, tuple: Wire.tuple("10.0.0.2", 4000, "10.0.0.1", 80))) == "true")
    let memfd = Event.make(.memfd_create, 200, at: 2) {
      $0.append(Int64(8))
      $0.append(text: "name")
      $0.append(UInt32(0))
    }
    #expect(changed(memfd) == "true")
    let pidfd = Event.make(.pidfd_open, 200, at: 3) {
      $0.append(Int64(9))
      $0.append(Int64(100))
      $0.append(UInt32(0))
    }
    #expect(changed(pidfd) == "true")
    #expect(changed(Event.read(200, at: 4, fd: 8)) == "false")
  }

  /// Measured with the reference: all of none are files, and only events on descriptors tell of them.
  @Test func aThreadThatNobodyKnowsHasNoDescriptors() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.close(900, at: 7_000, fd: 3))
    #expect(scene.value("fd.types").exists)
    #expect(scene.items("fd.types") == [])
    scene.apply(Event.procexit(900, at: 7_001))
    #expect(scene.value("fd.types").isMissing)
    scene.apply(Event.chdir(200, at: 7_002, "/"))
    #expect(scene.value("fd.types").isMissing)
  }

  /// Measured with the reference.
  @Test func anEmptyPathLeadsNowhere() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: -2, name: ""))
    #expect(scene.value("evt.abspath").exists)
    #expect(scene.text("evt.abspath") == "")
  }

  @Test func repeatedSlashesCollapseInTheRawName() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: 3, name: "//etc///x"))
    #expect(scene.text("fd.nameraw") == "/etc/x")
    #expect(scene.text("fd.name") == "/etc/x")
  }
}
