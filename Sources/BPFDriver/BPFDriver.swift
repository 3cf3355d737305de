internal import BPFLoader
internal import CBPFObjects
internal import CLinux
public import Capture
internal import DriverBuild
internal import Glibc

/// Captures this host's system calls with programs that were compiled for its kernel: raw tracepoints, no BTF needed.
/// Written for Linux 4.17 and later, tried from 5.10 on.
///
/// Records take the modern driver's way where the kernel can map arrays (5.5 and later), perf buffers before.
///
/// `windhover driver build` makes the object, once per kernel. Everything that the driver put into the kernel goes away
/// with the value, or with the process: links, maps and perf buffers are descriptors, and nothing is pinned. One thread
/// at a time.
@safe public struct BPFDriver: CaptureDriver, ~Copyable {
  public static var kind: DriverKind { .ebpf }

  private let programs: LoadedObject
  private let rings: RecordRings
  private let laneMap: Int32
  private var lanes: Lanes<RecordRing>
  private let control: SharedArray
  private let counters: SharedArray
  private var attachments = Attachments()
  private var pulse = Pulse()
  /// Only a process whose own calls make no events can look after its programs: each look makes calls.
  private let canLook: Bool
  /// Before 5.5 each look at the counters is a system call, which the kernel refuses without privileges.
  private let withPrivileges: @Sendable (() -> Void) -> Void

  /// Opens the object that was built for the running kernel.
  ///
  /// A program that the verifier refuses is left out and the rest is loaded without it: its events are missing then,
  /// and `options.onDegraded` is told. Perf buffers that are smaller than asked for are told there too.
  ///
  /// - Throws: ``CaptureError/noObject(_:path:)`` where none was built; ``CaptureError/refused(program:errno:log:)``
  ///   for a dispatcher; ``CaptureError/system(errno:during:)`` if the object is not safe to load, or perf buffers
  ///   cannot be had.
  public init(opening options: CaptureOptions) throws(CaptureError) {
    let release = KernelRelease.running
    guard let path = DriverCache.find(.ebpf, kernel: release) else {
      throw .noObject(Self.kind, path: DriverCache.own.path(of: .ebpf, kernel: release))
    }
    try self.init(opening: options, object: path)
  }

  /// - Parameter path: An object that was made for the running kernel.
  public init(opening options: CaptureOptions, object path: String) throws(CaptureError) {
    let file = try ObjectFile(path)
    let cpus = possibleCPUCount()
    let rings = try RecordRings(for: file, options)
    let programs = try LoadedObject(name: "ebpf", options) { () throws(BPFError) in
      try unsafe BPFObject(opening: file.bytes, name: "ebpf")
    } prepare: { (object) throws(BPFError) in
      for map in ["lanes", "counters", "foreigners", "arrived"] where object.hasMap(map) { try object.resize(map: map, entries: cpus) }
      try rings.prepare(&object, options)
    }
    try programs.fillProgramArrays()
    try Self.fillContinuations(of: programs)

    let now = programs.object.hasMap("monotonic_clock") ? wh_clock_monotonic() : wh_clock_boottime()
    let toEpoch = wh_clock_realtime() &- now
    let control = try attempting { () throws(BPFError) in
      try SharedArray(programs.object, map: "control", entries: 1)
    }
    unsafe Self.fill(control.bytes.bindMemory(to: wh_control.self).baseAddress!, toEpoch: toEpoch, options)
    try attempting { () throws(BPFError) in try control.push() }
    let counters = try attempting { () throws(BPFError) in
      try SharedArray(programs.object, map: "counters", entries: cpus)
    }
    let laneMap = try programs.descriptor(map: "lanes")
    let connected = try rings.connect(to: programs, options)
    lanes = Lanes(connected, bootToEpoch: wh_clock_realtime() &- wh_clock_boottime(), canGrow: cpus > 1)
    self.laneMap = laneMap
    self.rings = rings
    canLook = options.ignoredProcess == getpid()
    withPrivileges = options.withPrivileges
    self.programs = programs
    self.control = control
    self.counters = counters
  }

  @_lifetime(&self)
  public mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    lanes.release()
    for ring in unsafe rings.lateRings(UnsafeRawBufferPointer(counters.bytes), map: laneMap) { lanes.add(ring) }
    let horizon = lanes.wait(upTo: limit)
    return EventBatch(lanes.windows.mutableSpan, horizon: horizon)
  }

  public borrowing func statistics() throws(CaptureError) -> CaptureStatistics {
    var statistics = CaptureStatistics()
    let read = lanes.counts
    statistics.seen = read.taken - read.malformed
    statistics.lost.malformed = read.malformed
    try privileged { () throws(BPFError) in try counters.pull() }
    unsafe statistics.add(counters.bytes.bindMemory(to: wh_counters.self))
    statistics.addSkippedRuns(of: programs)
    // Programs see that a buffer is full since 5.1; before, only the kernel's own records between the others tell it.
    statistics.lost.ringFull = max(statistics.lost.ringFull, read.reportedLost)
    return statistics
  }

  /// Writes what is wanted into the programs' table and attaches the tracepoints that it takes; with an empty interest
  /// nothing of the driver runs in the kernel any more.
  ///
  /// Events that are already in the buffers still come out. The switch is not atomic over several calls.
  public mutating func capture(_ interest: Interest) throws(CaptureError) {
    try programs.require(interest)
    let wanted = programs.wanted(by: interest)
    let steered = unsafe control.bytes.bindMemory(to: wh_control.self).baseAddress!
    unsafe steered.pointee.resolves_paths = interest.resolvesPaths ? 1 : 0
    unsafe withUnsafeMutableBytes(of: &steered.pointee.wanted) { unsafe $0.copyBytes(from: wanted) }
    try privileged { () throws(BPFError) in try control.push() }
    try attachments.set(interest, wanted: wanted, of: programs)
    // Where the maps are not mapped (before 5.5), looking would take privileges that may be gone by then.
    guard canLook, control.isMapped, counters.isMapped else { return }
    attachments.remember()
    unsafe pulse = Pulse(
      interest, of: programs.loaded, control: UnsafeRawBufferPointer(control.bytes),
      counters: UnsafeRawBufferPointer(counters.bytes))
  }

  public mutating func checkPulse() throws(CaptureError) {
    unsafe try pulse.check(
      attachments, control: UnsafeRawBufferPointer(control.bytes), counters: UnsafeRawBufferPointer(counters.bytes))
  }

  /// Brings an array over, which is nothing to do where arrays are mapped.
  private borrowing func privileged(_ work: () throws(BPFError) -> Void) throws(CaptureError) {
    guard !control.isMapped else { return }
    var failure: BPFError?
    withPrivileges {
      do throws(BPFError) { try work() } catch { failure = error }
    }
    if let failure { throw .system(errno: failure.errno, during: failure.operation) }
  }

  // MARK: -

  private static func fill(_ control: UnsafeMutablePointer<wh_control>, toEpoch: UInt64, _ options: CaptureOptions) {
    unsafe control.pointee.boot_to_epoch_ns = toEpoch
    unsafe control.pointee.ignored_process = UInt32(bitPattern: options.ignoredProcess ?? 0)
    unsafe CallNumbers.fill(control)
  }

  /// The programs that go on with the further messages of sendmmsg and recvmmsg: drivers/bpf/messages.h.
  private static func fillContinuations(of programs: borrowing LoadedObject) throws(CaptureError) {
    let map = try programs.descriptor(map: "continuations")
    for (index, name) in ["c_sendmmsg", "c_recvmmsg"].enumerated() {
      guard let program = programs.object.descriptor(program: name) else { continue }
      try attempting { () throws(BPFError) in try store(descriptor: program, at: UInt32(index), ofMap: map) }
    }
  }
}
