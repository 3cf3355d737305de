internal import CLinux
internal import Capture
internal import DriverSelection
internal import EventSchema
internal import Glibc
public import RuleCompiler
public import RuleTesting
internal import SystemState

/// Runs the commands of live test cases and hands what they do to the case.
public struct LiveRecorder: CommandRecorder {
  /// How long a command may take, and how long its last events are waited for, in nanoseconds.
  private static let timeLimit: UInt64 = 60_000_000_000
  private static let settlingTime: UInt64 = 400_000_000

  public init() {}

  public func record(
    _ command: [String], driver: String, _ rules: CompiledRules, into run: inout CaseRun
  ) -> String? {
    do throws(Failure) {
      let here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard here >= 0 else { throw Failure("the working directory cannot be opened: \(String(cString: strerror(errno)))") }
      let folder = try ScratchFolder()
      guard chdir(folder.path) == 0 else { throw Failure("\(folder.path): \(String(cString: strerror(errno)))") }
      // What the command prints must not end up in a report on standard output.
      let output = dup(STDOUT_FILENO)
      let nowhere = Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)
      fflush(nil)
      dup2(nowhere, STDOUT_FILENO)
      defer {
        dup2(output, STDOUT_FILENO)
        close(output)
        close(nowhere)
        fchdir(here)
        close(here)
      }
      return try watch(command, driver, rules, &run)
    } catch {
      return error.description
    }
  }

  private func watch(
    _ command: [String], _ driver: String, _ rules: CompiledRules, _ run: inout CaseRun
  ) throws(Failure) -> String? {
    var settings = try Settings.read(nil, overrides: ["engine.kind=\(driver)", "engine.failover=false"]) { _ in }
    let isTraced = driver == "ptrace"
    if isTraced { settings.target = .command(command) }
    let end = CommandEnd()
    settings.commandEnd = end
    let log = Log(level: .error)
    var reserve: Set<Capability> = []
    var capture = try LiveCapture.start(settings, Interest(rules: rules), reserve: &reserve, log: log)
    var state = SystemState.ofThisHost(log: log)
    let child = isTraced ? nil : try spawn(command)
    let start = wh_clock_monotonic()
    var endedAt: UInt64?
    var status: Int32 = 0
    reading: while true {
      do throws(CaptureError) {
        var batch = try capture.nextBatch(waitingUpTo: .milliseconds(20))
        while true {
          do throws(RecordError) {
            guard let event = try batch.next() else { break }
            state.apply(event)
            if let child, !state.currentProcessDescends(from: child) { continue }
            if event.type.entryOfCall { continue }
            run.take(event, state)
          } catch { return "a record did not decode: \(error)" }
        }
      } catch {
        if error == .endOfStream { break reading }
        return "the capture ended: \(error)"
      }
      let now = wh_clock_monotonic()
      if let child, endedAt == nil, waitpid(child, &status, WNOHANG) == child { endedAt = now }
      if let endedAt, now - endedAt > LiveRecorder.settlingTime { break }
      if now - start > LiveRecorder.timeLimit {
        if let child, endedAt == nil {
          kill(child, SIGKILL)
          waitpid(child, &status, 0)
        }
        return "\(command[0]) took longer than \(LiveRecorder.timeLimit / 1_000_000_000) s"
      }
    }
    do throws(CaptureError) {
      let lost = try capture.statistics().lost
      if lost.ringFull + lost.tooLarge + lost.malformed > 0 { return "\(lost.total) events were lost" }
    } catch { return "\(error)" }
    if case .notRun(let errno)? = end.outcome { return "cannot run \(command[0]): \(errorText(errno))" }
    return nil
  }

  private func spawn(_ command: [String]) throws(Failure) -> pid_t {
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, arguments[0]!, nil, nil, &arguments, environ)
    guard code == 0 else { throw Failure("cannot run \(command[0]): \(String(cString: strerror(code)))") }
    return child
  }
}

extension SystemState {
  /// Whether the process of the last event is `ancestor` or descends from it.
  fileprivate func currentProcessDescends(from ancestor: pid_t) -> Bool {
    var slot = current.mainThread
    for _ in 0..<256 {
      if slot == Slot.none { return false }
      if threads[slot].pid == ancestor { return true }
      slot = threads.parentProcess(of: slot)
    }
    return false
  }
}

extension EventType {
  /// Whether the event feeds the state only: the entry side of a call.
  fileprivate var entryOfCall: Bool {
    switch self {
    case .open_enter, .creat_enter, .openat_enter, .openat2_enter, .connect_enter: true
    default: false
    }
  }
}

/// An empty folder that goes with everything in it when the value ends.
private struct ScratchFolder: ~Copyable {
  let path: String

  init() throws(Failure) {
    var template = Array("/tmp/windhover-test-XXXXXX\0".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("cannot make a folder under /tmp: \(String(cString: strerror(errno)))") }
    path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { ScratchFolder.remove(path, depth: 0) }

  /// Never follows a symbolic link out of the folder.
  private static func remove(_ path: String, depth: Int) {
    var status = stat()
    guard depth < 64, lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    if let folder = opendir(path) {
      var names: [String] = []
      while let entry = readdir(folder) {
        names.append(withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
      }
      closedir(folder)
      for name in names where name != "." && name != ".." { remove(path + "/" + name, depth: depth + 1) }
    }
    rmdir(path)
  }
}
