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

  /// Credentials and name in the records of forks, on both sides, are those that the program says it has.
  @Test func forksTellWhoTheThreadIsNow() throws {
    let programs = try program("TracePrograms"), records = "/tmp/windhover-forks-\(getpid())"
    defer { unlink(records) }
    let trial = try Trial(
      [
        program("PtraceRecorder"), "run", records, numbers([.clone, .fork, .vfork]), programs, "changing-identity",
      ], seconds: 30)
    #expect(trial.exitCode == 0, "\(trial.output)")
    let said = trial.output.split(separator: "\n").filter { $0.hasPrefix("fork ") }.map { String($0.dropFirst(5)) }
    #expect(said.count == 16)
    var source = InMemorySource(packed: Array(bytes(records).dropLast(8)))
    var batch = try source.nextBatch(waitingUpTo: .zero)
    var parents: [String] = [], children: [String] = [], forking: Int64 = 0
    while let event = try batch.next() {
      let name = event.text(13)
      let characters = (0..<name.byteCount).map { name.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
      let user = event.value(16, as: UInt32.self) ?? .max, group = event.value(17, as: UInt32.self) ?? .max
      let parent = event.value(5, as: Int64.self)
      let identity = "\(user) \(group) \(String(decoding: characters, as: UTF8.self))"
      if event.value(0, as: Int64.self) == 0 {
        children.append(identity)
        #expect(parent == forking, "whose child it is")
      } else {
        parents.append(identity)
        forking = Int64(event.threadID)
      }
    }
    #expect(parents == said)
    #expect(children == said)
  }

  /// Credentials in the records of execs, and what follows from the groups, are those that the program says.
  @Test func execsTellWhoExecutes() throws {
    let programs = try program("TracePrograms"), records = "/tmp/windhover-execs-\(getpid())"
    defer { unlink(records) }
    let trial = try Trial(
      [program("PtraceRecorder"), "run", records, numbers([.execve]), programs, "exec-as-others"], seconds: 30)
    #expect(trial.exitCode == 0, "\(trial.output)")
    let said = trial.output.split(separator: "\n").filter { $0.hasPrefix("exec ") }.map { String($0.dropFirst(5)) }
    #expect(said.count == 3)
    var source = InMemorySource(packed: Array(bytes(records).dropLast(8)))
    var batch = try source.nextBatch(waitingUpTo: .zero)
    var told: [String] = []
    while let event = try batch.next() {
      let user = event.value(26, as: UInt32.self) ?? .max, group = event.value(29, as: UInt32.self) ?? .max
      guard group == 45 else { continue }
      let flags = event.value(19, as: UInt32.self) ?? 0
      let leadsItsGroup = event.value(28, as: Int64.self) == Int64(event.threadID)
      told.append("\(user) \(group) \(leadsItsGroup ? 1 : 0) \(flags & 1)")
      #expect((event.value(22, as: UInt64.self) == 0) == (user != 0), "effective capabilities")
      #expect(event.value(17, as: Int64.self) == Int64(event.threadID), "its group, in its namespace")
      let groups = event.text(14)
      #expect(groups.byteCount > 0, "control groups")
    }
    #expect(told == said)
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
      #expect(waits { tracees(of: programs, excluding: "Z").isEmpty })
    }
  }

  /// Attached processes go on when their tracer leaves, and when it is killed.
  @Test(arguments: [SIGTERM, SIGKILL]) func attachedProcessesOutliveTheirTracer(_ signal: Int32) throws {
    let programs = try program("TracePrograms")
    let storm = try Trial.start([programs, "storm", "1", "6"], output: "/dev/null")
    usleep(300_000)
    let dump = try Trial.start(
      [program("windhover"), "dump", "--engine", "ptrace", "--pid", "\(storm)"], output: "/dev/null")
    #expect(waits { text("/proc/\(storm)/status").contains("TracerPid:\t\(dump)\n") })
    usleep(1_000_000)
    kill(dump, signal)
    waitpid(dump, nil, 0)
    #expect(text("/proc/\(storm)/status").contains("TracerPid:\t0\n"))
    var status: Int32 = -1
    for _ in 0..<2000 where waitpid(storm, &status, WNOHANG) == 0 { usleep(10_000) }
    #expect(status == 0, "the storm ended by itself")
  }

  /// Calls that nobody asked for stop all the same when there is no filter, one after the other: whoever waits for an
  /// event gets the word back in time.
  @Test func aWaitEndsWhileStopsGoOn() throws {
    var busy: [pid_t] = []
    defer {
      for process in busy {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
      }
    }
    for _ in 0..<8 { busy.append(try Trial.start(["yes"], output: "/dev/null")) }
    let trial = try Trial([program("PtraceRecorder"), "wait", "50"] + busy.map { "\($0)" }, seconds: 20)
    #expect(!trial.hung)
    #expect(trial.exitCode == 0, "\(trial.output)")
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
    #expect(try openedFiles(in: records).contains("/etc/hostname"))
  }

  /// However many calls there are, each is asked about once: a caller waits for its answer.
  @Test func everyNotifiedCallIsSeenOnce() throws {
    let programs = try program("TracePrograms"), records = "/tmp/windhover-notified-\(getpid())"
    defer { unlink(records) }
    // Two shells at a time, each of which tries to read a file that is not there so many times.
    let calls = 1500
    let shell = "i=0; while [ $i -lt \(calls) ]; do command . /no/such/file; i=$((i+1)); done"
    let trial = try Trial(
      [
        programs, "without-ptrace", program("PtraceRecorder"), "run", records, numbers([.openat]), "sh", "-c",
        "exec 2>/dev/null; (\(shell)) & (\(shell)) & wait; exit 0",
      ], seconds: 40)
    #expect(!trial.hung)
    #expect(trial.exitCode == 0, "\(trial.output)")
    #expect(try openedFiles(in: records).filter { $0 == "/no/such/file" }.count == 2 * calls)
    #expect(bytes(records).suffix(8) == [0, 0, 0, 0, 0, 0, 0, 0], "nothing is lost")
  }

  /// The command is killed with its tracer; what it started goes on, and nobody waits for an answer that never comes.
  @Test func killingANotifiedTracerLeavesNobodyStuck() throws {
    let programs = try program("TracePrograms"), folder = "/tmp/windhover-orphan-\(getpid())"
    try #require(mkdir(folder, 0o700) == 0)
    defer {
      for name in ["begun", "stop"] { rmdir("\(folder)/\(name)") }
      rmdir(folder)
    }
    // A descendant that opens files all the time, and ends when it is told to.
    let orphan = "mkdir \(folder)/begun; while [ ! -d \(folder)/stop ]; do command . /no/such/file; done"
    let script = ": \(folder); exec 2>/dev/null; (\(orphan)) & wait"
    let tracer = try Trial.start(
      [programs, "without-ptrace", program("PtraceRecorder"), "run", "/dev/null", numbers([.openat]), "sh", "-c", script],
      output: "/dev/null")
    #expect(waits { access("\(folder)/begun", F_OK) == 0 })
    usleep(100_000)
    kill(tracer, SIGKILL)
    waitpid(tracer, nil, 0)
    #expect(waits { tracees(of: "sh\0-c\0: \(folder)", excluding: "Z").count == 1 }, "the command is gone, the orphan is not")
    mkdir("\(folder)/stop", 0o700)
    #expect(waits { tracees(of: "sh\0-c\0: \(folder)", excluding: "Z").isEmpty })
  }

  /// Closes that only the state wants take no stop, but for the standard descriptors, whose names rules ask for.
  @Test(arguments: [false, true]) func closesForTheStateAreThoseOfStandardDescriptors(_ forState: Bool) throws {
    let records = "/tmp/windhover-closes-\(getpid())"
    defer { unlink(records) }
    // Besides, the shell closes what it kept aside for itself, at 10 and above.
    let script = "exec 7</dev/null 8</dev/null; exec 7<&-; exec 8<&-; exec 0<&-; exit 0"
    let events = (forState ? "-" : "") + numbers([.close])
    let trial = try Trial([program("PtraceRecorder"), "run", records, events, "sh", "-c", script], seconds: 20)
    #expect(trial.exitCode == 0, "\(trial.output)")
    var source = InMemorySource(packed: Array(bytes(records).dropLast(8)))
    var batch = try source.nextBatch(waitingUpTo: .zero)
    var closed: Set<Int64> = []
    while let event = try batch.next() {
      if let descriptor = event.value(1, as: Int64.self) { closed.insert(descriptor) }
    }
    #expect(closed.contains(0))
    #expect(closed.isSuperset(of: [7, 8]) == !forState, "\(closed)")
    #expect(!forState || closed.isSubset(of: [0, 1, 2]), "\(closed)")
  }

  // MARK: -

  /// Whether something becomes true within ten seconds.
  private func waits(_ isTrue: () -> Bool) -> Bool {
    for _ in 0..<1000 {
      if isTrue() { return true }
      usleep(10_000)
    }
    return false
  }

  /// The names that the recorded calls were asked to open. What they opened is not known: an empty first parameter.
  private func openedFiles(in records: String) throws -> [String] {
    var source = InMemorySource(packed: Array(bytes(records).dropLast(8)))
    var batch = try source.nextBatch(waitingUpTo: .zero)
    var opened: [String] = []
    while let event = try batch.next() {
      #expect(event.bytes(0).byteCount == 0)
      guard event.type == .openat else { continue }
      let name = event.text(2)
      let characters = (0..<name.byteCount).map { name.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
      opened.append(String(decoding: characters, as: UTF8.self))
    }
    return opened
  }

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
