import FoundationEssentials
import Glibc
import Testing

extension EndToEndTests {
  /// Ways to end the capture from outside, by the command of the action program that does it.
  @Test(.disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")), arguments: ["blind", "detach"])
  func captureOutlivesItsDriver(attack: String) throws {
    if let obstacle = Host.obstacle {
      Issue.record(Comment(rawValue: obstacle))
      return
    }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    var watcher = try Watcher(rules: [Locations.rules("survival.yaml")], options: [:], root: root)
    let place = try Place(under: root, program: "actions", files: ["remembered": "text"])
    var reader = try ChildProcess(
      [place.program, "read-when", "\(place.directory)/remembered", "\(place.directory)/go"], in: place.directory,
      log: "\(root)/reader")
    // Its open has to be seen before the attack: an alert for something later says so.
    let isOpen = waitUntil(.seconds(20)) { reader.output().contains("open") }
    #expect(isOpen)
    let isWatching = try watcher.drain()
    #expect(isWatching)
    rmdir("\(root)/end-of-cases")

    var attacker = try ChildProcess([place.program, attack, "\(watcher.pid)"], in: place.directory, log: "\(root)/attack")
    let attacked = attacker.exitCode(within: .seconds(20))
    let said = attacker.output() + attacker.errors()
    #expect(attacked == 0, Comment(rawValue: said))
    let noticed = watcher.waitForMessage("opened it again", within: .seconds(30))
    #expect(noticed, "the end of the capture has to be noticed within seconds")

    #expect(FileManager.default.createFile(atPath: "\(place.directory)/go", contents: Data()))
    let code = reader.exitCode(within: .seconds(40))
    #expect(code == 0)
    let drained = try watcher.drain(mark: "again/end-of-cases")
    let end = watcher.stop()
    #expect(drained, Comment(rawValue: "nothing was captured after the attack:\n\(end.errors)"))
    #expect(end.code == 0)
    let alerts = Alerts(in: end.output)
    #expect(alerts.malformed.isEmpty)
    let read = alerts.all.filter { $0.rule == "Read after the gap" }
    #expect(read.count == 1, Comment(rawValue: "\(end.output)\n\(end.errors)"))
    #expect(read.first?.output_fields["fd.name"] == .text("\(place.directory)/remembered"))
    #expect(read.first?.output_fields["fd.nameraw"] == .text("remembered"))
    let told = end.output.split(separator: "\n").filter { $0.contains("Windhover internal: capture interrupted") }
    #expect(told.count == 1, Comment(rawValue: end.output))
    #expect(end.errors.contains("driver opened anew: 1"))
  }

  @Test(.disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")))
  func killingItAtAnyMomentLeavesNothingInTheKernel() throws {
    if let obstacle = Host.obstacle {
      Issue.record(Comment(rawValue: obstacle))
      return
    }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let place = try Place(under: root, program: "actions", files: [:])
    var captured = 0
    for round in 0..<20 {
      // From before the first program is loaded until well after the last: half of them while it starts.
      let moment = UInt32.random(in: round % 2 == 0 ? 1_000...200_000 : 200_000...2_000_000)
      var victim = try ChildProcess(
        [Locations.windhover, "run", "--engine", environment("WINDHOVER_ENGINE") ?? "modern_ebpf"], in: root,
        log: "\(root)/victim-\(round)")
      usleep(moment)
      victim.signal(SIGKILL)
      let code = victim.exitCode(within: .seconds(10))
      #expect(code == 128 + SIGKILL, "killed after \(moment) µs")
      if victim.errors().contains("watching") { captured += 1 }
    }
    var look = try ChildProcess([place.program, "leftovers"], in: root, log: "\(root)/leftovers")
    let code = look.exitCode(within: .seconds(60))
    let said = look.output() + look.errors()
    #expect(code == 0, Comment(rawValue: said))
    #expect(captured < 20, "some have to be killed while they start")
  }
}
