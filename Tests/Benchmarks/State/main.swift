// Costs of single events in the state engine: CPU time here, instructions under
// `valgrind --tool=callgrind --toggle-collect=wh_bench_state`, which looks at the rounds that are measured and no others.
//
//   StateBenchmark [openat|relative|close-unknown|read|fork+exec+exit|mixed|scan|all] [rounds]

import CaptureTesting
import EventSchema
import Glibc
import ProcFS
import SystemState

func nanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Records back to back, with where each begins: applied over and over.
struct Script {
  var bytes: [UInt8] = []
  var bounds: [Range<Int>] = []

  init(_ records: [[UInt8]]) {
    for record in records {
      bounds.append(bytes.count..<bytes.count + record.count)
      bytes += record
    }
  }

  @inline(__always) func run(_ state: inout SystemState, rounds: Int) {
    let span = bytes.span.bytes
    for _ in 0..<rounds {
      for bound in bounds {
        guard let event = try? EventView(validating: span.extracting(bound)) else { preconditionFailure() }
        state.apply(event)
      }
    }
  }

  @inline(never) func validate(rounds: Int) -> UInt64 {
    let span = bytes.span.bytes
    var sum: UInt64 = 0
    for _ in 0..<rounds {
      for bound in bounds {
        guard let event = try? EventView(validating: span.extracting(bound)) else { preconditionFailure() }
        sum &+= event.timestamp
      }
    }
    return sum
  }
}

/// The rounds that count, under a name that callgrind can be told.
@inline(never) @_silgen_name("wh_bench_state")
func runMeasured(_ script: borrowing Script, _ state: inout SystemState, _ rounds: Int) { script.run(&state, rounds: rounds) }

let wanted = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "all"
let rounds = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 10_000 : 100_000

func measure(_ name: String, _ records: [[UInt8]]) {
  guard wanted == "all" || wanted == name else { return }
  var state = SystemState()
  let setup = Script([
    Event.execve(1, at: 1, exe: "/sbin/init", ptid: 0, comm: "init", cgroups: ["cpu=/init.scope"]),
    Event.clone(100, at: 2, result: 0, ptid: 1, cgroups: ["cpu=/user.slice/session-1.scope"]),
    Event.chdir(100, at: 3, "/home/user/project"),
    Event.openat(100, at: 3, fd: 3, name: "/var/log/messages"),
  ])
  setup.run(&state, rounds: 1)
  let script = Script(records)
  script.run(&state, rounds: 100)
  let start = nanoseconds()
  runMeasured(script, &state, rounds)
  let middle = nanoseconds()
  let sum = script.validate(rounds: rounds)
  let end = nanoseconds()
  let count = UInt64(rounds * records.count)
  let tenths = (middle - start) * 10 / count
  let frame = (end - middle) * 10 / count
  print(
    "\(name): \(tenths / 10).\(tenths % 10) ns per event, \(frame / 10).\(frame % 10) of it to check the record",
    sum == 1 ? " " : "")
}

measure(
  "openat+close",
  [
    Event.openat(
      100, at: 10, fd: 5, name: "/usr/lib/x86_64-linux-gnu/libc.so.6", flags: 0x1001, device: 0x801, inode: 9),
    Event.close(100, at: 11, fd: 5),
  ])
measure(
  "openat",
  [
    Event.openat(
      100, at: 10, fd: 5, name: "/usr/lib/x86_64-linux-gnu/libc.so.6", flags: 0x1001, device: 0x801, inode: 9)
  ])
measure("relative", [Event.openat(100, at: 10, fd: 5, name: "../include/x.h", flags: 0x1001, device: 0x801, inode: 9)])
measure("close-unknown", [Event.close(100, at: 11, fd: 77)])
measure("read", [Event.read(100, at: 12, fd: 3, data: "abc")])
measure(
  "fork+exec+exit",
  [
    Event.clone(200, at: 20, result: 0, ptid: 100, cgroups: ["cpu=/user.slice/session-1.scope"]),
    Event.clone(100, at: 21, result: 200, ptid: 1, cgroups: ["cpu=/user.slice/session-1.scope"]),
    Event.execve(
      200, at: 22, exe: "/bin/ls", arguments: ["-l"], ptid: 100, comm: "ls",
      cgroups: ["cpu=/user.slice/session-1.scope"]),
    Event.procexit(200, at: 23),
  ])

/// What a busy host does: of 100 events 40 opens, 44 closes, 10 of sockets, 6 of processes.
func mixed() -> [[UInt8]] {
  var records: [[UInt8]] = []
  let files = ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/etc/ld.so.cache", "/proc/self/status", "/var/lib/app/data.db"]
  for round in 0..<10 {
    for file in files {
      records.append(Event.openat(100, at: 10, fd: 5, name: file, flags: 0x1001, device: 0x801, inode: 9))
      records.append(Event.close(100, at: 11, fd: 5))
    }
    if round % 2 == 0 {
      records.append(Event.make(.socket, 100, at: 12) {
        $0.append(Int64(6)); $0.append(UInt32(2)); $0.append(UInt32(1)); $0.append(UInt32(6))
      })
      records.append(Event.connect(100, at: 13, fd: 6, tuple: Wire.tuple("10.0.0.1", 40_000, "10.0.0.2", 443)))
      records.append(Event.close(100, at: 14, fd: 6))
    }
  }
  let cgroups = ["cpu=/user.slice/session-1.scope"]
  records.append(Event.clone(200, at: 20, result: 0, ptid: 100, cgroups: cgroups))
  records.append(Event.clone(100, at: 21, result: 200, ptid: 1, cgroups: cgroups))
  records.append(Event.execve(200, at: 22, exe: "/bin/ls", arguments: ["-l"], ptid: 100, comm: "ls", cgroups: cgroups))
  records.append(Event.procexit(200, at: 23))
  return records
}
measure("mixed", mixed())

if wanted == "all" || wanted == "scan" {
  for _ in 0..<3 {
    var state = SystemState(machine: .current())
    let start = nanoseconds()
    let result = state.scanProcesses(ProcFS())
    let spent = (nanoseconds() - start) / 1000
    print(
      "scan: \(result.processes) processes, \(result.threads) threads, \(result.descriptors) descriptors in \(spent) µs,",
      "\(result.errors.denied) denied, \(result.errors.vanished) vanished")
  }
}
