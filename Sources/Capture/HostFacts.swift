/// What decides which drivers a host can run; read once, so that a verdict can be explained and tested.
public struct HostFacts: Sendable, Equatable {
  /// `uname -r`, such as `6.1.0-18-cloud-amd64`.
  public var kernelRelease = ""
  public var kernel = KernelVersion(0, 0)
  public var architecture = ""
  /// `/sys/kernel/btf/vmlinux` is there and readable.
  public var hasBTF = false
  /// Capabilities in force for this process, and those it could still gain, as bit masks.
  public var effectiveCapabilities: UInt64 = 0
  public var boundingCapabilities: UInt64 = 0
  public var effectiveUser: UInt32 = 0
  public var lockdown = Lockdown.none
  public var modulesDisabled = false
  /// The kernel was built with loadable modules (`/proc/modules` exists).
  public var hasModules = false
  public var enforcesModuleSignatures = false
  /// `kernel.unprivileged_bpf_disabled`, `nil` where the file is missing.
  public var unprivilegedBPFDisabled: Int?
  public var perfEventParanoid: Int?
  public var yamaPtraceScope: Int?
  /// Mode of this process: 0 none, 1 strict, 2 filter.
  public var seccompMode = 0
  public var noNewPrivileges = false
  public var isInContainer = false
  /// Not in the initial user namespace: capabilities count for what belongs to this namespace only.
  public var isInUserNamespace = false
  public var hasTracefs = false
  public var hasKernelHeaders = false
  /// Drivers whose built object is at hand: embedded or on disk.
  public var builtDrivers: Set<DriverKind> = []

  public init() {}

  public enum Lockdown: String, Sendable { case none, integrity, confidentiality }

  public func has(_ capability: Capability) -> Bool { effectiveCapabilities & (1 << UInt64(capability.rawValue)) != 0 }
}

public struct KernelVersion: Sendable, Equatable, Comparable, CustomStringConvertible {
  public var major: Int
  public var minor: Int
  public init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }
  public static func < (a: KernelVersion, b: KernelVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
  public var description: String { "\(major).\(minor)" }
}

/// Capabilities that drivers ask about. Raw value: the bit. Source: include/uapi/linux/capability.h.
public enum Capability: Int, Sendable, CaseIterable {
  case dacReadSearch = 2
  case sysModule = 16
  case sysPtrace = 19
  case sysAdmin = 21
  case sysResource = 24
  case perfmon = 38
  case bpf = 39

  public var name: String {
    switch self {
    case .dacReadSearch: "CAP_DAC_READ_SEARCH"
    case .sysModule: "CAP_SYS_MODULE"
    case .sysPtrace: "CAP_SYS_PTRACE"
    case .sysAdmin: "CAP_SYS_ADMIN"
    case .sysResource: "CAP_SYS_RESOURCE"
    case .perfmon: "CAP_PERFMON"
    case .bpf: "CAP_BPF"
    }
  }
}

/// The three answers that an assessment can give; only the first two are conclusive.
public enum DriverSupport: Sendable, Equatable {
  case supported
  /// Every obstacle, so that a user can remove all of them at once.
  case unsupported([Obstacle])
  case inconclusive(CaptureError)
}

/// Why a driver cannot run here, with what to do about it.
public enum Obstacle: Sendable, Equatable {
  case kernelTooOld(needs: KernelVersion, has: KernelVersion)
  case missingBTF
  case lacksCapability([Capability])
  /// Has capabilities, but only over a user namespace of its own.
  case userNamespace
  case lockdown(HostFacts.Lockdown)
  case modulesDisabled
  case noModuleSupport
  case notBuilt(DriverKind)
  /// The driver is built for each kernel, and was not for this one.
  case noObject(DriverKind, release: String, hasHeaders: Bool)
  case perfEventParanoid(Int)
  case needsCommand
  case unsupportedArchitecture(String)
  case ptraceScope(Int)

  /// One sentence: what is missing, and the remedy.
  public var sentence: String {
    switch self {
    case .kernelTooOld(let needs, let has): "needs Linux \(needs) or later, this is \(has); use the ebpf, kmod or ptrace driver"
    case .missingBTF:
      "this kernel has no BTF (/sys/kernel/btf/vmlinux cannot be read); use a kernel built with CONFIG_DEBUG_INFO_BTF, or the ebpf driver"
    case .lacksCapability(let capabilities):
      "this process lacks \(capabilities.map(\.name).joined(separator: " and ")); run as root, or grant them to the program or container"
    case .userNamespace:
      "the capabilities of this process hold in its own user namespace only; run it as root of the host, outside of it"
    case .lockdown(let mode): "the kernel is locked down (\(mode.rawValue)); boot without lockdown, or use another driver"
    case .modulesDisabled: "loading modules is switched off until reboot (kernel.modules_disabled=1); use an eBPF driver"
    case .noModuleSupport: "this kernel cannot load modules (CONFIG_MODULES is off); use an eBPF driver"
    case .notBuilt(let kind): "this build of windhover does not contain the \(kind.rawValue) driver"
    case .noObject(let kind, let release, let hasHeaders):
      "the \(kind.rawValue) driver has not been built for kernel \(release); "
        + (hasHeaders ? "" : "install the headers of that kernel, then ") + "run windhover driver build --kind \(kind.rawValue)"
    case .perfEventParanoid(let level):
      "perf buffers are kept from this process (kernel.perf_event_paranoid=\(level)); set it to 2 or lower, or grant CAP_SYS_ADMIN"
    case .needsCommand: "needs a command or process ids to trace"
    case .unsupportedArchitecture(let name): "is not available on \(name)"
    case .ptraceScope(let scope): "tracing is forbidden here (kernel.yama.ptrace_scope=\(scope)); set it to 1 or lower"
    }
  }
}
