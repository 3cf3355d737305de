internal import CKmod
internal import CLinux
public import Capture
internal import EventSchema
internal import Glibc

/// Captures this host's system calls with Windhover's own kernel module, which needs neither BPF nor BTF.
///
/// The module's probes run only while some reader wants something. They stop when the value is destroyed or the process
/// ends, however it ends; the module itself stays in the kernel if the process dies, and costs only its memory there.
/// One thread at a time.
@safe public struct KmodDriver: CaptureDriver, ~Copyable {
  public static var kind: DriverKind { .kmod }

  /// Whether opening loaded the module: it is then unloaded at the end, if nobody else uses it and this process still
  /// may.
  public let hasLoadedModule: Bool
  // Destroyed in this order: mappings hold the device, and the device holds the module.
  private var rings: CPURings
  private let device: Device
  private let points: UInt32

  /// Opens the module's device, and loads the module before if it is not there.
  ///
  /// - Throws: ``CaptureError/notBuilt(_:)`` if there is no module for this kernel;
  ///   ``CaptureError/refused(program:errno:log:)`` if the kernel does not take it, with the remedy;
  ///   ``CaptureError/system(errno:during:)`` if the device cannot be opened (`EBUSY`: eight readers have it open) or
  ///   its rings cannot be had (`ENOMEM`).
  public init(opening options: CaptureOptions) throws(CaptureError) {
    var isOurs = false
    do throws(KernelModule.Failure) {
      isOurs = try KernelModule.load()
    } catch {
      throw error.captureError
    }
    let device = try Device(unloadsModule: isOurs)
    let info = try device.info()
    let bootToEpoch = wh_clock_realtime() &- wh_clock_boottime()
    let setup = wh_kmod_setup(
      version: UInt32(WH_KMOD_VERSION), ring_bytes: Self.ringBytes(options),
      snaplen: UInt32(min(max(options.snaplen, 0), Int(WH_MAX_SNAPLEN))),
      ignored_process: UInt32(bitPattern: options.ignoredProcess ?? 0), boot_to_epoch_ns: bootToEpoch)
    try device.setUp(setup)
    var rings = try CPURings(
      device: device.descriptor, info: info, ringBytes: Int(setup.ring_bytes), bootToEpoch: bootToEpoch)
    try rings.mapNew()
    self.rings = rings
    points = info.points
    hasLoadedModule = isOurs
    self.device = device
    let missing = Self.points(for: options.loadable) & ~info.points
    for point in Self.tracepoints where missing & point.bit != 0 {
      options.onDegraded?(point.name, "this kernel has no such tracepoint")
    }
  }

  /// Each CPU has a ring of its own, so CPUs that the options let share a ring share its size.
  static func ringBytes(_ options: CaptureOptions) -> UInt32 {
    let online = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    return UInt32(min(options.ringBytesPerCPU(online: online, atLeast: Int(WH_KMOD_RING_MIN)), Int(WH_KMOD_RING_MAX)))
  }

  @_lifetime(&self)
  public mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    rings.lanes.release()
    try rings.mapNew()
    let horizon = rings.lanes.wait(upTo: limit)
    return EventBatch(rings.lanes.windows.mutableSpan, horizon: horizon)
  }

  public borrowing func statistics() throws(CaptureError) -> CaptureStatistics { rings.statistics }

  /// Tells the module what is wanted; with an empty interest none of its probes runs any more, unless another reader
  /// wants something.
  ///
  /// When it returns, no probe works with the old interest. Events that are already in the rings still come out.
  public mutating func capture(_ interest: Interest) throws(CaptureError) {
    var wish = wh_kmod_interest()
    wish.points = Self.points(for: interest) & points
    if interest.resolvesPaths { wish.options = UInt32(WH_KMOD_OPTION_PATHS) }
    unsafe withUnsafeMutableBytes(of: &wish.wanted) { wanted in
      for call in Schema.callSlots { unsafe wanted[call.slot] = Self.bits(for: call.syscall, interest) }
    }
    try device.capture(wish)
  }

  // MARK: -

  private static func bits(for call: SyscallInfo, _ interest: Interest) -> UInt8 {
    var bits: UInt8 = 0
    if interest.wants(call) { bits |= UInt8(WH_KMOD_WANTED_EXIT) }
    if interest.entry(of: call) != nil { bits |= UInt8(WH_KMOD_WANTED_ENTRY) }
    return bits
  }

  /// Events that tracepoints of their own make. The successful exec of either call is reported as `execve`.
  private static let tracepoints: [(name: String, bit: UInt32, events: [EventType])] = [
    ("sched_process_exec", UInt32(WH_KMOD_POINT_EXEC), [.execve, .execveat]),
    ("sched_process_exit", UInt32(WH_KMOD_POINT_EXIT), [.procexit]),
    ("signal_deliver", UInt32(WH_KMOD_POINT_SIGNAL), [.signaldeliver]),
    ("sched_switch", UInt32(WH_KMOD_POINT_SWITCH), [.sched_switch]),
    ("page_fault_user, page_fault_kernel", UInt32(WH_KMOD_POINT_FAULT), [.page_fault]),
  ]

  private static func points(for interest: Interest) -> UInt32 {
    var bits: UInt32 = 0
    for point in tracepoints where point.events.contains(where: { interest.events.contains($0) }) { bits |= point.bit }
    return bits
  }
}
