internal import CLinux
internal import Capture
internal import CaptureFile
internal import EventSchema
internal import Glibc
internal import Recordings
internal import RuleCompiler
internal import SystemState

/// Which matches begin recordings, and the recorder that writes them.
struct MatchRecordings: ~Copyable {
  private var recorder: MatchRecorder
  /// By rule: how many nanoseconds a match is recorded for. Rules that record nothing are not there.
  private let durations: [UInt32: UInt64]
  private let fileMegabytes: Int
  /// Events are of now, so that time passes without them.
  private let isLive: Bool
  private let log: Log

  /// - Parameter contents: What recordings say of their machine.
  /// - Returns: `nil` if no rule is to be recorded.
  init?(_ settings: Settings, _ rules: [CompiledRule], _ contents: CaptureContents, log: Log) throws(Failure) {
    guard settings.recordsMatches else { return nil }
    var durations: [UInt32: UInt64] = [:]
    for (index, rule) in rules.enumerated() where rule.capture || settings.recordsAllRules {
      let milliseconds = rule.captureDuration == 0 ? UInt64(settings.recordingDuration) : rule.captureDuration
      durations[UInt32(index)] = milliseconds.multipliedReportingOverflow(by: 1_000_000).overflow ? .max : milliseconds * 1_000_000
    }
    if durations.isEmpty {
      log(.warning, "capture.enabled is true, but no enabled rule has capture: true; -o capture.mode=all_rules takes all")
      return nil
    }
    // As the process is now: privileges are given up already.
    let slash = settings.recordingPrefix.lastIndex(of: "/")
    let folder = slash.map { String(settings.recordingPrefix[...$0]) } ?? "."
    if access(folder, W_OK | X_OK) != 0 {
      throw Failure("capture.path_prefix: \(folder): \(errorText(errno)); name a folder that exists and that this user may write to")
    }
    var options = MatchRecorder.Options()
    options.pathPrefix = settings.recordingPrefix
    options.before = UInt64(settings.recordingLead) * 1_000_000
    options.beforeBytes = settings.recordingMemory << 20
    options.fileBytes = settings.recordingFileSize == 0 ? nil : UInt64(settings.recordingFileSize) << 20
    do throws(RecordingError) {
      recorder = try MatchRecorder(options, contents) { [log] in log(.error, $0) }
    } catch {
      throw Failure("cannot start the thread that writes recordings: \(errorText(error.errno))")
    }
    self.durations = durations
    fileMegabytes = settings.recordingFileSize
    isLive = !settings.replays
    self.log = log
  }

  /// Rules matched the event that was applied last.
  mutating func match(_ rules: [UInt32], _ event: borrowing EventView, _ state: borrowing SystemState) {
    for rule in rules {
      guard let duration = durations[rule] else { continue }
      if let path = recorder.match(event, duration: duration, state) { log(.info, "recording the match to \(path)") }
    }
  }

  mutating func take(_ event: borrowing EventView, _ state: borrowing SystemState) { recorder.take(event, state) }

  /// Between batches.
  mutating func pause(_ alerts: inout AlertFormatter) {
    if isLive, recorder.isRecording { recorder.pause(now: wh_clock_realtime()) }
    if fileMegabytes > 0, let (path, bytes) = recorder.takeFullFile() {
      alerts.emit(fullRecording: path, bytes: bytes, limitMegabytes: fileMegabytes)
    }
  }

  /// Completes what is being written.
  /// - Returns: What became of all recordings.
  mutating func finish() -> RecordingCounters {
    recorder.finish()
    return recorder.counters
  }
}
