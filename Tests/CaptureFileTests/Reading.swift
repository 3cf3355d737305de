import Capture
import CaptureFile
import EventSchema

/// An event of a capture, copied out of its batch.
struct ReadEvent: Equatable {
  var type: EventType
  var cpu: UInt16
  var isStateOnly: Bool
  var values: [[UInt8]]
}

/// All events of a file, and what ended it if that was not its end.
func read(_ path: String) throws(CaptureError) -> (events: [ReadEvent], contents: CaptureContents, sections: Int, damage: CaptureError?) {
  var source = try CaptureFileSource(path: path)
  let contents = source.contents
  var events: [ReadEvent] = []
  var damage: CaptureError?
  reading: while true {
    do throws(CaptureError) {
      var batch = try source.nextBatch(waitingUpTo: .zero)
      while let event = try? batch.next() {
        events.append(
          ReadEvent(
            type: event.type, cpu: event.cpu, isStateOnly: event.isStateOnly,
            values: (0..<event.parameterCount).map { index in
              let bytes = event.bytes(index)
              return (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
            }))
      }
    } catch {
      if error != .endOfStream { damage = error }
      break reading
    }
  }
  return (events, contents, source.section, damage)
}

func read(_ builder: ScapBuilder) throws(CaptureError) -> (events: [ReadEvent], contents: CaptureContents, sections: Int, damage: CaptureError?) {
  let file = ScratchFile(builder.bytes)
  return try read(file.path)
}
