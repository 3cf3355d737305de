internal import Capture
internal import CaptureFile
public import EventSchema
public import SystemState

/// A capture file from its beginning to its end.
public enum CaptureWalk {
  /// Applies every event of a file to the state that the file begins with, and shows those that rules see.
  ///
  /// A file that was joined from several begins anew with each of them.
  ///
  /// - Parameter body: Gets an event behind its effect on the state; returns false to stop.
  /// - Returns: Why the file could not be read to its end, `nil` if it was.
  public static func walk(
    _ path: String, _ body: (borrowing EventView, borrowing SystemState) -> Bool
  ) -> String? {
    do throws(CaptureError) {
      var source = try CaptureFileSource(path: path)
      var state = SystemState(replaying: source.contents)
      var section = source.section
      while true {
        var batch = try source.nextBatch(waitingUpTo: .zero)
        while true {
          do throws(RecordError) {
            guard let event = try batch.next() else { break }
            state.apply(event)
            if event.isStateOnly { continue }
            if !body(event, state) { return nil }
          } catch { return "\(path): \(error)" }
        }
        if source.section != section {
          section = source.section
          state = SystemState(replaying: source.contents)
        }
      }
    } catch {
      return error == .endOfStream ? nil : "\(error)"
    }
  }
}
