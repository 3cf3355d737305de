// Cost of looking up single fields on one event, each looked up anew each time: the best of nine runs, with the
// loop and the beginning of the event in it.
//
//   FieldsBenchmark [rounds [field...]]

import CLinux
import CaptureTesting
import EventSchema
import Fields
import SystemState

let names = [
  "evt.type", "evt.is_open_read", "evt.is_open_write", "evt.rawres", "evt.res", "evt.arg.flags", "evt.arg.name",
  "fd.name", "fd.num", "fd.typechar", "fd.directory", "fd.filename", "proc.name", "proc.pname", "proc.aname[2]",
  "proc.aname", "proc.exepath", "proc.cmdline", "proc.args", "proc.duration", "container.id", "user.name", "user.uid",
  "evt.args",
]
let rounds = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 1_000_000 : 1_000_000
let chosen = CommandLine.arguments.dropFirst(2)

var state = SystemState()
func apply(_ record: [UInt8], _ state: inout SystemState) {
  guard let view = try? EventView(validating: record.span.bytes) else { preconditionFailure() }
  state.apply(view)
}
apply(Event.execve(1, at: 1, exe: "/sbin/init", ptid: 0, comm: "systemd"), &state)
apply(Event.clone(100, at: 2, result: 0, ptid: 1, comm: "bash"), &state)
apply(Event.clone(200, at: 3, result: 0, ptid: 100, comm: "bash"), &state)
apply(Event.execve(200, at: 4, exe: "cat", arguments: ["-n", "/etc/passwd"], ptid: 100, comm: "cat"), &state)
let record = Event.openat(200, at: 5, fd: 3, name: "/etc/ld.so.cache", flags: 4097)
apply(record, &state)

@inline(never)
func measure(_ extractor: inout FieldExtractor, _ event: borrowing EventView, _ state: borrowing SystemState) -> UInt64 {
  var sum: UInt64 = 0
  for _ in 0..<rounds {
    extractor.begin()
    let value = extractor.value(0, event, state)
    sum &+= value.word &+ value.low
  }
  return sum
}

for name in chosen.isEmpty ? names : Array(chosen) {
  guard case .success(let field) = FieldCatalogue.resolve(name) else { preconditionFailure(name) }
  var extractor = FieldExtractor([field])
  guard let view = try? EventView(validating: record.span.bytes) else { preconditionFailure() }
  var sum: UInt64 = 0
  var best = UInt64.max
  for _ in 0..<9 {
    let start = wh_clock_monotonic()
    sum &+= measure(&extractor, view, state)
    best = min(best, wh_clock_monotonic() - start)
  }
  let tenths = best * 10 / UInt64(rounds)
  print("\(name): \(tenths / 10).\(tenths % 10) ns (\(sum & 0xff))")
}
