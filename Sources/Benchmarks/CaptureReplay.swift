import Agent
import CLinux
import Capture
import CaptureFile
import EventSchema
import Recordings
import SystemState

/// What reading a capture file costs, alone and with the state kept current. No rules: `replay` measures those.
enum CaptureReplay {
  static func measure(_ path: String, rounds: Int) throws {
    var reading = Double.infinity
    var both = Double.infinity
    var events = 0
    for _ in 0..<rounds {
      var (count, time) = try read(path) { _ in }
      events = count
      reading = min(reading, Double(time) / Double(max(1, count)))
      let lists = try CaptureFileSource(path: path).contents
      var state = SystemState(replaying: lists)
      (count, time) = try read(path) { event in state.apply(event) }
      both = min(both, Double(time) / Double(max(1, count)))
    }
    print("\(events) events: \(Int(reading)) ns per event to read, \(Int(both)) with the state")
  }

  /// - Returns: How many events there are, and the CPU time of all but opening the file, in nanoseconds.
  private static func read(_ path: String, _ body: (borrowing EventView) -> Void) throws -> (Int, UInt64) {
    var source = try CaptureFileSource(path: path)
    var count = 0
    let start = wh_cpu_time()
    while true {
      do throws(CaptureError) {
        var batch = try source.nextBatch(waitingUpTo: .zero)
        while let event = try? batch.next() {
          body(event)
          count += 1
        }
      } catch {
        if error == .endOfStream { return (count, wh_cpu_time() - start) }
        throw Failure("\(error)")
      }
    }
  }
}
