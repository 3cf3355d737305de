import Capture
import EventSchema
import Glibc
import Testing

@testable import PtraceDriver

/// Programs under a tracer that check themselves that nothing is different, and everything that must not hang.
@Suite(.serialized) struct EngineTests {
  static let cases = [
    "stop-and-continue", "stop-while-calling", "queued-values", "restarted-call", "deadly-signals", "every-fork",
    "exec-from-thread", "many-threads", "killed-anywhere", "orphans", "same-cpus", "second-tracer", "job-control",
  ]

  @Test(arguments: cases) func programsDoNotNoticeTheirTracer(_ name: String) throws {
    let programs = try program("TracePrograms")
    for events in ["all", numbers([.openat, .execve, .clone, .clone3, .fork, .vfork, .procexit])] {
      let trial = try Trial([program("PtraceRecorder"), "run", "/dev/null", events, programs, name], seconds: 60)
      #expect(!trial.hung)
      #expect(trial.exitCode == 0, "\(trial.output)")
    }
  }

  @Test(arguments: [1, 2, 3]) func aRandomStormEnds(_ seed: Int) throws {
    let trial = try Trial(
      [program("PtraceRecorder"), "run", "/dev/null", "all", program("TracePrograms"), "storm", "\(seed)", "3"],
      seconds: 60)
    #expect(!trial.hung)
    #expect(trial.exitCode == 0, "\(trial.output)")
  }

  @Test func exitCodesAreTheCommands() throws {
    let recorder = try program("PtraceRecorder")
    func code(_ words: String...) throws -> Int32 {
      try Trial([recorder, "run", "/dev/null", "all"] + words, seconds: 20).exitCode
    }
    #expect(try code("true") == 0)
    #expect(try code("sh", "-c", "exit 7") == 7)
    #expect(try code("sh", "-c", "kill -TERM $$") == 128 + SIGTERM)
    #expect(try code("sh", "-c", "kill -9 $$") == 128 + SIGKILL)
    #expect(try code("/no/such/program") == 127)
    #expect(try code("/etc/passwd") == 126)
  }

  /// A tracer inside is refused, as any second one is, and nobody waits for it.
  @Test func aTracedTracerEnds() throws {
    let trial = try Trial(
      [program("PtraceRecorder"), "run", "/dev/null", "all", "strace", "-f", "true"], seconds: 20)
    #expect(!trial.hung)
    #expect(trial.exitCode != 0)
  }

  /// A command without its tracer would have all wanted calls fail: it is killed with it, and nobody stays stopped.
  @Test func killingTheTracerLeavesNobodyStuck() throws {
    let programs = try program("TracePrograms")
    for round in 1...5 {
      let tracer = try Trial.start(
        [program("PtraceRecorder"), "run", "/dev/null", "all", programs, "storm", "\(round)", "30"], output: "/dev/null")
      usleep(UInt32.random(in: 50_000...400_000))
      kill(tracer, SIGKILL)
      waitpid(tracer, nil, 0)
      usleep(500_000)
      #expect(tracees(of: programs, excluding: "Z").isEmpty)
    }
  }

  /// Attached processes go on when their tracer leaves, and when it is killed.
  @Test(arguments: [SIGTERM, SIGKILL]) func attachedProcessesOutliveTheirTracer(_ signal: Int32) throws {
    let programs = try program("TracePrograms")
    let storm = try Trial.start([programs, "storm", "1", "6"], output: "/dev/null")
    usleep(300_000)
    let dump = try Trial.start(
      [program("windhover"), "dump", "--engine", "ptrace", "--pid", "\(storm)"], output: "/dev/null")
    usleep(1_500_000)
    #expect(text("/proc/\(storm)/status").contains("TracerPid:\t\(dump)\n"))
    kill(dump, signal)
    waitpid(dump, nil, 0)
    #expect(text("/proc/\(storm)/status").contains("TracerPid:\t0\n"))
    var status: Int32 = -1
    for _ in 0..<2000 where waitpid(storm, &status, WNOHANG) == 0 { usleep(10_000) }
    #expect(status == 0, "the storm ended by itself")
  }

  @Test(arguments: [
    ["setpriv", "--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all"],
    ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"], ["unshare", "-Ur"],
  ]) func itNeedsNoPrivileges(_ prefix: [String]) throws {
    let trial = try Trial(
      prefix + [program("PtraceRecorder"), "run", "/dev/null", "all", program("TracePrograms"), "every-fork"], seconds: 30)
    #expect(!trial.hung)
    #expect(trial.exitCode == 0, "\(trial.output)")
  }

  /// Where ptrace is refused, calls are seen when they start, by seccomp user notification.
  @Test func refusedTracingStillSeesCalls() throws {
    let programs = try program("TracePrograms"), records = "/tmp/windhover-notified-\(getpid())"
    defer { unlink(records) }
    let trial = try Trial(
      [
        programs, "without-ptrace", program("PtraceRecorder"), "run", records, numbers([.openat, .execve, .vfork, .clone]),
        "sh", "-c", "cat /etc/hostname; exit 9",
      ], seconds: 20)
    #expect(!trial.hung)
    #expect(trial.exitCode == 9, "\(trial.output)")
    var source = InMemorySource(packed: Array(bytes(records).dropLast(8)))
    var batch = try source.nextBatch(waitingUpTo: .zero)
    var opened: [String] = []
    while let event = try batch.next() {
      // The descriptor is not known: an empty first parameter.
      #expect(event.bytes(0).byteCount == 0)
      if event.type == .openat {
        let name = event.text(2)
        opened.append(String(decoding: (0..<name.byteCount).map { name.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }, as: UTF8.self))
      }
    }
    #expect(opened.contains("/etc/hostname"))
  }

  // MARK: -

  private func numbers(_ events: [EventType]) -> String { events.map { "\($0.rawValue)" }.joined(separator: ",") }

  /// Processes that run a program, but for those in a state.
  private func tracees(of program: String, excluding state: Character) -> [String] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var found: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard Int(name) != nil, text("/proc/\(name)/cmdline").hasPrefix(program) else { continue }
      let line = text("/proc/\(name)/status").split(separator: "\n").first { $0.hasPrefix("State:") } ?? ""
      if line.dropFirst("State:\t".count).first != state { found.append("\(name) \(line)") }
    }
    return found
  }
}
