import Capture
import CaptureFile
import EventSchema
import Glibc
import Recordings
import SystemState

/// A folder that is gone at the end of the test.
final class ScratchFolder {
  let path: String

  init() {
    var template = Array("/tmp/windhover-recordings-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in files { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  /// What is in it, by name.
  var files: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// What a file says on replay: per event its type, its thread, and the name of the program and of the descriptor that
/// the state has for it.
struct Replayed: Equatable {
  var type: EventType
  var thread: UInt64
  var program = ""
  var descriptor = ""
  var isStateOnly = false
}

extension SystemState {
  borrowing func text(_ handle: TextHandle) -> String {
    let bytes = texts.bytes(handle)
    return bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}

func replay(_ path: String) throws -> [Replayed] {
  var source = try CaptureFileSource(path: path)
  var state = SystemState(replaying: source.contents)
  var events: [Replayed] = []
  while true {
    do throws(CaptureError) {
      var batch = try source.nextBatch(waitingUpTo: .zero)
      while let event = try? batch.next() {
        state.apply(event)
        var replayed = Replayed(type: event.type, thread: event.threadID, isStateOnly: event.isStateOnly)
        let (thread, descriptor) = (state.current.thread, state.current.descriptor)
        if thread != Slot.none { replayed.program = state.text(state.threads[thread].comm) }
        if descriptor != Slot.none { replayed.descriptor = state.text(state.descriptors[descriptor].name) }
        events.append(replayed)
      }
    } catch {
      if error == .endOfStream { return events }
      throw error
    }
  }
}

/// Applies records to a state one after the other, and hands each to `body`.
func feed(
  _ records: [[UInt8]], to state: inout SystemState,
  _ body: (borrowing EventView, borrowing SystemState) throws -> Void
) throws {
  for record in records {
    let event = try EventView(validating: record.span.bytes)
    state.apply(event)
    try body(event, state)
  }
}
