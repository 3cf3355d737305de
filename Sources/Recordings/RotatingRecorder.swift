public import CaptureFile
public import EventSchema
public import SystemState

/// When a recording goes on in another file, and how many files it may have.
public struct Rotation: Sendable, Equatable {
  /// Bytes on disk. A file may be larger, by what is still being compressed, and because a quarter of this is for events
  /// whatever the lists before them take.
  public var bytes: UInt64?
  /// Of event time.
  public var nanoseconds: UInt64?
  public var events: UInt64?
  /// Once there are that many, the oldest is overwritten.
  public var files: Int?

  public init() {}
  /// Whether there is ever more than one file.
  public var isOn: Bool { bytes != nil || nanoseconds != nil || events != nil }

  /// The name of one of the files: its number comes before the endings, with as many digits as the last one's.
  ///
  /// `trace.scap.gz` becomes `trace.0.scap.gz`, `trace.1.scap.gz` and so on.
  public func path(_ path: String, number: Int) -> String {
    guard isOn else { return path }
    var stem = path[...]
    var endings = ""
    for ending in [".gz", ".scap"] where stem.hasSuffix(ending) && stem.count > ending.count {
      stem = stem.dropLast(ending.count)
      endings = ending + endings
    }
    let digits = String(number)
    let width = files.map { String($0 - 1).count } ?? 0
    return stem + "." + String(repeating: "0", count: max(0, width - digits.count)) + digits + endings
  }
}

/// Writes events into a capture file, and into the next one where the file has reached its limit.
///
/// Each file begins with the processes, descriptors and users as they are at its first event, and can be read alone. All
/// of it happens on the thread that appends: who asks for a file rather waits for the disk than has gaps in it.
public struct RotatingRecorder: ~Copyable {
  public private(set) var path: String
  public private(set) var eventCount: UInt64 = 0
  /// Files that were begun.
  public private(set) var fileCount = 1

  private var writer: CaptureFileWriter
  private let firstPath: String
  private let isCompressing: Bool
  private let rotation: Rotation
  private let contents: CaptureContents
  private var containers = ContainerEvents()
  private var firstTime: UInt64?
  /// Asking the system for the file's size costs a call: only where this many bytes have gone into it.
  private var nextSizeCheck: UInt64 = 0
  private static let sizeStep: UInt64 = 64 << 10
  /// What precedes the events.
  private var listBytes: UInt64

  /// Creates the first file.
  ///
  /// - Parameter contents: What it says of its machine, with the processes at its first event.
  public init(
    path: String, compressing: Bool, rotation: Rotation, _ contents: CaptureContents
  ) throws(CaptureFileError) {
    firstPath = path
    isCompressing = compressing
    self.rotation = rotation
    self.path = rotation.path(path, number: 0)
    writer = try CaptureFileWriter(path: self.path, compressing: compressing, contents)
    var machine = contents
    machine.processes = []
    self.contents = machine
    listBytes = writer.byteCount
  }

  /// Appends the event that was applied to the state last.
  ///
  /// - Parameter forState: Readers are to apply the event to their state and not to show it.
  /// - Throws: ``CaptureFileError``; the file is good up to its last whole block, and nothing more can be appended.
  public mutating func append(
    _ event: borrowing EventView, forState: Bool = false, _ state: borrowing SystemState
  ) throws(CaptureFileError) {
    if rotation.isOn {
      if isFull(at: event.timestamp) { try rotate(state, at: event.timestamp) }
      containers.take(event)
    }
    if firstTime == nil { firstTime = event.timestamp }
    try writer.append(event, forState: forState)
    eventCount += 1
  }

  /// Hands what is buffered to the system.
  public mutating func flush() throws(CaptureFileError) { try writer.flush() }

  /// Completes the file. Errors of a full disk may come only now.
  public mutating func finish() throws(CaptureFileError) { try writer.finish() }

  private mutating func isFull(at time: UInt64) -> Bool {
    if let events = rotation.events, writer.eventCount >= events { return true }
    if let span = rotation.nanoseconds, let firstTime, time >= firstTime, time - firstTime >= span { return true }
    guard let bytes = rotation.bytes, writer.byteCount >= nextSizeCheck else { return false }
    nextSizeCheck = writer.byteCount + min(Self.sizeStep, bytes / 16)
    return writer.byteCount - listBytes >= bytes / 4 && writer.fileBytes >= bytes
  }

  private mutating func rotate(_ state: borrowing SystemState, at time: UInt64) throws(CaptureFileError) {
    try writer.finish()
    path = rotation.path(firstPath, number: rotation.files.map { fileCount % $0 } ?? fileCount)
    writer = try CaptureFileWriter(path: path, compressing: isCompressing, contents.with(processesOf: state))
    try writer.append(forState: containers.records(of: state, at: time))
    fileCount += 1
    firstTime = nil
    listBytes = writer.byteCount
    nextSizeCheck = 0
  }
}
