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
import SystemState

func fail(_ text: String) -> Never {
  var line = Array("FieldPrinter: \(text)\n".utf8)
  _ = write(2, &line, line.count)
  exit(1)
}

/// The state as a section of a capture begins with it.
func state(of contents: CaptureContents) -> SystemState {
  var state = SystemState(machine: Machine(contents.machine, contents.interfaces))
  state.load(users: contents.users, groups: contents.groups)
  state.add(contents.processes, readAt: 0)
  return state
}

extension Machine {
  init(_ machine: MachineRecord, _ interfaces: [InterfaceRecord]) {
    self.init()
    bootTime = machine.bootTime
    for interface in interfaces {
      let address = IPAddress(high: interface.address.high, low: interface.address.low)
      if interface.isV6 {
        addressesV6.append(address)
      } else {
        addressesV4.append(address)
        masksV4.append(UInt32(truncatingIfNeeded: interface.mask.high))
      }
    }
  }
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
  var current = state(of: source.contents)
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
      current = state(of: source.contents)
    }
  }
} catch {
  fail("\(error)")
}
