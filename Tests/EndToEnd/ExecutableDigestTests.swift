import FoundationEssentials
import Glibc
import Testing

/// `proc.exe.sha256` from the file to the alert, against sha256sum.
extension EndToEndTests {
  @Test(.disabled(if: Host.skips, Comment(rawValue: Host.obstacle ?? "")))
  func alertsShowTheDigestOfTheProgramThatRan() throws {
    if let obstacle = Host.obstacle { Issue.record(Comment(rawValue: obstacle)); return }
    let root = try Place.makeRoot()
    defer { try? FileManager.default.removeItem(atPath: root) }
    // Nobody has seen this file before: a shell with random bytes behind its end.
    let program = "\(root)/shell"
    let shell = try #require(FileManager.default.contents(atPath: "/bin/sh"))
    func make(_ file: String) -> Bool {
      FileManager.default.createFile(atPath: file, contents: shell + Data((0..<32).map { _ in UInt8.random(in: 0...255) }))
        && chmod(file, 0o755) == 0
    }
    #expect(make(program))
    let first = try sha256sum(program, in: root)
    let rules = """
      - rule: Program was run
        desc: A program of this test was run.
        condition: evt.type in (execve, execveat) and evt.failed = false and proc.exepath = \(program)
        output: Program was run | sha256=%proc.exe.sha256
        priority: NOTICE
      - rule: Known program opened a file
        desc: The program with this digest opened a file, whatever it is called.
        condition: evt.type in (open, openat) and fd.name startswith \(root)/opened and proc.exe.sha256 = \(first)
        output: Known program opened a file | file=%fd.name sha256=%proc.exe.sha256
        priority: NOTICE
      """
    let file = "\(root)/rules.yaml"
    #expect(FileManager.default.createFile(atPath: file, contents: Data(rules.utf8)))
    // Hashing has the lowest priority: a busy machine may need longer than the half second that alerts wait by default.
    var watcher = try Watcher(rules: [file], options: ["containers.wait_ms": "5000"], root: root)

    // A condition is false until the digest is there, so it has to be tried again.
    let script = ["-c", "for i in $(seq 60); do : > \(root)/opened-by-$0; sleep 0.25; done"]
    #expect(try run([program] + script + ["first"], in: root) == 0)
    // The same bytes under another name.
    let copy = "\(root)/copy"
    try FileManager.default.copyItem(atPath: program, toPath: copy)
    #expect(chmod(copy, 0o755) == 0)
    #expect(try run([copy] + script + ["copy"], in: root) == 0)
    // Other bytes under the same name.
    #expect(unlink(program) == 0 && make(program))
    let second = try sha256sum(program, in: root)
    #expect(second != first)
    #expect(try run([program] + script + ["second"], in: root) == 0)

    #expect(try watcher.drain())
    let (code, output, errors) = watcher.stop()
    #expect(code == 0, Comment(rawValue: errors))
    let alerts = Alerts(in: output)
    #expect(alerts.malformed.isEmpty)
    func shown(_ rule: String, _ field: String) -> [JSONValue?] {
      alerts.all.filter { $0.rule == rule }.map { $0.output_fields[field] }
    }
    #expect(shown("Program was run", "proc.exe.sha256") == [.text(first), .text(second)], Comment(rawValue: output + errors))
    let opened = Set(shown("Known program opened a file", "fd.name").compactMap { $0?.description })
    #expect(opened == ["\(root)/opened-by-first", "\(root)/opened-by-copy"], Comment(rawValue: output + errors))
    #expect(shown("Known program opened a file", "proc.exe.sha256").allSatisfy { $0 == .text(first) })
  }

  private func run(_ command: [String], in root: String) throws -> Int32? {
    var process = try ChildProcess(command, in: root, log: "\(root)/run")
    return process.exitCode(within: .seconds(60))
  }

  private func sha256sum(_ file: String, in root: String) throws -> String {
    var process = try ChildProcess(["/usr/bin/sha256sum", file], in: root, log: "\(root)/sum")
    #expect(process.exitCode(within: .seconds(30)) == 0)
    let digest = process.output().split(separator: " ").first.map(String.init) ?? ""
    #expect(digest.utf8.count == 64)
    return digest
  }
}
