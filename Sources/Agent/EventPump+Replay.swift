internal import CLinux
internal import Capture
internal import CaptureFile
internal import Recordings
internal import SystemState

extension EventPump {
  /// Reads a capture file to its end, or until a stop is requested or the consumer has enough.
  ///
  /// - Returns: What is wrong with the file, or `nil`. The events before the place were handled.
  mutating func replay(
    _ source: inout CaptureFileSource, into consumer: inout some EventConsumer & ~Copyable,
    showing progress: ReplayProgress
  ) -> Failure? {
    var progress = progress
    defer { progress.end() }
    var section = source.section
    while wh_stop_requested() == 0 {
      do throws(CaptureError) {
        var batch = try source.nextBatch(waitingUpTo: .zero)
        if !consumer.take(&batch, &state) { return nil }
      } catch {
        return error == .endOfStream ? nil : Failure("\(error)")
      }
      if source.section != section {
        section = source.section
        state = SystemState(replaying: source.contents)
        consumer.begin(source.contents, state)
      }
      progress.show(source.progress)
    }
    return nil
  }
}
