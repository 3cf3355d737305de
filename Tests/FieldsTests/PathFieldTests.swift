import CaptureTesting
import EventSchema
import Fields
import SystemState
import Testing

/// Conventions measured with the reference: for links the source is the new path, the target what it leads to.
@Suite struct PathFieldTests {
  private func twoPaths(_ type: EventType, _ first: String, _ second: String, result: Int64 = 0) -> [UInt8] {
    Event.make(type, 200, at: 7_000) {
      $0.append(result)
      $0.append(text: first)
      $0.append(text: second)
    }
  }

  @Test func renamesGoFromSourceToTarget() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.chdir(200, at: 6_500, "/tmp/d"))
    scene.apply(twoPaths(.rename, "f2", "f5"))
    #expect(scene.text("fs.path.source") == "/tmp/d/f2")
    #expect(scene.text("fs.path.target") == "/tmp/d/f5")
    #expect(scene.text("fs.path.sourceraw") == "f2")
    #expect(scene.value("fs.path.name").isMissing)
    #expect(scene.text("evt.args") == "res=0 oldpath=f2(/tmp/d/f2) newpath=f5(/tmp/d/f5)")
    scene.apply(twoPaths(.rename, "f2", "f5", result: -2))
    #expect(scene.value("fs.path.source").isMissing)
  }

  @Test func linksPointFromTheNewPath() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.chdir(200, at: 6_500, "/tmp/d"))
    scene.apply(twoPaths(.link, "f1", "l1"))
    #expect(scene.text("fs.path.source") == "/tmp/d/l1")
    #expect(scene.text("fs.path.target") == "/tmp/d/f1")
    scene.apply(twoPaths(.symlink, "f1", "s1"))
    #expect(scene.text("fs.path.source") == "/tmp/d/s1")
    #expect(scene.text("fs.path.target") == "/tmp/d/f1")
    #expect(scene.text("evt.args") == "res=0 target=f1 linkpath=s1(/tmp/d/s1)")
  }

  /// The reference shows `<UNKNOWN>main.o` here, although the working directory is known.
  @Test func pathsBelowTheWorkingDirectoryAreKnown() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.chdir(200, at: 6_500, "/tmp/d"))
    scene.apply(
      Event.make(.unlinkat, 200, at: 7_000) {
        $0.append(Int64(0))
        $0.append(Event.currentDirectory)
        $0.append(text: "main.o")
        $0.append(UInt32(0))
      })
    #expect(scene.text("fs.path.name") == "/tmp/d/main.o")
  }

  @Test func pathsBelowADirectoryDescriptor() {
    var scene = Scene.withShellAndCat()
    scene.apply(Event.openat(200, at: 6_500, fd: 3, name: "/tmp/d", flags: 9217))
    scene.apply(
      Event.make(.symlinkat, 200, at: 7_000) {
        $0.append(Int64(0))
        $0.append(text: "../f1")
        $0.append(Int64(3))
        $0.append(text: "d1/s2")
      })
    #expect(scene.text("fs.path.source") == "/tmp/d/d1/s2")
    #expect(scene.text("fs.path.target") == "<UNKNOWN>../f1")
    #expect(scene.text("evt.args") == "res=0 target=../f1 linkdirfd=3(<d>/tmp/d) linkpath=d1/s2(/tmp/d/d1/s2)")
    #expect(scene.text("evt.abspath") == "/tmp/d/d1/s2")
    // What is absolute needs no directory.
    scene.apply(
      Event.make(.symlinkat, 200, at: 7_001) {
        $0.append(Int64(0)); $0.append(text: "//etc/./x"); $0.append(Int64(3)); $0.append(text: "s3")
      })
    #expect(scene.text("fs.path.target") == "/etc/x")
    scene.apply(
      Event.make(.mkdirat, 200, at: 7_001) {
        $0.append(Int64(0))
        $0.append(Int64(3))
        $0.append(text: "x/../y/")
        $0.append(UInt32(0o755))
      })
    #expect(scene.text("fs.path.name") == "/tmp/d/y")
    #expect(scene.text("evt.args") == "res=0 dirfd=3(<d>/tmp/d) path=x/../y/(/tmp/d/y) mode=1ED")
  }
}
