import CCalls
import Capture
import EventSchema
@preconcurrency import Glibc
import PtraceDriver

// A tracer beside the tests: a process cannot trace itself.
//
//   PtraceRecorder serve CONTROL REQUESTS                        record what running processes do, as asked
//   PtraceRecorder run OUT EVENTS COMMAND ...                    record what a command does, and end as it did
//   PtraceRecorder wait COUNT PID ...                            wait for an event that never comes, 2 ms each time
//
// OUT gets packed records, and then 8 bytes: how many were lost. EVENTS and CALLS are numbers with commas between them.
//
// REQUESTS is a pipe with a name: one line "PID OUT SNAPLEN EVENTS CALLS PATHS IGNORED" for each recording, with - for
// nothing, until whoever writes has ended. CONTROL is a file of 8 bytes that both sides map: the recorder stores 7 when it
// is ready, 4 when it is about to attach, the traced process 5 when it has seen that, the recorder 1 once it captures,
// the traced process 2 when it is done, the recorder 3 when it has let go; and 9 if that failed. From 5 on no system call
// is needed for that, which a test might count.

func say(_ message: String) {
  var line = "PtraceRecorder: \(message)\n"
  line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

func fail(_ message: String) -> Never {
  say(message)
  exit(125)
}

func numbers(_ text: String) -> [UInt16] { text.split(separator: ",").compactMap { UInt16($0) } }

func interest(_ events: String, _ calls: String) -> Interest {
  if events == "all" { return Interest(events: PtraceDriver.available, genericCalls: .all) }
  // With a minus in front: what only a state would want.
  let forState = events.split(separator: ",").filter { $0.hasPrefix("-") }.compactMap { UInt16($0.dropFirst()) }
  let events = events.replacing("-", with: "")
  return Interest(
    events: EventTypeSet(numbers(events).compactMap { EventType(rawValue: $0) }),
    genericCalls: SyscallSet(numbers(calls).compactMap { SyscallCode(rawValue: $0) }),
    forState: EventTypeSet(forState.compactMap { EventType(rawValue: $0) }))
}

/// Records copied out of their batches, and where they go in the end.
struct Records {
  let path: String
  var bytes: [UInt8] = []

  mutating func take(_ batch: inout EventBatch) throws -> Bool {
    var isEmpty = true
    while let event = try batch.next() {
      isEmpty = false
      let record = event.record
      for index in 0..<record.byteCount { bytes.append(record.unsafeLoad(fromByteOffset: index, as: UInt8.self)) }
    }
    return isEmpty
  }

  func write(lost: UInt64) {
    guard let file = fopen(path, "w") else { fail("cannot write \(path)") }
    fwrite(bytes, 1, bytes.count, file)
    withUnsafeBytes(of: lost) { _ = fwrite($0.baseAddress, 1, 8, file) }
    fclose(file)
  }
}

func control(_ path: String) -> UnsafeMutablePointer<Int64> {
  let file = open(path, O_RDWR)
  let memory = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
  guard file >= 0, let memory, memory != MAP_FAILED else { fail("cannot map \(path)") }
  return memory.bindMemory(to: Int64.self, capacity: 1)
}

func attach(_ words: [String], _ state: UnsafeMutablePointer<Int64>) throws {
  guard words.count == 7, let process = Int32(words[0]), let snaplen = Int(words[2]) else { fail("not a request: \(words)") }
  var interest = interest(words[3], words[4])
  interest.resolvesPaths = words[5] == "paths"
  var options = CaptureOptions()
  options.target = .processes([process])
  options.loadable = interest
  options.snaplen = snaplen
  options.ignoredProcess = Int32(words[6])
  var records = Records(path: words[1])
  let lost: UInt64
  wh_store(state, 4)
  // Not for ever: whom it waits for may have died.
  for _ in 0..<50_000 where wh_load(state) == 4 { usleep(200) }
  do {
    var driver = try PtraceDriver(opening: options)
    try driver.capture(interest)
    wh_store(state, 1)
    while wh_load(state) == 1 {
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(2))
      _ = try records.take(&batch)
    }
    try driver.capture(.none)
    while true {
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(20))
      if try records.take(&batch) { break }
    }
    lost = try driver.statistics().lost.total
  }
  records.write(lost: lost)
  wh_store(state, 3)
}

func serve(_ words: [String]) {
  guard words.count == 2 else { fail("serve: wrong arguments") }
  let state = control(words[0])
  guard let requests = fopen(words[1], "r") else { fail("cannot read \(words[1])") }
  wh_store(state, 7)
  while let request = readLine(from: requests) {
    do { try attach(request.split(separator: " ").map(String.init), state) } catch {
      say("\(error)")
      wh_store(state, 9)
    }
  }
}

func readLine(from file: UnsafeMutablePointer<FILE>) -> String? {
  var line = [CChar](repeating: 0, count: 1 << 16)
  guard fgets(&line, Int32(line.count), file) != nil else { return nil }
  return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func run(_ words: [String]) throws -> Int32 {
  guard words.count >= 3 else { fail("run: wrong arguments") }
  var options = CaptureOptions()
  options.target = .command(Array(words.dropFirst(2)))
  options.loadable = interest(words[1], "")
  options.onDegraded = { _, reason in say(reason) }
  var records = Records(path: words[0])
  var driver = try PtraceDriver(opening: options)
  try driver.capture(options.loadable)
  do {
    while true {
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(100))
      _ = try records.take(&batch)
    }
  } catch let error as CaptureError {
    guard error == .endOfStream else { throw error }
  }
  records.write(lost: try driver.statistics().lost.total)
  return driver.outcome?.exitCode ?? 125
}

func wait(_ words: [String]) throws {
  guard let count = words.first.flatMap({ Int($0) }), words.count >= 2 else { fail("wait: wrong arguments") }
  var options = CaptureOptions()
  options.target = .processes(words.dropFirst().compactMap { Int32($0) })
  options.loadable = interest("\(EventType.mkdir.rawValue)", "")
  var driver = try PtraceDriver(opening: options)
  try driver.capture(options.loadable)
  for _ in 0..<count {
    var batch = try driver.nextBatch(waitingUpTo: .milliseconds(2))
    if try batch.next() != nil { fail("an event that nobody makes") }
  }
}

do {
  let words = CommandLine.arguments.dropFirst()
  switch words.first {
  case "serve": serve(Array(words.dropFirst()))
  case "run": exit(try run(Array(words.dropFirst())))
  case "wait": try wait(Array(words.dropFirst()))
  default: fail("no such mode")
  }
} catch {
  fail("\(error)")
}
