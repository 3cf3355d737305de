// Does the state agree with /proc? Watches this host while a storm of forks, execs, threads and descriptors goes on,
// lets it become quiet, and compares every process, thread and descriptor of the tables with /proc.
//
//   StateChecker [storm program and its arguments]        for example: StateChecker .../TracePrograms storm 7 10
//
// /proc and the tables are read in turn, twice each: what differs between the two readings of one is still changing, and
// is not compared. Exits with 1 if anything else differs.
import Capture
import EventSchema
import Glibc
import ModernBPFDriver
import ProcFS
import SystemState

/// Processes that stay after the storm, in all ways that change what /proc shows of them.
let survivors = """
  set -m
  for i in 1 2 3 4 5 6 7 8; do
    (cd /tmp; exec 5</etc/passwd 6<&5 7>/dev/null 5<&-; exec sleep 30) &
    (cd /usr/lib; (cd ..; exec sleep 30) & exec sleep 30) &
    setsid bash -c 'exec 8<>/dev/zero; cd /var; sleep 30 & exec 9<&8; wait' &
    (umask 077; mkfifo /tmp/windhover-pipe-$i; exec 4<>/tmp/windhover-pipe-$i; rm /tmp/windhover-pipe-$i; exec sleep 30) &
    (sleep 30 | cat | cat) &
    bash -c 'exec 3</dev/tcp/127.0.0.1/1' 2>/dev/null
    (trap '' TERM; exec -a other-name sleep 30) &
  done
  for i in $(seq 300); do (exit 3); /bin/true; done
  sleep 60 &
  """

func fail(_ text: String) -> Never {
  print(text)
  exit(2)
}

func milliseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

func start(_ words: [String]) -> pid_t {
  var pid: pid_t = 0
  var arguments = words.map { strdup($0) } + [nil]
  guard posix_spawnp(&pid, words[0], nil, nil, &arguments, environ) == 0 else { fail("cannot start \(words[0])") }
  return pid
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// What is compared of a thread, by name of the field that shows it.
func facts(_ thread: ThreadReading, isMain: Bool) -> [String: String] {
  var facts = [
    "proc.pid": "\(thread.pid)", "proc.name": text(thread.comm), "proc.sid": "\(thread.sid)",
    "proc.pgid": "\(thread.pgid)", "proc.vpgid": "\(thread.vpgid)", "thread.vtid": "\(thread.vtid)",
    "user.uid": "\(thread.uid)", "group.gid": "\(thread.gid)", "proc.tty": "\(thread.tty)",
    "thread.cap_effective": "\(thread.capEffective)", "thread.cap_permitted": "\(thread.capPermitted)",
  ]
  if isMain {
    facts["proc.exe"] = text(thread.exe)
    facts["proc.args"] = text(thread.arguments)
    facts["proc.exepath"] = text(thread.exepath)
    facts["proc.cwd"] = text(thread.cwd) + (thread.cwd.last == UInt8(ascii: "/") || thread.cwd.isEmpty ? "" : "/")
    facts["proc.exe_ino"] = "\(thread.exeInode)"
    facts["proc.ppid"] = "\(thread.ptid)"
  }
  return facts
}

func facts(_ descriptor: DescriptorReading) -> String {
  switch descriptor.kind {
  case .socket(let socket): return "socket \(socket.family)"
  case .file, .directory: return "\(descriptor.kind) \(text(descriptor.name))"
  default: return "\(descriptor.kind)"
  }
}

/// A host's processes flattened: "pid/tid/fact" and "pid/fd" to what they are.
func flatten(_ processes: [ProcessReading], parents: [Int32: Int32]) -> [String: String] {
  var all: [String: String] = [:]
  for process in processes where process.main.pid != getpid() {
    let pid = process.main.pid
    all["\(pid)"] = "process"
    for thread in [process.main] + process.threads {
      for (name, value) in facts(thread, isMain: thread.tid == pid) {
        // The tables name the thread that called clone, /proc its process.
        let shown = name == "proc.ppid" ? "\(parents[thread.ptid] ?? thread.ptid)" : value
        all["\(pid)/\(thread.tid) \(name)"] = shown
      }
      all["\(pid)/\(thread.tid)"] = "thread"
    }
    for descriptor in process.descriptors {
      all["\(pid) descriptor \(descriptor.number)"] = facts(descriptor)
    }
  }
  return all
}

func readProc() -> [String: String] {
  let procfs = ProcFS()
  var reader = ProcessReader(procfs)
  var processes: [ProcessReading] = []
  for pid in reader.processes() {
    if let process = reader.read(pid, wantsThreads: true, descriptorLimit: 4096) { processes.append(process) }
  }
  return flatten(processes, parents: [:])
}

func readTables(_ state: borrowing SystemState) -> [String: String] {
  let readings = state.readings()
  var parents: [Int32: Int32] = [:]
  for process in readings { for thread in [process.main] + process.threads { parents[thread.tid] = thread.pid } }
  return flatten(readings, parents: parents)
}

/// An open does not tell that the file is a named pipe; its name is in the tables, its kind only in /proc.
func isNamedPipe(_ shown: String, _ kept: String?) -> Bool { shown == "fifo" && kept?.hasPrefix("file /") == true }

/// - Returns: How many events were applied.
func pump(_ driver: inout ModernBPFDriver, _ state: inout SystemState, for duration: Int) throws -> Int {
  let end = milliseconds() + duration
  var events = 0
  while milliseconds() < end {
    var batch = try driver.nextBatch(waitingUpTo: .milliseconds(50))
    while let event = try batch.next() {
      state.apply(event)
      events += 1
    }
  }
  return events
}

let storm = Array(CommandLine.arguments.dropFirst())
var interest = Interest(
  events: EventTypeSet([
    .clone, .clone3, .fork, .vfork, .execve, .execveat, .procexit, .chdir, .fchdir, .chroot, .setuid, .setgid, .setreuid,
    .setregid, .setresuid, .setresgid, .setsid, .setpgid, .capset, .setns, .unshare, .prctl, .open, .openat, .openat2,
    .open_by_handle_at, .creat, .close, .close_range, .dup, .dup2, .dup3, .fcntl, .pipe, .pipe2, .socket, .socketpair,
    .bind, .connect, .accept, .accept4, .eventfd, .eventfd2, .signalfd, .signalfd4, .timerfd_create, .inotify_init,
    .inotify_init1, .memfd_create, .pidfd_open, .pidfd_getfd, .epoll_create, .epoll_create1, .userfaultfd,
    .io_uring_setup, .bpf, .recvmsg, .recvmmsg, .open_enter, .creat_enter, .openat_enter, .openat2_enter, .connect_enter,
  ]))
var options = CaptureOptions()
options.loadable = interest
options.ignoredProcess = getpid()
options.bufferBytesPerLane = 64 << 20

do {
  var driver = try ModernBPFDriver(opening: options)
  try driver.capture(interest)
  var state = SystemState(machine: .current())
  let scan = state.scanProcesses(ProcFS())
  state.lookUpThreads(in: ProcFS())
  print("scanned: \(scan.processes) processes, \(scan.threads) threads, \(scan.descriptors) descriptors")

  var events = 0
  var started = [start(["bash", "-c", survivors])]
  if !storm.isEmpty { started.append(start(storm)) }
  events += try pump(&driver, &state, for: storm.isEmpty ? 6_000 : 14_000)
  for pid in started { waitpid(pid, nil, WNOHANG) }
  events += try pump(&driver, &state, for: 3_000)

  let before = readProc()
  // What happened during that reading, and everything still on its way.
  events += try pump(&driver, &state, for: 1_000)
  let tables = readTables(state)
  let after = readProc()
  events += try pump(&driver, &state, for: 1_000)
  let later = readTables(state)

  var compared = 0
  var differences: [String] = []
  // What is open there may have a kind that the tables have no word for; that it is open is known all the same.
  for (key, value) in before where after[key] == value && value != "unsupported" {
    compared += 1
    if tables[key] != value, later[key] != value, !isNamedPipe(value, tables[key]) { differences.append("\(key): /proc \(value), tables \(tables[key] ?? "nothing")") }
  }
  for (key, value) in tables where before[key] == nil && after[key] == nil && later[key] != nil {
    differences.append("\(key): /proc nothing, tables \(value)")
  }
  let lost = try driver.statistics().lost.total
  print("\(events) events, \(lost) lost; \(compared) facts compared, \(differences.count) differ")
  print(state.counters)
  for difference in differences.sorted() { print("  " + difference.split(separator: "\0").joined(separator: " ")) }
  exit(differences.isEmpty ? 0 : 1)
} catch {
  fail("\(error)")
}
