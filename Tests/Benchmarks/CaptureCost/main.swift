// What capture costs the programs that are watched: nanoseconds added to one system call.
//
// Every figure is the median of paired rounds: the same loop with the driver attached and detached, right after each
// other, since a shared machine drifts more than the difference is large. The ring is drained outside the timed part.
import CCalls
import Capture
import EventSchema
import Glibc
import ModernBPFDriver

let rounds = 15
let calls: Int64 = 50_000

func number(_ code: SyscallCode) -> Int64 { Int64(Schema.syscall(code)!.nativeNumber!) }

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func drain(_ driver: inout ModernBPFDriver) throws -> Int {
  var count = 0
  while true {
    var batch = try driver.nextBatch(waitingUpTo: .zero)
    let before = count
    while try batch.next() != nil { count += 1 }
    if count == before { return count }
  }
}

/// Prints what an interest adds to each call that `work` makes.
func measure(_ name: String, _ interest: Interest, _ work: () -> UInt64) throws {
  var options = CaptureOptions()
  options.loadable = interest
  options.bufferBytesPerLane = 16 << 20  // One round of the longest events; small enough to stay in a cache.
  let before = clock_ns()
  var driver = try ModernBPFDriver(opening: options)
  let opening = Double(clock_ns() - before) / 1e6
  var bare: [Double] = [], added: [Double] = []
  var events = 0
  for _ in 0..<rounds {
    try driver.capture(.none)
    let without = Double(work()) / Double(calls)
    try driver.capture(interest)
    let with = Double(work()) / Double(calls)
    try driver.capture(.none)
    events += try drain(&driver)
    bare.append(without)
    added.append(with - without)
  }
  let lost = try driver.statistics().lost.total
  print(
    "\(name): bare \(Int(median(bare))) ns, added \(Int(median(added).rounded())) ns per call; \(events) events, \(lost) lost; opened in \(Int(opening)) ms"
  )
}

func clock_ns() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

let generic = Interest(events: EventTypeSet([.generic]), genericCalls: SyscallSet([.getpid]))
let path = "/no/such/directory/of/some/length/file.txt"
try measure("uncaptured getpid", Interest(events: EventTypeSet([.setsid]))) { wh_time_calls(number(.getpid), calls) }
// Number 39 is mkdir for 32-bit programs: the dispatcher has to look which kind of call it has.
try measure("uncaptured getpid, its number a wanted 32-bit call", Interest(events: EventTypeSet([.mkdir]))) {
  wh_time_calls(number(.getpid), calls)
}
try measure("captured getpid (generic)", generic) { wh_time_calls(number(.getpid), calls) }
try measure("captured getuid", Interest(events: EventTypeSet([.getuid]))) { wh_time_calls(number(.getuid), calls) }
try measure("captured failing openat", Interest(events: EventTypeSet([.openat]))) { wh_time_failing_opens(path, calls) }
try measure("uncaptured openat and close", Interest(events: EventTypeSet([.setsid]))) {
  let start = clock_ns()
  _ = wh_open_and_close("/etc/passwd", calls)
  return clock_ns() - start
}
try measure("captured openat and close", Interest(events: EventTypeSet([.openat, .close]))) {
  let start = clock_ns()
  _ = wh_open_and_close("/etc/passwd", calls)
  return clock_ns() - start
}
try measure(
  "captured openat and close, with the file's path",
  Interest(events: EventTypeSet([.openat, .close]), resolvesPaths: true)
) {
  let start = clock_ns()
  _ = wh_open_and_close("/etc/passwd", calls)
  return clock_ns() - start
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
