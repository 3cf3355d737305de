// Prints one JSON object per event of a capture file, with the fields that are asked for: what compares our reading of
// a file with another program's.
//
//   FieldPrinter FILE FIELD...

import Capture
import CaptureFile
import EventSchema
import Fields
import Glibc
import JSONText
import Outputs
import Recordings
import SystemState

func fail(_ text: String) -> Never {
  var line = Array("FieldPrinter: \(text)\n".utf8)
  _ = write(2, &line, line.count)
  exit(1)
}

let arguments = CommandLine.arguments.dropFirst()
guard let path = arguments.first else { fail("FieldPrinter FILE FIELD...") }
let fields = arguments.dropFirst().map { name in
  switch FieldCatalogue.resolve(name) {
  case .success(let field): return field
  case .failure(let error): fail("\(name): \(error)")
  }
}

var extractor = FieldExtractor(fields)
do {
  var source = try CaptureFileSource(path: path)
  var current = SystemState(replaying: source.contents)
  var section = source.section
  reading: while true {
    do throws(CaptureError) {
      var batch = try source.nextBatch(waitingUpTo: .zero)
      while true {
        do throws(RecordError) {
          guard let event = try batch.next() else { break }
          current.apply(event)
          if event.isStateOnly { continue }
          extractor.begin()
          var json = JSONWriter()
          json.beginObject()
          for index in fields.indices {
            json.key(fields[index].name)
            extractor.write(index, event, current, into: &json)
          }
          json.endObject()
          print(String(decoding: json.bytes, as: UTF8.self))
        } catch {
          fail("\(error)")
        }
      }
    } catch {
      if error == .endOfStream { break reading }
      throw error
    }
    if source.section != section {
      section = source.section
      current = SystemState(replaying: source.contents)
    }
  }
} catch {
  fail("\(error)")
}
