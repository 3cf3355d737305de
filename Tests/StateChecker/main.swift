// Does the state agree with /proc? Watches this host while a storm of forks, execs, threads and descriptors goes on,
// lets it become quiet, and compares every process, thread and descriptor of the tables with /proc.
//
//   StateChecker PROGRAMS [SEED SECONDS [DRIVER [STEPS]]]        for example: StateChecker .../TracePrograms 7 8 ebpf
//
// PROGRAMS is what Tests/TracePrograms builds: it starts processes that stay, the storm if there is a seed, and with STEPS
// those that wander so far. DRIVER is modern_ebpf, ebpf or ptrace; with the last one all of it is a command of the driver,
// and only its processes are compared. /proc and the tables are read in turn, twice each: what differs between the two
// readings of one is still changing, and is not compared. Exits with 1 if anything else differs.
import Agent
import BPFDriver
import CCalls
import Capture
import EventSchema
import Glibc
import ModernBPFDriver
import ProcFS
import PtraceDriver
import SystemState

/// More processes that stay, as a shell makes them.
let survivors = """
  set -m
  for i in 1 2 3 4 5 6 7 8; do
    (cd /tmp; exec 5</etc/passwd 6<&5 7>/dev/null 5<&-; exec sleep 300) &
    (cd /usr/lib; (cd ..; exec sleep 300) & exec sleep 300) &
    setsid bash -c 'exec 8<>/dev/zero; cd /var; sleep 300 & exec 9<&8; wait' &
    (umask 077; mkfifo /tmp/windhover-pipe-$i; exec 4<>/tmp/windhover-pipe-$i; rm /tmp/windhover-pipe-$i; exec sleep 300) &
    (sleep 300 | cat | cat) &
    bash -c 'exec 3</dev/tcp/127.0.0.1/1' 2>/dev/null
    (trap '' TERM; exec -a other-name sleep 300) &
  done
  for i in $(seq 300); do (exit 3); /bin/true; done
  sleep 300 &
  """

func fail(_ text: String) -> Never {
  endChildren()
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
  // To an open, a directory is one if the program asked for one.
  case .directory where descriptor.portableFlags == nil && descriptor.flags & UInt32(O_DIRECTORY) == 0:
    return "anything \(text(descriptor.name))"
  case .file, .directory: return "\(descriptor.kind) \(text(descriptor.name))"
  default: return "\(descriptor.kind)"
  }
}

/// Which file it is, whatever its name: the kernel's device number, 0 where an event does not tell it, and the inode.
struct Node: Equatable, CustomStringConvertible {
  var device: UInt32
  var inode: UInt64

  /// What is open there, by the link.
  init?(of descriptor: Int32, pid: Int32) {
    var status = stat()
    guard stat("/proc/\(pid)/fd/\(descriptor)", &status) == 0 else { return nil }
    // The C library puts device numbers together as the kernel does for programs, up to 12 bits of the major number.
    device = UInt32(truncatingIfNeeded: status.st_dev)
    inode = UInt64(status.st_ino)
  }

  init?(_ descriptor: DescriptorReading) {
    guard descriptor.inode != 0 else { return nil }
    device = descriptor.device
    inode = descriptor.inode
  }

  func isSame(as other: Node) -> Bool {
    inode == other.inode && (device == other.device || device == 0 || other.device == 0)
  }

  var description: String { "\(device >> 8 & 0xfff):\(device & 0xff | device >> 12 & ~0xff) \(inode)" }
}

/// What is said of one thing, and of a descriptor, which file it is.
struct Fact: Equatable, CustomStringConvertible {
  var text: String
  var node: Node?

  var description: String { node.map { "\(text) (\($0))" } ?? text }
}

/// A host's processes flattened: "pid/tid/fact" and "pid/fd" to what they are.
///
/// - Parameter pids: Only these; all without.
func flatten(
  _ processes: [ProcessReading], parents: [Int32: Int32], only pids: Set<Int32>?,
  node: (DescriptorReading, Int32) -> Node?
) -> [String: Fact] {
  var all: [String: Fact] = [:]
  for process in processes where process.main.pid != getpid() {
    let pid = process.main.pid
    if let pids, !pids.contains(pid) { continue }
    all["\(pid)"] = Fact(text: "process")
    for thread in [process.main] + process.threads {
      for (name, value) in facts(thread, isMain: thread.tid == pid) {
        // The tables name the thread that called clone, /proc its process.
        let shown = name == "proc.ppid" ? "\(parents[thread.ptid] ?? thread.ptid)" : value
        all["\(pid)/\(thread.tid) \(name)"] = Fact(text: shown)
      }
      all["\(pid)/\(thread.tid)"] = Fact(text: "thread")
    }
    for descriptor in process.descriptors {
      all["\(pid) descriptor \(descriptor.number)"] = Fact(text: facts(descriptor), node: node(descriptor, pid))
    }
  }
  return all
}

func readProc(onlyTraced: Bool) -> [String: Fact] {
  let procfs = ProcFS()
  var reader = ProcessReader(procfs)
  var processes: [ProcessReading] = []
  for pid in reader.processes() where !onlyTraced || isTraced(pid) {
    if let process = reader.read(pid, wantsThreads: true, descriptorLimit: 4096) { processes.append(process) }
  }
  return flatten(processes, parents: [:], only: nil) { Node(of: $0.number, pid: $1) }
}

/// - Parameter strangers: Processes that were there before, if nothing was told of them since.
func readTables(_ state: inout SystemState, without strangers: Set<Int32>) -> [String: Fact] {
  state.finishPending()
  let readings = state.readings()
  var parents: [Int32: Int32] = [:]
  for process in readings { for thread in [process.main] + process.threads { parents[thread.tid] = thread.pid } }
  let pids = Set(readings.map(\.main.pid)).subtracting(strangers)
  return flatten(readings, parents: parents, only: pids) { descriptor, _ in Node(descriptor) }
}

/// Whether the tables say what /proc does. They name a file as the program did, /proc as the kernel does.
func agree(_ shown: Fact, _ kept: Fact?, _ key: String) -> Bool {
  guard let kept else { return false }
  if let (open, known) = both(shown.node, kept.node), !open.isSame(as: known) { return false }
  if kept.text == shown.text { return true }
  let (names, kinds) = (
    [shown, kept].map { $0.text.split(separator: " ", maxSplits: 1).last ?? "" },
    [shown, kept].map { $0.text.split(separator: " ", maxSplits: 1).first ?? "" }
  )
  if kinds[0] == "anything", names[0] == names[1] { return true }
  guard kinds[1] == "file" || kinds[1] == "directory", names[1].hasPrefix("/") else { return false }
  // Opened through a link to another descriptor, which may be any kind of thing and is closed by now, or through another of
  // the opener's own folder: what the kernel opened then is what is open there now.
  if isLinkToDescriptor(names[1]) || names[1].hasPrefix("/proc/self/") {
    return both(shown.node, kept.node).map { $0.isSame(as: $1) } ?? false
  }
  // Through a symbolic link: the same file.
  let words = key.split(separator: " ")
  var (open, named) = (stat(), stat())
  return words.count == 3 && stat("/proc/\(words[0])/fd/\(words[2])", &open) == 0 && stat(String(names[1]), &named) == 0
    && open.st_dev == named.st_dev && open.st_ino == named.st_ino
}

func both(_ first: Node?, _ second: Node?) -> (Node, Node)? {
  guard let first, let second else { return nil }
  return (first, second)
}

/// `/dev/fd/N`.
func isLinkToDescriptor(_ name: Substring) -> Bool {
  name.hasPrefix("/dev/fd/") && Int(name.dropFirst(8)) != nil
}

/// Whether "PID descriptor NUMBER" is a socket: those without an address are in none of the kernel's lists, so that no
/// reading has them.
func isSocket(_ key: String) -> Bool {
  let words = key.split(separator: " ")
  var link = [CChar](repeating: 0, count: 64)
  guard words.count == 3, readlink("/proc/\(words[0])/fd/\(words[2])", &link, link.count - 1) > 0 else { return false }
  return String(cString: link).hasPrefix("socket:[")
}

/// Kills what was started, and whoever came from there: orphans come here, to the subreaper.
func endChildren() {
  let tree = "/proc/self/task/\(getpid())/children"
  for _ in 0..<200 {
    guard let file = fopen(tree, "r") else { return }
    var children: [pid_t] = []
    var line: UnsafeMutablePointer<CChar>?
    var size = 0
    if getline(&line, &size, file) > 0, let line {
      children = String(cString: line).split(separator: " ").compactMap { pid_t($0) }
    }
    free(line)
    fclose(file)
    if children.isEmpty { return }
    for child in children {
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
  }
}

/// What was told of lives: who was made, executed and ended, in the order of the stream.
struct History {
  private struct Moment {
    var time: UInt64
    var thread: Int32
    var type: EventType
    var result: Int64
  }
  private static let lives = EventTypeSet([.clone, .clone3, .fork, .vfork, .execve, .execveat, .procexit])
  private var moments: [Moment] = []

  mutating func note(_ event: borrowing EventView) {
    guard History.lives.contains(event.type) else { return }
    moments.append(
      Moment(
        time: event.timestamp, thread: Int32(truncatingIfNeeded: event.threadID), type: event.type,
        result: event.value(0, as: Int64.self) ?? 0))
  }

  /// A line for each event of a thread, and of who made it.
  func lines(of thread: Int32) -> [String] {
    moments.filter { $0.thread == thread || $0.result == Int64(thread) }
      .map { "\($0.time) thread \($0.thread) \(Schema.event($0.type)?.name ?? "\($0.type)") \($0.result)" }
  }
}

/// - Returns: How many events were applied.
func pump<Driver: CaptureDriver & ~Copyable>(
  _ driver: inout Driver, _ state: inout SystemState, _ history: inout History, for duration: Int
) throws -> Int {
  let end = milliseconds() + duration
  var events = 0
  while milliseconds() < end {
    var batch = try driver.nextBatch(waitingUpTo: .milliseconds(50))
    while let event = try batch.next() {
      state.apply(event)
      history.note(event)
      events += 1
    }
  }
  return events
}

/// Whether a thread of ours traces a process.
func isTraced(_ pid: Int32) -> Bool {
  guard let file = fopen("/proc/\(pid)/status", "r") else { return false }
  defer { fclose(file) }
  var line: UnsafeMutablePointer<CChar>?
  var size = 0
  defer { free(line) }
  while getline(&line, &size, file) > 0, let text = line.map({ String(cString: $0) }) {
    guard text.hasPrefix("TracerPid:") else { continue }
    let tracer = text.dropFirst(10).filter(\.isNumber)
    return tracer != "0" && access("/proc/self/task/\(tracer)", F_OK) == 0
  }
  return false
}

/// What the command of a tracer came to; its callback may be called on another thread.
final class End: @unchecked Sendable { var outcome: CommandOutcome? }

func check<Driver: CaptureDriver & ~Copyable>(with _: Driver.Type, _ words: [String]) throws -> Bool {
  let isTracer = Driver.kind == .ptrace
  // What the product captures for its state, and what tells of descriptors that others sent.
  var wanted = StateEvents.threads.union(StateEvents.descriptors).union(
    EventTypeSet([
      .recvmsg, .recvmmsg, .open_enter, .creat_enter, .openat_enter, .openat2_enter, .connect_enter,
    ]))
  if isTracer { wanted.formIntersection(PtraceDriver.available) }
  let interest = Interest(events: wanted)
  let end = End()
  var options = CaptureOptions()
  options.loadable = interest
  options.ignoredProcess = getpid()
  options.bufferBytesPerLane = 64 << 20
  options.onCommandEnd = { end.outcome = $0 }
  options.onDegraded = { print("refused: \($0): \($1)") }

  var commands = [["bash", "-c", survivors], [words[0], "keep"]]
  if words.count > 1 {
    if words.count > 4 { commands.append([words[0], "wander", words[1], words[4]]) }
    commands.append([words[0], "storm", words[1], words[2]])
  }
  if isTracer {
    let later = commands.dropFirst().map { $0.joined(separator: " ") }.joined(separator: "\n")
    options.target = .command(["bash", "-c", survivors + later])
  }

  var driver = try Driver(opening: options)
  try driver.capture(interest)
  var state = SystemState(machine: .current())
  let scan = state.scanProcesses(ProcFS())
  state.lookUpThreads(in: ProcFS())
  print("scanned: \(scan.processes) processes, \(scan.threads) threads, \(scan.descriptors) descriptors")
  let strangers = isTracer ? Set(state.readings().map(\.main.pid).filter { !isTraced($0) }) : []

  var events = 0
  var history = History()
  var running = isTracer ? [] : commands.map(start)
  let latest = milliseconds() + 60_000 + (words.count > 2 ? (Int(words[2]) ?? 0) * 1000 : 0)
  while isTracer ? end.outcome == nil : !running.isEmpty, milliseconds() < latest {
    events += try pump(&driver, &state, &history, for: 200)
    running.removeAll { waitpid($0, nil, WNOHANG) == $0 }
  }
  if isTracer, end.outcome != .exited(0) { fail("the command did not end well: \(String(describing: end.outcome))") }
  guard running.isEmpty else { fail("the storm does not end") }
  events += try pump(&driver, &state, &history, for: 2_000)

  let before = readProc(onlyTraced: isTracer)
  // What happened during that reading, and everything still on its way.
  events += try pump(&driver, &state, &history, for: 1_000)
  let tables = readTables(&state, without: strangers)
  let after = readProc(onlyTraced: isTracer)
  events += try pump(&driver, &state, &history, for: 1_000)
  let later = readTables(&state, without: strangers)

  var (compared, nodes) = (0, 0)
  var differences: [String] = []
  // What is open there may have a kind that the tables have no word for; that it is open is known all the same.
  for (key, value) in before where after[key] == value && value.text != "unsupported" {
    compared += 1
    if both(value.node, later[key]?.node) != nil { nodes += 1 }
    if !agree(value, tables[key], key), !agree(value, later[key], key) {
      differences.append("\(key): /proc \(value), tables \(tables[key].map(\.description) ?? "nothing")")
    }
  }
  // Twice the same there: a compiler that opens one file after the other has the number in use at both times.
  for (key, value) in tables where before[key] == nil && after[key] == nil && later[key] == value {
    if value.text.hasPrefix("socket "), isSocket(key) { continue }
    differences.append("\(key): /proc nothing, tables \(value)")
  }
  let lost = try driver.statistics().lost.total
  print("\(Driver.kind.rawValue): \(events) events, \(lost) lost; \(nodes) files the same")
  print("\(compared) facts compared, \(differences.count) differ")
  print(state.counters)
  for difference in differences.sorted() { print("  " + difference.split(separator: "\0").joined(separator: " ")) }
  for process in Set(differences.compactMap { Int32($0.prefix(while: \.isNumber)) }).sorted() {
    for line in history.lines(of: process) { print("    told of \(process): \(line)") }
  }
  return differences.isEmpty && lost == 0 && compared > 0 && nodes > 0
}

let words = Array(CommandLine.arguments.dropFirst())
guard [1, 3, 4, 5].contains(words.count) else { fail("StateChecker PROGRAMS [SEED SECONDS [DRIVER [STEPS]]]") }
guard wh_adopt_orphans() == 0 else { fail("cannot become a subreaper") }
do {
  let agrees =
    switch DriverKind(rawValue: words.count > 3 ? words[3] : "modern_ebpf") {
    case .modernEBPF: try check(with: ModernBPFDriver.self, words)
    case .ebpf: try check(with: BPFDriver.self, words)
    case .ptrace: try check(with: PtraceDriver.self, words)
    default: fail("no driver is called \(words[3]) here")
    }
  endChildren()
  exit(agrees ? 0 : 1)
} catch {
  fail("\(error)")
}
