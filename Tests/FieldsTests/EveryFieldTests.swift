import CaptureTesting
import EventSchema
import Fields
import SystemState
import Testing

/// Every field of the catalogue, looked up on events of every family.
@Suite struct EveryFieldTests {
  /// What a field that needs an argument is looked up with: the first of these that it takes.
  private static let arguments = ["", "[0]", "[1]", "[HOME]", ".res", ".cpu", ".a", ".openat", ".257", "[1700000000000000000/1000]"]

  private static let names: [String] = FieldCatalogue.classes.flatMap(\.fields).compactMap { info in
    for argument in arguments {
      if case .success = FieldCatalogue.resolve(info.name + argument) { return info.name + argument }
    }
    Issue.record("\(info.name) takes none of the arguments")
    return nil
  }

  private func events() -> [[UInt8]] {
    [
      Event.openat(200, at: 9_000, fd: 3, name: "/etc/passwd", flags: 1, device: 0x801, inode: 77),
      Event.read(200, at: 9_100, fd: 3, data: "root:x:0:0"),
      Event.write(200, at: 9_200, fd: 3, data: "text"),
      Event.openat(200, at: 9_300, fd: -2, name: "../missing"),
      Event.close(200, at: 9_400, fd: 3),
      Event.make(.socket, 200, at: 9_450) {
        $0.append(Int64(4)); $0.append(UInt32(2)); $0.append(UInt32(1)); $0.append(UInt32(6))
      },
      Event.connect(200, at: 9_500, fd: 4, tuple: Wire.tuple("10.0.0.1", 40_000, "10.0.0.2", 443)),
      Event.pipe(200, at: 9_600, 5, 6),
      Event.execve(200, at: 9_700, exe: "/bin/x", ptid: 100, comm: "x", inode: 4, changeTime: 5, modificationTime: 6),
      Event.clone(300, at: 9_800, result: 0, ptid: 200),
      Event.procexit(300, at: 9_900),
      Event.make(.drop, 0, at: 9_950) { $0.append(UInt32(1)) },
      Event.close(31_337, at: 9_960, fd: 1),
    ]
  }

  @Test func everyFieldCanBeLookedUpOnEveryEvent() {
    var machine = Machine()
    machine.hostName = "host"
    machine.bootTime = 1
    var scene = Scene.withShellAndCat(machine: machine)
    scene.state.digestExecutables()
    var seen: Set<String> = []
    for event in events() {
      scene.apply(event)
      for new in scene.state.takeNewExecutables() { scene.state.setDigest(FileDigest(), of: new.slot, serial: new.serial) }
      let texts = scene.texts(EveryFieldTests.names)
      for (name, text) in zip(EveryFieldTests.names, texts) where text != "<NA>" && !text.isEmpty { seen.insert(name) }
    }
    // What needs a container, a pod, a plugin's event, or a name service has no value here.
    let without = EveryFieldTests.names.filter { !seen.contains($0) }
    #expect(seen.count > 150, "without a value: \(without.joined(separator: " "))")
    let expected = [
      "evt.type", "evt.args", "evt.res", "proc.name", "proc.aname", "proc.cmdline", "proc.id", "proc.pid_start",
      "proc.ancestry", "proc.exe.sha256", "fd.num", "fd.name", "fd.type", "user.uid", "group.gid", "container.id",
      "fs.path.name",
    ]
    for name in expected { #expect(seen.contains(name), "\(name)") }
  }
}
