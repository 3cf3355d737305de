internal import BPFLoader
internal import CBPFObjects
internal import CLinux
public import Capture
public import EventSchema
internal import Glibc

/// Captures this host's system calls with CO-RE programs, each CPU's records in a ring of its own: Linux 5.10 and
/// later, with BTF.
///
/// Everything it put into the kernel goes away with the value, or with the process: links and maps are descriptors, and
/// nothing is pinned. One thread at a time.
@safe public struct ModernBPFDriver: CaptureDriver, ~Copyable {
  public static var kind: DriverKind { .modernEBPF }

  private let programs: LoadedPrograms
  private var lanes: Lanes<MappedRing>
  /// The programs' global variable, in memory that this process and the kernel share.
  private let control: UnsafeMutablePointer<wh_control>
  private let controlMapping: MappedArray
  private let counters: MappedArray
  private var attachments = Attachments()
  private var pulse = Pulse()
  /// Only a process whose own calls make no events can look after its programs: each look makes calls.
  private let canLook: Bool

  /// Loads the programs that `options.loadable` can need.
  ///
  /// A program that the verifier refuses is left out and the rest is loaded without it: its events are missing then,
  /// and `options.onDegraded` is told. Only a refused dispatcher makes opening fail.
  ///
  /// - Throws: ``CaptureError/notBuilt(_:)``; ``CaptureError/refused(program:errno:log:)``, where errno `EPERM` asks
  ///   for privileges and `ESRCH` for BTF; ``CaptureError/system(errno:during:)`` if memory cannot be mapped.
  public init(opening options: CaptureOptions) throws(CaptureError) {
    guard Self.isBuilt else { throw .notBuilt(Self.kind) }
    let object = unsafe UnsafeRawBufferPointer(start: wh_modern_bpf_object_start(), count: wh_modern_bpf_object_size)
    try unsafe self.init(opening: options, object: object)
    unsafe wh_forget_constants(object.baseAddress, object.count)
  }

  /// The same with another object file: tests break one of its programs.
  @unsafe init(opening options: CaptureOptions, object: UnsafeRawBufferPointer) throws(CaptureError) {
    let programs = try unsafe LoadedPrograms(options, object: object)
    let bootToEpoch = wh_clock_realtime() &- wh_clock_boottime()
    let controlMapping = try programs.mapControl()
    let control = unsafe controlMapping.bytes.bindMemory(to: wh_control.self).baseAddress!
    let counters = try programs.mapCounters()
    unsafe control.pointee.boot_to_epoch_ns = bootToEpoch
    unsafe control.pointee.ignored_process = UInt32(bitPattern: options.ignoredProcess ?? 0)
    try programs.loaded.fillProgramArrays()
    unsafe CallNumbers.fill(control)
    canLook = options.ignoredProcess == getpid()
    lanes = Lanes(programs.rings, bootToEpoch: bootToEpoch, canGrow: possibleCPUCount() > 1)
    unsafe self.control = unsafe control
    self.controlMapping = controlMapping
    self.counters = counters
    self.programs = programs
  }

  /// Events that this build of the driver can make. Others in an interest come from elsewhere and are passed over.
  public var available: EventTypeSet { programs.loaded.available }

  /// Events whose programs are loaded: asked for at opening, and not refused.
  public var loaded: EventTypeSet { programs.loaded.loaded }

  @_lifetime(&self)
  public mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    lanes.release()
    for ring in unsafe programs.lanes.lateRings(UnsafeRawBufferPointer(counters.bytes), map: programs.laneMap) {
      lanes.add(ring)
    }
    let horizon = lanes.wait(upTo: limit)
    return EventBatch(lanes.windows.mutableSpan, horizon: horizon)
  }

  public borrowing func statistics() throws(CaptureError) -> CaptureStatistics {
    var statistics = CaptureStatistics()
    let read = lanes.counts
    statistics.seen = read.taken - read.malformed
    statistics.lost.malformed = read.malformed
    unsafe statistics.add(counters.bytes.bindMemory(to: wh_counters.self))
    statistics.addSkippedRuns(of: programs.loaded)
    return statistics
  }

  /// Writes what is wanted into the programs' table and attaches the tracepoints that it takes; with an empty interest
  /// nothing of the driver runs in the kernel any more.
  ///
  /// Events that are already in the rings still come out. The switch is not atomic over several calls.
  public mutating func capture(_ interest: Interest) throws(CaptureError) {
    try programs.loaded.require(interest)
    unsafe control.pointee.resolves_paths = interest.resolvesPaths ? 1 : 0
    let wanted = programs.loaded.wanted(by: interest)
    unsafe withUnsafeMutableBytes(of: &control.pointee.wanted) { unsafe $0.copyBytes(from: wanted) }
    try attachments.set(interest, wanted: wanted, of: programs.loaded)
    guard canLook else { return }
    attachments.remember()
    unsafe pulse = Pulse(
      interest, of: loaded, control: UnsafeRawBufferPointer(controlMapping.bytes),
      counters: UnsafeRawBufferPointer(counters.bytes))
  }

  public mutating func checkPulse() throws(CaptureError) {
    unsafe try pulse.check(
      attachments, control: UnsafeRawBufferPointer(controlMapping.bytes),
      counters: UnsafeRawBufferPointer(counters.bytes))
  }
}
