internal import BackgroundWork
internal import Capture
internal import CaptureFile
internal import EventSchema

/// Writes capture files on a thread of its own, so that neither compression nor the disk holds up the event loop.
///
/// The queue has an end, counted in bytes: what does not fit is dropped and counted, never waited for.
final class RecordingThread: Sendable {
  private let shared: RecordingState
  private let thread: BackgroundThread

  /// - Parameters:
  ///   - queueBytes: Records that may wait.
  ///   - fileBytes: A file ends when it has become that large; `nil` for no limit.
  ///   - report: Told of files that cannot be written; called on the thread.
  init(queueBytes: Int, fileBytes: UInt64?, report: @escaping @Sendable (String) -> Void) throws(RecordingError) {
    shared = RecordingState(queueBytes: queueBytes, fileBytes: fileBytes, report: report)
    do throws(NoThread) { thread = try BackgroundThread { [shared] in shared.run() } } catch {
      throw RecordingError(errno: error.errno)
    }
  }

  /// Begins a file. Refused and counted while two others wait for the disk: their lists take memory.
  func begin(_ file: consuming RecordingStart) { shared.offer(.begin(file), bytes: 0, records: 0) }
  func write(_ block: RecordBlock) { shared.offer(.write(block), bytes: block.filled, records: block.count) }
  func end() { shared.offer(.end, bytes: 0, records: 0) }

  var counters: RecordingCounters { shared.currentCounters }
  /// The file that reached the limit, since this was asked last, and its size.
  func takeFullFile() -> (path: String, bytes: UInt64)? { shared.takeFullFile() }

  /// Writes what waits and ends the thread. Call once.
  func finish() {
    shared.close()
    thread.join()
  }
}

/// How a recording begins.
struct RecordingStart: Sendable {
  var path: String
  var contents: CaptureContents
  /// Events that tell of containers.
  var containers: [[UInt8]]
  /// Records that are older are left out.
  var time: UInt64
}

/// The system has no thread for the recordings.
public struct RecordingError: Error, Sendable { public let errno: Int32 }

/// What became of recordings around matches.
public struct RecordingCounters: Sendable, Equatable {
  public var files: UInt64 = 0
  /// Files that could not be created, or not be written to their end.
  public var failed: UInt64 = 0
  /// Records that the writer was too slow for.
  public var recordsDropped: UInt64 = 0
  public init() {}
}

/// What both sides share, under one lock; and what is the thread's alone.
private final class RecordingState: @unchecked Sendable {
  enum Job {
    case begin(RecordingStart)
    case write(RecordBlock)
    case end
  }

  private let monitor = Monitor()
  private let queueBytes: Int
  private let fileBytes: UInt64?
  private let report: @Sendable (String) -> Void

  private var jobs: [Job] = []
  private var waitingBytes = 0
  private var waitingFiles = 0
  private var isClosed = false
  private var counters = RecordingCounters()
  private var fullFile: (path: String, bytes: UInt64)?

  init(queueBytes: Int, fileBytes: UInt64?, report: @escaping @Sendable (String) -> Void) {
    self.queueBytes = queueBytes
    self.fileBytes = fileBytes
    self.report = report
  }

  var currentCounters: RecordingCounters { monitor.locked { counters } }

  func takeFullFile() -> (path: String, bytes: UInt64)? {
    monitor.locked {
      defer { fullFile = nil }
      return fullFile
    }
  }

  func offer(_ job: Job, bytes: Int, records: Int) {
    monitor.locked {
      if waitingBytes + bytes > queueBytes, bytes > 0 {
        counters.recordsDropped &+= UInt64(records)
        return
      }
      if case .begin = job {
        guard waitingFiles < 2 else {
          counters.failed &+= 1
          return
        }
        waitingFiles += 1
      }
      jobs.append(job)
      waitingBytes += bytes
      monitor.wakeAll()
    }
  }

  func close() {
    monitor.locked {
      isClosed = true
      monitor.wakeAll()
    }
  }

  // MARK: - The thread

  private struct Open: ~Copyable {
    var path: String
    var writer: CaptureFileWriter
    var since: UInt64
  }

  func run() {
    var file: Open?
    while let batch = nextJobs() {
      for job in batch {
        switch job {
        case .begin(let start):
          finish(&file)
          file = create(start)
          monitor.locked { waitingFiles -= 1 }
        case .write(let block):
          append(block, to: &file)
          monitor.locked { waitingBytes -= block.filled }
        case .end: finish(&file)
        }
      }
      flush(&file)
    }
    finish(&file)
  }

  /// What waits; `nil` once there is nothing more to come.
  private func nextJobs() -> [Job]? {
    monitor.locked {
      while jobs.isEmpty, !isClosed { monitor.wait() }
      defer { jobs = [] }
      return jobs.isEmpty ? nil : jobs
    }
  }

  private func create(_ start: RecordingStart) -> Open? {
    do throws(CaptureFileError) {
      var writer = try CaptureFileWriter(path: start.path, compressing: true, existing: .refuse, start.contents)
      try writer.append(forState: start.containers)
      monitor.locked { counters.files += 1 }
      return Open(path: start.path, writer: writer, since: start.time)
    } catch {
      fail(start.path, error)
      return nil
    }
  }

  private func append(_ block: RecordBlock, to file: inout Open?) {
    guard var open = file.take() else { return }
    do throws(CaptureFileError) {
      try append(block, to: &open)
    } catch {
      fail(open.path, error)
      return
    }
    if let fileBytes, open.writer.fileBytes >= fileBytes {
      let (path, bytes) = (open.path, open.writer.fileBytes)
      file = consume open
      finish(&file)
      monitor.locked { fullFile = (path, bytes) }
      return
    }
    file = consume open
  }

  /// Every record decoded when the block was filled, so that the first one that does not is the end.
  private func append(_ block: RecordBlock, to open: inout Open) throws(CaptureFileError) {
    var lanes = [block.window]
    var batch = EventBatch(lanes.mutableSpan)
    while let event = try? batch.next() {
      if event.timestamp >= open.since { try open.writer.append(event) }
    }
  }

  /// Someone may look at the file while it grows.
  private func flush(_ file: inout Open?) {
    guard var open = file.take() else { return }
    do throws(CaptureFileError) {
      try open.writer.flush()
    } catch {
      fail(open.path, error)
      return
    }
    file = consume open
  }

  private func finish(_ file: inout Open?) {
    guard var open = file.take() else { return }
    do throws(CaptureFileError) {
      try open.writer.finish()
    } catch {
      fail(open.path, error)
    }
  }

  private func fail(_ path: String, _ error: CaptureFileError) {
    monitor.locked { counters.failed += 1 }
    report("the recording \(path) \(error.problem.sentence)")
  }
}
