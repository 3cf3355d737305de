import CaptureTesting
import EventSchema
import Fields
import SystemState
import Testing

@Suite struct EventFieldTests {
  @Test func timesComeInManyForms() {
    var scene = Scene()
    scene.apply(Event.close(5, at: 1_700_000_000_000_000_042, fd: 1))
    #expect(scene.text("evt.time.iso8601") == "2023-11-14T22:13:20.000000042+0000")
    #expect(scene.json("evt.time.iso8601") == "1700000000000000042")
    #expect(scene.json("evt.time") == "1700000000000000042")
    #expect(scene.text("evt.rawtime.s") == "1700000000")
    #expect(scene.text("evt.rawtime.ns") == "000000042")
    #expect(scene.json("evt.rawtime.ns") == "42")
    #expect(scene.text("evt.reltime") == "0")
    #expect(scene.text("evt.num") == "1")
  }

  @Test func aCallWithoutAnEventOfItsOwnHasItsNameButNoParameters() throws {
    var scene = Scene()
    let code = try #require(Schema.syscall(named: "clock_nanosleep")).code
    scene.apply(
      Event.make(.generic, 7, at: 1) {
        $0.append(code.rawValue)
        $0.append(UInt16(230))
      })
    #expect(scene.text("evt.type") == "clock_nanosleep")
    #expect(scene.text("syscall.type") == "clock_nanosleep")
    #expect(scene.json("evt.args") == #""""#)
    #expect(scene.value("evt.res").isMissing)
    #expect(scene.text("evt.category") == "other")
  }

  @Test func resultsAreNamed() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: -2, name: "nope"))
    #expect(scene.text("evt.res") == "ENOENT")
    #expect(scene.text("evt.rawres") == "-2")
    #expect(scene.text("evt.failed") == "true")
    #expect(scene.text("evt.count.error.file") == "1")
    #expect(scene.value("evt.count.error.net").isMissing)
    scene.apply(Event.openat(200, at: 7_001, fd: 3, name: "/etc/passwd"))
    #expect(scene.text("evt.res") == "SUCCESS")
    #expect(scene.text("evt.failed") == "false")
    scene.apply(Event.procexit(200, at: 7_002))
    #expect(scene.value("evt.res").isMissing)
    #expect(scene.value("syscall.type").isMissing)
    #expect(scene.text("evt.dir") == ">")
  }

  @Test func openModesComeFromThePortableFlags() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: 3, name: "/x", flags: 3))
    #expect(scene.text("evt.is_open_read") == "true")
    #expect(scene.text("evt.is_open_write") == "true")
    #expect(scene.text("evt.arg.flags") == "O_RDWR")
    scene.apply(Event.openat(200, at: 7_000, fd: 3, name: "/x", flags: 4097))
    #expect(scene.text("evt.is_open_read") == "true")
    #expect(scene.text("evt.is_open_write") == "false")
    #expect(scene.text("evt.arg.flags") == "O_RDONLY|O_CLOEXEC")
    #expect(scene.text("evt.rawarg.flags") == "1001")
    #expect(scene.json("evt.rawarg.flags") == #""1001""#)
    scene.apply(Event.openat(200, at: 7_000, fd: 3, name: "/x", flags: 16646))
    #expect(scene.text("evt.arg.flags") == "O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED")
    #expect(scene.text("evt.is_open_create") == "true")
    scene.apply(Event.creat(200, at: 7_001, fd: 3, name: "/x"))
    #expect(scene.text("evt.is_open_write") == "false", "creat is none of the opens that these fields look at")
  }

  @Test func readsAndWritesGoByTheirDescriptor() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: 3, name: "/etc/passwd"))
    scene.apply(Event.read(200, at: 7_001, fd: 3, data: "root\n"))
    #expect(scene.text("evt.category") == "file")
    #expect(scene.text("evt.io_dir") == "read")
    #expect(scene.text("evt.buflen") == "5")
    #expect(scene.text("evt.buffer") == "root.")
    #expect(scene.text("evt.is_io_read") == "true")
    #expect(scene.text("evt.args") == "res=5 data=root. fd=3(<f>/etc/passwd) size=4096")
    scene.apply(Event.close(200, at: 7_002, fd: 3))
    #expect(scene.text("evt.args") == "res=0 fd=3(<f>/etc/passwd)")
  }

  @Test func theGapIsToTheLastLook() {
    var scene = Scene.withShellAndCat()
    #expect(scene.text("evt.deltatime") == "0")
    scene.apply(Event.close(200, at: 7_002, fd: 3))
    #expect(scene.text("evt.count") == "1")
  }

  @Test func parametersAnswerByNameAndPosition() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 7_000, fd: -2, name: "a.txt"))
    #expect(scene.text("evt.arg.name") == "/srv/a.txt")
    #expect(scene.text("evt.arg[2]") == "/srv/a.txt")
    #expect(scene.text("evt.arg[0]") == "ENOENT")
    #expect(scene.text("evt.arg.dirfd") == "AT_FDCWD")
    #expect(scene.value("evt.arg[20]").isMissing)
    #expect(scene.value("evt.arg.pid").isMissing)
    #expect(scene.text("evt.rawarg.fd") == "-2")
    #expect(scene.text("evt.type.is.openat") == "1")
    #expect(scene.text("evt.type.is.close") == "0")
    #expect(scene.text("evt.abspath") == "/srv/a.txt")
  }
}
