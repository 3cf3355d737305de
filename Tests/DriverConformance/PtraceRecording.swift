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
  let controlPath = scratch.file("control"), out = scratch.file("records")
  let file = open(controlPath, O_RDWR | O_CREAT, 0o600)
  ftruncate(file, 8)
  let memory = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)!
  close(file)
  defer { munmap(memory, 8) }
  let state = memory.bindMemory(to: Int64.self, capacity: 1)
  let all = events == EventTypeSet.all.types
  // No child of this process: a test may wait for all of those that it has.
  let recorder = wh_spawn_beside(
    try recorderPath(),
    vector([
      "PtraceRecorder", "attach", "\(getpid())", controlPath, out, "\(options.snaplen)",
      all ? "all" : events.map { "\($0.rawValue)" }.joined(separator: ","),
      calls.map { "\($0.rawValue)" }.joined(separator: ","), resolvesPaths ? "paths" : "",
      "\(options.ignoredProcess ?? 0)",
    ]))
  guard recorder > 0 else { throw NoSuchEvent(description: "starting the recorder: errno \(-recorder)") }
  // Where Yama guards, only a parent may trace, or whom the process names.
  let setTracer: UInt64 = 0x59616d61
  call(.prctl, setTracer, UInt64(recorder))
  // Until it is about to attach, calls are nobody's business: sleeping leaves it the CPUs to start on.
  try wait(for: 4, state, recorder) { usleep(1000) }
  wh_store(state, 5)
  try wait(for: 1, state, recorder)
  try body()
  wh_store(state, 2)
  try wait(for: 3, state, recorder)
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

/// Waits without a call that a test could count: only sched_yield, which no test asks for. What a look at the recorder
/// costs is recorded, too: it waits until something must be wrong.
private func wait(
  for wanted: Int64, _ state: UnsafeMutablePointer<Int64>, _ recorder: Int64, by pause: () -> Void = { sched_yield() }
) throws {
  var start = timespec(), now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &start)
  while wh_load(state) != wanted {
    pause()
    clock_gettime(CLOCK_MONOTONIC, &now)
    guard now.tv_sec - start.tv_sec > 10 else { continue }
    if kill(pid_t(recorder), 0) != 0 || isZombie(recorder) {
      // It may have done its work since.
      if wh_load(state) == wanted { return }
      throw NoSuchEvent(description: "the recorder has ended; its words are on standard error")
    }
  }
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
