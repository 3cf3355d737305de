import CCalls
import Capture
import EventSchema
import Glibc
import Testing

/// What a tracer sees of this process while `body` runs: PtraceRecorder, which attaches to it.
///
/// The recorder is found beside the test bundle, where the package puts it, or at `WINDHOVER_RECORDER`.
func recordTraced(
  _ events: [EventType], calls: [SyscallCode], resolvesPaths: Bool = false, options: CaptureOptions,
  _ body: () throws -> Void
) throws -> [RecordedEvent] {
  let scratch = try Scratch()
  let out = scratch.file("records")
  func numbers(_ values: [UInt16]) -> String { values.isEmpty ? "-" : values.map { "\($0)" }.joined(separator: ",") }
  let recorder = try Recorder.forAllTests()
  try recorder.ask([
    "\(getpid())", out, "\(options.snaplen)",
    events == EventTypeSet.all.types ? "all" : numbers(events.map(\.rawValue)), numbers(calls.map(\.rawValue)),
    resolvesPaths ? "paths" : "-", options.ignoredProcess.map { "\($0)" } ?? "-",
  ])
  // Until it is about to attach, calls are nobody's business: sleeping leaves it the CPUs.
  try recorder.wait(for: 4) { usleep(200) }
  recorder.tell(5)
  try recorder.wait(for: 1)
  try body()
  recorder.tell(2)
  try recorder.wait(for: 3)
  var bytes = try contents(out)
  let lost = bytes.suffix(8)
  bytes.removeLast(8)
  #expect(lost.allSatisfy { $0 == 0 }, "lost: \(lost)")
  var source = InMemorySource(packed: bytes)
  var recorded: [RecordedEvent] = []
  guard !bytes.isEmpty else { return [] }
  var batch = try source.nextBatch(waitingUpTo: .zero)
  while let event = try batch.next() { recorded.append(RecordedEvent(event)) }
  return recorded
}

/// The process that records: one for all tests, because starting one takes longer than most of them on an emulated
/// machine. See PtraceRecorder for what the two say to each other.
private struct Recorder {
  private let process: Int64
  private let requests: Int32
  private let state: UnsafeMutablePointer<Int64>

  nonisolated(unsafe) private static var started: Recorder?

  /// The tests run one after the other. One that has ended is replaced.
  static func forAllTests() throws -> Recorder {
    if let started, !started.hasEnded { return started }
    let recorder = try Recorder()
    started = recorder
    return recorder
  }

  private init() throws {
    let scratch = try Scratch()
    let control = scratch.file("control"), pipe = scratch.file("requests")
    let file = open(control, O_RDWR | O_CREAT, 0o600)
    ftruncate(file, 8)
    state = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)!.bindMemory(to: Int64.self, capacity: 1)
    close(file)
    guard mkfifo(pipe, 0o600) == 0 else { throw NoSuchEvent(description: "mkfifo: errno \(errno)") }
    // For reading too: it must not wait for the recorder, nor end this process by a signal when that is gone. Tests
    // look at the lowest free descriptors: it is out of their way.
    let end = open(pipe, O_RDWR)
    requests = fcntl(end, F_DUPFD_CLOEXEC, 900)
    close(end)
    // No child of this process: a test may wait for all of those that it has.
    process = wh_spawn_beside(try recorderPath(), vector(["PtraceRecorder", "serve", control, pipe]))
    guard process > 0 else { throw NoSuchEvent(description: "starting the recorder: errno \(-process)") }
    try wait(for: 7) { usleep(1000) }
  }

  func ask(_ words: [String]) throws {
    // Where Yama guards, only a parent may trace, or whom the process names.
    let setTracer: UInt64 = 0x59616d61
    call(.prctl, setTracer, UInt64(process))
    tell(7)
    let line = words.joined(separator: " ") + "\n"
    guard line.withCString({ write(requests, $0, strlen($0)) }) == line.utf8.count else {
      throw NoSuchEvent(description: "asking the recorder: errno \(errno)")
    }
  }

  func tell(_ word: Int64) { wh_store(state, word) }

  /// Waits without a call that a test could count: only sched_yield, which no test asks for. What a look at the recorder
  /// costs is recorded, too: it waits until something must be wrong.
  func wait(for wanted: Int64, by pause: () -> Void = { sched_yield() }) throws {
    var start = timespec(), now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &start)
    while wh_load(state) != wanted {
      if wh_load(state) == 9 { throw NoSuchEvent(description: "the recorder failed; its words are on standard error") }
      pause()
      clock_gettime(CLOCK_MONOTONIC, &now)
      // It may have done its work before it ended.
      if now.tv_sec - start.tv_sec > 10, hasEnded, wh_load(state) != wanted {
        throw NoSuchEvent(description: "the recorder has ended; its words are on standard error")
      }
    }
  }

  private var hasEnded: Bool { kill(pid_t(process), 0) != 0 || isZombie(process) }
}

private func isZombie(_ process: Int64) -> Bool { fileText("/proc/\(process)/stat").contains(") Z ") }

private func recorderPath() throws -> String {
  if let path = getenv("WINDHOVER_RECORDER") { return String(cString: path) }
  let folder = try realPath("/proc/self/exe")
  // The test runner is the toolchain's or the bundle itself: the build folder is named in its arguments.
  for word in [folder] + commandLine() {
    guard let slash = word.lastIndex(of: "/") else { continue }
    var folder = String(word[..<slash])
    if folder.hasSuffix(".xctest/Contents/MacOS") { continue }
    if folder.hasSuffix(".xctest") { folder = String(folder[..<folder.lastIndex(of: "/")!]) }
    let path = folder + "/PtraceRecorder"
    if access(path, X_OK) == 0 { return path }
  }
  throw NoSuchEvent(description: "PtraceRecorder is not beside the tests; name it in WINDHOVER_RECORDER")
}

private func contents(_ path: String) throws -> [UInt8] {
  guard let file = fopen(path, "r") else { throw NoSuchEvent(description: "no records in \(path): errno \(errno)") }
  defer { fclose(file) }
  var all: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&piece, 1, piece.count, file)
    if count == 0 { return all }
    all += piece[..<count]
  }
}
