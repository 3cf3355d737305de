// Prints one JSON object per event of a capture file, with the fields that are asked for: what compares our reading of
// a file with another program's.
//
//   FieldPrinter FILE FIELD...

import Fields
import Glibc
import JSONText
import Outputs
import Recordings

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
let failure = CaptureWalk.walk(path) { event, state in
  extractor.begin()
  var json = JSONWriter()
  json.beginObject()
  for index in fields.indices {
    json.key(fields[index].name)
    extractor.write(index, event, state, into: &json)
  }
  json.endObject()
  print(String(decoding: json.bytes, as: UTF8.self))
  return true
}
if let failure { fail(failure) }
