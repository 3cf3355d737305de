import CaptureFile
import CaptureTesting
import EventSchema
import Recordings
import SystemState
import Testing

@Suite struct RotationTests {
  private let second: UInt64 = 1_000_000_000

  @Test func theNumberComesBeforeTheEndings() {
    var rotation = Rotation()
    #expect(rotation.path("trace.scap", number: 3) == "trace.scap")
    rotation.events = 1
    #expect(rotation.path("trace.scap", number: 3) == "trace.3.scap")
    #expect(rotation.path("/var/a.b/trace.scap.gz", number: 0) == "/var/a.b/trace.0.scap.gz")
    #expect(rotation.path("trace", number: 12) == "trace.12")
    #expect(rotation.path("/tmp/.scap", number: 1) == "/tmp/.1.scap")
    rotation.files = 11
    #expect(rotation.path("trace.scap", number: 3) == "trace.03.scap")
  }

  private func record(
    _ records: [[UInt8]], to folder: ScratchFolder, _ name: String = "t.scap", compressing: Bool = false, rotation: Rotation
  ) throws {
    var state = SystemState()
    try feed([Event.execve(100, at: 1, exe: "/bin/sh", ptid: 1, comm: "sh")], to: &state) { _, _ in }
    var recorder = try RotatingRecorder(
      path: "\(folder.path)/\(name)", compressing: compressing, rotation: rotation,
      CaptureContents().with(processesOf: state))
    for record in records {
      let event = try EventView(validating: record.span.bytes)
      state.apply(event)
      try recorder.append(event, state)
    }
    try recorder.finish()
  }

  private func opens(_ count: Int, every interval: UInt64 = 1) -> [[UInt8]] {
    (0..<count).flatMap { index in
      let time = 10 + UInt64(index) * interval
      return [
        Event.openat(100, at: time, fd: 3 + index, name: "/f\(index)", flags: 1), Event.read(100, at: time, fd: 3 + index),
      ]
    }
  }

  @Test func eachFileCanBeReadAlone() throws {
    let folder = ScratchFolder()
    var rotation = Rotation()
    rotation.events = 3
    try record(opens(4), to: folder, rotation: rotation)
    #expect(folder.files == ["t.0.scap", "t.1.scap", "t.2.scap"])
    // The open is in the file before; the descriptor, and the name of the program, are in this one's lists.
    let second = try replay("\(folder.path)/t.1.scap")
    #expect(second.map(\.descriptor) == ["/f1", "/f2", "/f2"])
    #expect(second.map(\.program) == ["sh", "sh", "sh"])
    #expect(try replay("\(folder.path)/t.2.scap").count == 2)
  }

  @Test func theOldestFileIsOverwritten() throws {
    let folder = ScratchFolder()
    var rotation = Rotation()
    rotation.events = 2
    rotation.files = 2
    try record(opens(5), to: folder, rotation: rotation)
    #expect(folder.files == ["t.0.scap", "t.1.scap"])
    #expect(try replay("\(folder.path)/t.0.scap").map(\.descriptor) == ["/f4", "/f4"])
    #expect(try replay("\(folder.path)/t.1.scap").map(\.descriptor) == ["/f3", "/f3"])
  }

  @Test func timeIsThatOfTheEvents() throws {
    let folder = ScratchFolder()
    var rotation = Rotation()
    rotation.nanoseconds = 10 * second
    try record(opens(30, every: second), to: folder, rotation: rotation)
    #expect(folder.files == ["t.0.scap", "t.1.scap", "t.2.scap"])
    #expect(try replay("\(folder.path)/t.1.scap").count == 20)
  }

  @Test(arguments: [false, true]) func sizeIsThatOnDisk(compressing: Bool) throws {
    let folder = ScratchFolder()
    var rotation = Rotation()
    rotation.bytes = 256 << 10
    // Data that does not compress.
    var generator = SystemRandomNumberGenerator()
    let records = (0..<2000).map { index in
      Event.write(100, at: UInt64(10 + index), fd: 3, data: String((0..<300).map { _ in "0123456789abcdefghijklmnopqrstuvwxyz".randomElement(using: &generator)! }))
    }
    try record(records, to: folder, compressing ? "t.scap.gz" : "t.scap", compressing: compressing, rotation: rotation)
    #expect(folder.files.count > 1)
    var events = 0
    for name in folder.files { events += try replay("\(folder.path)/\(name)").count }
    #expect(events == 2000)
  }

  @Test func listsLargerThanTheLimitDoNotMakeAFilePerEvent() throws {
    let folder = ScratchFolder()
    var rotation = Rotation()
    rotation.bytes = 16 << 10
    try record(
      (0..<200).map { Event.openat(100, at: UInt64(10 + $0), fd: 3 + $0, name: "/" + String(repeating: "x", count: 200), flags: 1) },
      to: folder, rotation: rotation)
    // Lists of up to 50 KB, events of 50 KB in all, 4 KB of them in each file at least.
    #expect(folder.files.count < 14)
  }

  @Test func whatIsForTheStateIsMarked() throws {
    let folder = ScratchFolder()
    var state = SystemState()
    try feed([Event.execve(100, at: 1, exe: "/bin/sh", ptid: 1, comm: "sh")], to: &state) { _, _ in }
    var recorder = try RotatingRecorder(
      path: "\(folder.path)/t.scap", compressing: false, rotation: Rotation(),
      CaptureContents().with(processesOf: state))
    let records = opens(1)
    for (index, record) in records.enumerated() {
      let event = try EventView(validating: record.span.bytes)
      state.apply(event)
      try recorder.append(event, forState: index == 0, state)
    }
    try recorder.finish()
    let read = try replay("\(folder.path)/t.scap")
    #expect(read.map(\.isStateOnly) == [true, false])
    #expect(read.map(\.descriptor) == ["/f0", "/f0"])
  }
}
