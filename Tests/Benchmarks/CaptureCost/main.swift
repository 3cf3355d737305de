// What capture costs the programs that are watched: nanoseconds added to one system call.
//
// Every figure comes from stretches of a few hundred calls, in turn without any program, beside a program that does
// nothing, and beside the driver: a shared machine drifts more than the differences are large. The shortest stretch of
// each kind is one that nothing disturbed; the medians beside it tell how much the others were. The ring is drained
// outside the timed part.
import BPFDriver
import CCalls
import CEmptyProgram
import Capture
import EventSchema
import Glibc
import ModernBPFDriver

let rounds = 15
let stretches = 40
let calls: Int64 = 200

func number(_ code: SyscallCode) -> Int64 { Int64(Schema.syscall(code)!.nativeNumber!) }

func clock_ns() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func drain<Driver: CaptureDriver & ~Copyable>(_ driver: inout Driver) throws -> Int {
  var count = 0
  while true {
    var batch = try driver.nextBatch(waitingUpTo: .zero)
    let before = count
    while try batch.next() != nil { count += 1 }
    if count == before { return count }
  }
}

/// Stretches of one kind, nanoseconds per call.
struct Timing {
  private var values: [Double] = []
  mutating func add(_ work: () -> UInt64) {
    for _ in 0..<stretches { values.append(Double(work()) / Double(calls)) }
  }
  var least: Double { values.min() ?? .nan }
  var median: Double { values.sorted()[values.count / 2] }
}

/// A loop of `calls` calls, and what of it is captured.
struct Subject {
  let name: String
  let interest: Interest
  /// Nanoseconds above the empty program that issue and reference allow; `nil` where they name none.
  let limit: Int?
  let work: () -> UInt64
}

func text(_ value: Double) -> String { "\(Int(value.rounded()))" }

extension String {
  func column(_ width: Int) -> String { count >= width ? self : String(repeating: " ", count: width - count) + self }
  func name(_ width: Int) -> String { count >= width ? self : self + String(repeating: " ", count: width - count) }
}

/// Prints what a driver adds to each call, and of it what any program would.
func measure<Driver: CaptureDriver & ~Copyable>(
  _: Driver.Type, _ subjects: [Subject], empty kind: wh_empty_kind, limitFactor: Int
) throws {
  guard wh_empty_load(kind) == 0 else { throw Trouble.emptyProgram }
  defer { wh_empty_unload() }
  print(
    "\(Driver.kind.rawValue)".name(34)
      + ["bare", "empty", "driver", "above empty", "limit", "median", "lost"].map { $0.column(12) }.joined())
  for subject in subjects {
    var options = CaptureOptions()
    options.loadable = subject.interest
    options.bufferBytesPerLane = 16 << 20  // One round of the longest events; small enough to stay in a cache.
    var driver = try Driver(opening: options)
    var bare = Timing(), empty = Timing(), watched = Timing()
    for _ in 0..<rounds {
      bare.add(subject.work)
      guard wh_empty_attach() == 0 else { throw Trouble.emptyProgram }
      empty.add(subject.work)
      wh_empty_detach()
      try driver.capture(subject.interest)
      watched.add(subject.work)
      try driver.capture(.none)
      _ = try drain(&driver)
    }
    let columns = [
      text(bare.least), text(empty.least - bare.least), text(watched.least - bare.least),
      text(watched.least - empty.least), subject.limit.map { text(Double($0 * limitFactor)) } ?? "-",
      text(watched.median - empty.median), "\(try driver.statistics().lost.total)",
    ]
    print("  " + subject.name.name(32) + columns.map { $0.column(12) }.joined())
  }
}

enum Trouble: Error { case emptyProgram }

let path = "/no/such/directory/of/some/length/file.txt"
let generic = Interest(events: EventTypeSet([.generic]), genericCalls: SyscallSet([.getpid]))
let openAndClose = {
  let start = clock_ns()
  _ = wh_open_and_close("/etc/passwd", calls)
  return clock_ns() - start
}
let subjects = [
  Subject(name: "uncaptured getpid", interest: Interest(events: EventTypeSet([.setsid])), limit: 20) {
    wh_time_calls(number(.getpid), calls)
  },
  // Number 39 is mkdir for 32-bit programs: the dispatcher has to look which kind of call it has.
  Subject(name: "uncaptured, wanted 32-bit number", interest: Interest(events: EventTypeSet([.mkdir])), limit: nil) {
    wh_time_calls(number(.getpid), calls)
  },
  Subject(name: "captured getpid (generic)", interest: generic, limit: 100) { wh_time_calls(number(.getpid), calls) },
  Subject(name: "captured getuid", interest: Interest(events: EventTypeSet([.getuid])), limit: 100) {
    wh_time_calls(number(.getuid), calls)
  },
  Subject(name: "captured failing openat", interest: Interest(events: EventTypeSet([.openat])), limit: 300) {
    wh_time_failing_opens(path, calls)
  },
  Subject(name: "captured openat", interest: Interest(events: EventTypeSet([.openat])), limit: 300) {
    wh_time_opens("/etc/passwd", calls)
  },
  Subject(
    name: "captured openat and close", interest: Interest(events: EventTypeSet([.openat, .close])), limit: 400,
    work: openAndClose),
  Subject(
    name: "the same with the file's path",
    interest: Interest(events: EventTypeSet([.openat, .close]), resolvesPaths: true), limit: nil, work: openAndClose),
]
try measure(ModernBPFDriver.self, subjects, empty: WH_EMPTY_BTF_EXIT, limitFactor: 1)
do {
  try measure(BPFDriver.self, subjects, empty: WH_EMPTY_RAW_EXIT, limitFactor: 2)
} catch CaptureError.noObject(let kind, let path) {
  print("\(kind.rawValue): not measured, as \(path) is missing; windhover driver build --kind ebpf makes it")
}

/// Prints how long opening takes, and what the open driver adds to this process's resident memory.
func measureOpening(_ name: String, _ interest: Interest) throws {
  var options = CaptureOptions()
  options.loadable = interest
  let before = residentKiB(), start = clock_ns()
  var driver = try ModernBPFDriver(opening: options)
  try driver.capture(interest)
  let time = (clock_ns() - start) / 1_000_000
  try driver.capture(.none)
  print(
    "\(name): \(driver.loaded.count) events opened and attached in \(time) ms, \(residentKiB() - before) KiB resident")
}

func residentKiB() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var total = 0, resident = 0
  withUnsafeMutablePointer(to: &total) { total in
    withUnsafeMutablePointer(to: &resident) { resident in
      _ = withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
    }
  }
  return resident * 4
}

// What the usual rule sets ask for: files, processes, sockets and privileges, but no data.
let usual: [EventType] = [
  .open, .openat, .openat2, .creat, .close, .execve, .execveat, .clone, .clone3, .fork, .vfork, .procexit, .dup, .dup2,
  .dup3, .pipe, .pipe2, .socket, .bind, .listen, .connect, .accept, .accept4, .socketpair, .rename, .renameat,
  .renameat2, .unlink, .unlinkat, .link, .linkat, .symlink, .symlinkat, .mkdir, .mkdirat, .rmdir, .chmod, .fchmod,
  .fchmodat, .chdir, .fchdir, .chroot, .mount, .umount2, .ptrace, .setns, .unshare, .prctl, .memfd_create, .init_module,
  .finit_module, .bpf, .setuid, .setgid, .setresuid, .setresgid, .setsid, .kill, .fcntl, .sendto, .sendmsg,
]
try measureOpening("usual rules", Interest(events: EventTypeSet(usual)))
try measureOpening("everything", .everything)
