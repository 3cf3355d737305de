import FoundationEssentials
import Glibc
import Testing

/// Capture files: made by `dump` and by matches, and replayed.
extension EndToEndTests {
  private var engine: [String] { ["--engine", environment("WINDHOVER_ENGINE") ?? "modern_ebpf"] }

  /// Replays a file and gives the alerts of the rule of `recording.yaml`.
  private func replay(_ file: String, as user: [String] = [], in root: String) throws -> (code: Int32?, alerts: [Alert], errors: String) {
    var process = try ChildProcess(
      user + [Locations.windhover, "replay", file, "-r", Locations.rules("recording.yaml"), "-o", "json_output=true"],
      in: root, log: "\(root)/replay")
    let code = process.exitCode(within: .seconds(30))
    let alerts = Alerts(in: process.output())
    #expect(alerts.malformed.isEmpty)
    return (code, alerts.all, process.errors())
  }

  /// Starts `dump -w`, makes a directory once it captures, and waits until that is in the file.
  private func record(_ file: String, _ options: [String], in root: String) throws -> ChildProcess {
    var dump = try ChildProcess(
      [Locations.windhover, "dump", "-w", file] + engine + options, in: root, log: "\(root)/dump")
    let captures = waitUntil(.seconds(90)) { dump.errors().contains("watching") || dump.exitCode() != nil }
    guard captures, dump.exitCode() == nil else { throw EndToEndError.neverReady(dump.errors()) }
    #expect(mkdir("\(root)/recorded", 0o700) == 0)
    return dump
  }

  @Test(
    .disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")),
    arguments: [["trace.scap"], ["trace.scap.gz"], ["trace.scap", "evt.type in (mkdir, mkdirat)"]])
  func whatIsRecordedRaisesTheSameAlertsLater(arguments: [String]) throws {
    if let obstacle = Host.obstacle { Issue.record(Comment(rawValue: obstacle)); return }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let file = "\(root)/\(arguments[0])"
    var dump = try record(file, Array(arguments.dropFirst()), in: root)
    sleep(1)
    dump.signal(SIGTERM)
    let ended = dump.exitCode(within: .seconds(20))
    #expect(ended == 0, Comment(rawValue: dump.errors()))

    // Replaying needs nothing but the right to read the file.
    #expect(chmod(root, 0o755) == 0 && chown(file, 65534, 65534) == 0)
    let nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    let (code, alerts, errors) = try replay(file, as: nobody, in: root)
    #expect(code == 0, Comment(rawValue: errors))
    #expect(alerts.count == 1, Comment(rawValue: errors))
    #expect(alerts.first?.rule == "Recorded directory")
    // The thread that made it was running before the recording: its name comes from the file's list.
    let comm = FileManager.default.contents(atPath: "/proc/thread-self/comm").map { String(decoding: $0.dropLast(), as: UTF8.self) }
    #expect(alerts.first?.output_fields["proc.name"] == .text(comm ?? ""))
    #expect(errors.contains("Alerts: 1"))
  }

  @Test(.disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")), arguments: ["trace.scap", "trace.scap.gz"])
  func aKilledRecordingIsGoodUpToItsLastWholeEvent(name: String) throws {
    if let obstacle = Host.obstacle { Issue.record(Comment(rawValue: obstacle)); return }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let file = "\(root)/\(name)"
    var dump = try record(file, [], in: root)
    // It hands over what it has once a second.
    sleep(3)
    dump.signal(SIGKILL)
    let ended = dump.exitCode(within: .seconds(10))
    #expect(ended == 128 + SIGKILL)
    let (code, alerts, errors) = try replay(file, in: root)
    #expect(alerts.count == 1, Comment(rawValue: errors))
    #expect(code == 0 || errors.contains("ends in the middle of a block"), Comment(rawValue: errors))
  }

  @Test(.disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")))
  func aMatchIsRecordedWithWhatPrecedesIt() throws {
    if let obstacle = Host.obstacle { Issue.record(Comment(rawValue: obstacle)); return }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    var watcher = try Watcher(
      rules: [Locations.rules("recording.yaml")],
      options: ["capture.enabled": "true", "capture.path_prefix": "\(root)/hit", "capture.lead_duration": "3000"], root: root)
    #expect(mkdir("\(root)/before", 0o700) == 0)
    #expect(mkdir("\(root)/recorded", 0o700) == 0)
    let drained = try watcher.drain()
    #expect(drained)
    // Half a second after the match, and a second for events that come late.
    sleep(2)
    let end = watcher.stop()
    #expect(end.code == 0)
    #expect(end.errors.contains("Recordings: 1"), Comment(rawValue: end.errors))
    let files = try FileManager.default.contentsOfDirectory(atPath: root).filter { $0.hasPrefix("hit_") }
    let file = try #require(files.count == 1 ? "\(root)/\(files[0])" : nil)
    var status = stat()
    #expect(stat(file, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)

    let (code, alerts, errors) = try replay(file, in: root)
    #expect(code == 0 && alerts.count == 1, Comment(rawValue: errors))
    var dump = try ChildProcess(
      [Locations.windhover, "dump", "-r", file, "evt.type in (mkdir, mkdirat)"], in: root, log: "\(root)/dump")
    let printed = dump.exitCode(within: .seconds(20))
    #expect(printed == 0)
    #expect(dump.output().contains("\(root)/before"), Comment(rawValue: dump.output() + dump.errors()))
  }

  @Test(.disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")))
  func aFullDiskEndsARecordingWithAMessage() throws {
    if let obstacle = Host.obstacle { Issue.record(Comment(rawValue: obstacle)); return }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    var dump = try ChildProcess(
      [Locations.windhover, "dump", "-w", "/dev/full"] + engine, in: root, log: "\(root)/dump")
    let code = dump.exitCode(within: .seconds(90))
    #expect(code == 1)
    #expect(dump.errors().contains("/dev/full cannot be written: No space left on device"), Comment(rawValue: dump.errors()))
  }
}
