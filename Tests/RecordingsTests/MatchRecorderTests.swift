import CaptureFile
import CaptureTesting
import EventSchema
import Glibc
import Recordings
import SystemState
import Testing

@Suite struct MatchRecorderTests {
  private static let second: UInt64 = 1_000_000_000
  private let start: UInt64 = 1_700_000_000_000_000_000

  /// Feeds records at seconds after the start to a recorder; `matches` are the positions of those that match.
  private func run(
    _ folder: ScratchFolder, matches: Set<Int>, before: UInt64 = 5, after: UInt64 = 5,
    options: (inout MatchRecorder.Options) -> Void = { _ in }, records: [(at: UInt64, record: (UInt64) -> [UInt8])]
  ) throws -> RecordingCounters {
    var settings = MatchRecorder.Options()
    settings.pathPrefix = "\(folder.path)/hit"
    settings.before = before * Self.second
    settings.after = after * Self.second
    options(&settings)
    var state = SystemState()
    try feed([Event.execve(100, at: 1, exe: "/bin/sh", ptid: 1, comm: "sh")], to: &state) { _, _ in }
    var recorder = try MatchRecorder(settings, CaptureContents()) { Issue.record("\($0)") }
    for (index, record) in records.enumerated() {
      let bytes = record.record(start + record.at * Self.second)
      let event = try EventView(validating: bytes.span.bytes)
      state.apply(event)
      if matches.contains(index) { _ = recorder.match(event, duration: nil, state) }
      recorder.take(event, state)
    }
    recorder.finish()
    return recorder.counters
  }

  private func open(_ number: Int) -> (UInt64) -> [UInt8] {
    { Event.openat(100, at: $0, fd: 3 + number, name: "/f\(number)", flags: 1) }
  }

  @Test func aFileHasTheSecondsBeforeAndAfterTheMatch() throws {
    let folder = ScratchFolder()
    let records = (0..<20).map { (at: UInt64($0), record: open($0)) }
    let counters = try run(folder, matches: [10], records: records)
    #expect(counters == .init(files: 1))
    #expect(folder.files == ["hit_01700000010000000000_00000000000000000012.scap"])
    let names = try replay("\(folder.path)/\(folder.files[0])").map(\.descriptor)
    #expect(names == (5...15).map { "/f\($0)" })
  }

  @Test func aMatchExtendsTheFileThatIsBeingWritten() throws {
    let folder = ScratchFolder()
    let records = (0..<30).map { (at: UInt64($0), record: open($0)) }
    let counters = try run(folder, matches: [10, 13, 25], records: records)
    #expect(counters == .init(files: 2))
    #expect(try replay("\(folder.path)/\(folder.files[0])").map(\.descriptor) == (5...18).map { "/f\($0)" })
    // What precedes a match may be in the file before, too.
    #expect(try replay("\(folder.path)/\(folder.files[1])").map(\.descriptor) == (20...29).map { "/f\($0)" })
  }

  @Test func processesOfTheTimeBeforeAreKnown() throws {
    let folder = ScratchFolder()
    let child = { (time: UInt64) in Event.clone(200, at: time, result: 0, ptid: 100, comm: "old") }
    let records: [(at: UInt64, record: (UInt64) -> [UInt8])] = [
      (0, child), (1, { Event.openat(200, at: $0, fd: 9, name: "/kept", flags: 1) }),
      // From here on it is recorded.
      (10, { Event.read(200, at: $0, fd: 9) }), (11, { Event.procexit(200, at: $0) }),
      (12, { Event.clone(300, at: $0, result: 0, ptid: 100, comm: "new") }), (13, { Event.chdir(300, at: $0, "/tmp") }),
      (13, { Event.procexit(300, at: $0) }), (14, open(0)),
    ]
    _ = try run(folder, matches: [7], records: records)
    let read = try replay("\(folder.path)/\(folder.files[0])")
    #expect(
      read == [
        Replayed(type: .read, thread: 200, program: "old", descriptor: "/kept"),
        Replayed(type: .procexit, thread: 200, program: "old"),
        Replayed(type: .clone, thread: 300, program: "new"),
        Replayed(type: .chdir, thread: 300, program: "new"),
        Replayed(type: .procexit, thread: 300, program: "new"),
        Replayed(type: .openat, thread: 100, program: "sh", descriptor: "/f0"),
      ])
  }

  @Test func memoryForWhatPrecedesAMatchHasAnEnd() throws {
    let folder = ScratchFolder()
    // 40 MB of data within the time, room for 1 MB.
    let records = (0..<640).map { index in
      (at: UInt64(0), record: { (time: UInt64) in Event.write(100, at: time + UInt64(index), fd: 3, data: String(repeating: "x", count: 65_000)) })
    }
    _ = try run(folder, matches: [639], options: { $0.beforeBytes = 1 << 20 }, records: records)
    let read = try replay("\(folder.path)/\(folder.files[0])")
    #expect((4...20).contains(read.count), "\(read.count)")
  }

  @Test func aFileEndsAtItsLimit() throws {
    let folder = ScratchFolder()
    var settings = MatchRecorder.Options()
    settings.pathPrefix = "\(folder.path)/hit"
    settings.fileBytes = 100 << 10
    var state = SystemState()
    var recorder = try MatchRecorder(settings, CaptureContents()) { Issue.record("\($0)") }
    var generator = SystemRandomNumberGenerator()
    for index in 0..<200 {
      let noise = String((0..<20_000).map { _ in "0123456789abcdefghijklmnopqrstuvwxyz".randomElement(using: &generator)! })
      let bytes = Event.write(100, at: start + UInt64(index), fd: 3, data: noise)
      let event = try EventView(validating: bytes.span.bytes)
      state.apply(event)
      if index == 0 { _ = recorder.match(event, duration: nil, state) }
      recorder.take(event, state)
    }
    recorder.finish()
    let told = recorder.takeFullFile()
    let again = recorder.takeFullFile()
    let full = try #require(told)
    #expect(full.path == "\(folder.path)/\(folder.files[0])")
    #expect(full.bytes >= 100 << 10 && full.bytes < 1 << 20)
    #expect(again == nil, "told once")
    #expect(try replay(full.path).count < 200)
  }

  @Test func nobodyElseMayReadItAndNothingIsOverwritten() throws {
    let folder = ScratchFolder()
    _ = try run(folder, matches: [0], records: [(0, open(0))])
    let path = "\(folder.path)/\(folder.files[0])"
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)

    var settings = MatchRecorder.Options()
    settings.pathPrefix = "\(folder.path)/hit"
    var recorder = try MatchRecorder(settings, CaptureContents()) { message in
      #expect(message == "the recording \(path) cannot be opened: File exists")
    }
    var state = SystemState()
    // The same time and number: somebody was there first.
    try feed([Event.execve(100, at: 1, exe: "/bin/sh", ptid: 1, comm: "sh")], to: &state) { _, _ in }
    let bytes = open(0)(start)
    let event = try EventView(validating: bytes.span.bytes)
    state.apply(event)
    let name = recorder.match(event, duration: nil, state)
    #expect(name == path)
    recorder.take(event, state)
    recorder.finish()
    let counters = recorder.counters
    #expect(counters.failed == 1)
  }

  @Test func aFileThatCannotBeMadeIsToldAndCounted() throws {
    var settings = MatchRecorder.Options()
    settings.pathPrefix = "/proc/no/such"
    var state = SystemState()
    var recorder = try MatchRecorder(settings, CaptureContents()) { message in
      #expect(message.hasSuffix("cannot be opened: No such file or directory"))
    }
    let bytes = open(0)(start)
    let event = try EventView(validating: bytes.span.bytes)
    state.apply(event)
    _ = recorder.match(event, duration: nil, state)
    recorder.take(event, state)
    recorder.finish()
    let counters = recorder.counters
    #expect(counters == RecordingCounters(failed: 1))
  }

  @Test func timeWithoutEventsEndsAFile() throws {
    let folder = ScratchFolder()
    var settings = MatchRecorder.Options()
    settings.pathPrefix = "\(folder.path)/hit"
    var state = SystemState()
    var recorder = try MatchRecorder(settings, CaptureContents()) { Issue.record("\($0)") }
    let bytes = open(0)(start)
    let event = try EventView(validating: bytes.span.bytes)
    state.apply(event)
    _ = recorder.match(event, duration: 2 * Self.second, state)
    recorder.take(event, state)
    recorder.pause(now: start + 2 * Self.second)
    let before = recorder.isRecording
    recorder.pause(now: start + 4 * Self.second)
    let after = recorder.isRecording
    #expect(before && !after)
    recorder.finish()
    #expect(try replay("\(folder.path)/\(folder.files[0])").count == 1)
  }
}

extension RecordingCounters {
  init(files: UInt64 = 0, failed: UInt64 = 0, recordsDropped: UInt64 = 0) {
    self.init()
    self.files = files
    self.failed = failed
    self.recordsDropped = recordsDropped
  }
}
