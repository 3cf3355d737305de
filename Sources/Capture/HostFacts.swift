/// What decides which drivers a host can run; read once, so that a verdict can be explained and tested.
public struct HostFacts: Sendable, Equatable {
  /// `uname -r`, such as `6.1.0-18-cloud-amd64`.
  public var kernelRelease = ""
  public var kernel = KernelVersion(0, 0)
  public var architecture = ""
  /// `/sys/kernel/btf/vmlinux` is there and readable.
  public var hasBTF = false
  /// Capabilities in force for this process, those it may put in force, and those that anything it starts can gain,
  /// as bit masks.
  public var effectiveCapabilities: UInt64 = 0
  public var permittedCapabilities: UInt64 = 0
  public var boundingCapabilities: UInt64 = .max
  public var effectiveUser: UInt32 = 0
  public var lockdown = Lockdown.none
  public var modulesDisabled = false
  /// The kernel was built with loadable modules (`/proc/modules` exists).
  public var hasModules = false
  /// Only signed modules are loaded: a parameter of the kernel, its command line or its configuration says so.
  public var enforcesModuleSignatures = false
  /// Our module is loaded already: `/proc/modules` names it, or its device is there.
  public var hasLoadedModule = false
  /// Why this process cannot open the loaded module's device: `EACCES`, `ENOENT` in a container that was not given it;
  /// 0 if it can, or if there is no module.
  public var moduleDeviceError: Int32 = 0
  /// `kernel.unprivileged_bpf_disabled`, `nil` where the file is missing.
  public var unprivilegedBPFDisabled: Int?
  public var perfEventParanoid: Int?
  public var yamaPtraceScope: Int?
  /// Mode of this process: 0 none, 1 strict, 2 filter.
  public var seccompMode = 0
  /// How many filters are stacked up; 0 before Linux 5.9, which does not tell.
  public var seccompFilters = 0
  /// `bpf` and `ptrace`, where a call that must fail for its arguments fails for another reason or kills.
  public var blockedCalls: Set<String> = []
  public var noNewPrivileges = false
  public var isInContainer = false
  /// What speaks for a container, in words: marker files, control group, namespaces, the root file system.
  public var containerSigns: [String] = []
  /// Not in the initial pid namespace.
  public var isInPidNamespace = false
  /// Not in the initial user namespace: capabilities count for what belongs to this namespace only.
  public var isInUserNamespace = false
  public var hasTracefs = false
  public var hasKernelHeaders = false
  /// Drivers whose built object is at hand: embedded, or on disk for this kernel.
  public var builtDrivers: Set<DriverKind> = []
  /// Facts that could not be read, and the errno: their values above are the defaults and mean nothing. A fact that
  /// this kernel does not have is known: it is absent.
  public var unreadable: [Fact: Int32] = [:]

  public init() {}

  public enum Lockdown: String, Sendable { case none, integrity, confidentiality }

  /// Facts that come from a file which may be hidden.
  public enum Fact: String, Sendable, CaseIterable {
    case btf, lockdown, modules, modulesDisabled, moduleSignatures, unprivilegedBPF, perfEventParanoid, yama, process
    case pidNamespace, userNamespace, tracefs

    /// The file or folder that tells it.
    public var source: String {
      switch self {
      case .btf: "/sys/kernel/btf/vmlinux"
      case .lockdown: "/sys/kernel/security/lockdown"
      case .modules: "/proc/modules"
      case .modulesDisabled: "/proc/sys/kernel/modules_disabled"
      case .moduleSignatures: "/sys/module/module/parameters/sig_enforce"
      case .unprivilegedBPF: "/proc/sys/kernel/unprivileged_bpf_disabled"
      case .perfEventParanoid: "/proc/sys/kernel/perf_event_paranoid"
      case .yama: "/proc/sys/kernel/yama/ptrace_scope"
      case .process: "/proc/self/status"
      case .pidNamespace: "/proc/self/ns/pid"
      case .userNamespace: "/proc/self/ns/user"
      case .tracefs: "/sys/kernel/tracing"
      }
    }
  }

  public func isKnown(_ fact: Fact) -> Bool { unreadable[fact] == nil }

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
  case dacOverride = 1
  case dacReadSearch = 2
  case sysModule = 16
  case sysPtrace = 19
  case sysAdmin = 21
  case sysNice = 23
  case sysResource = 24
  case perfmon = 38
  case bpf = 39

  public var name: String {
    switch self {
    case .dacOverride: "CAP_DAC_OVERRIDE"
    case .dacReadSearch: "CAP_DAC_READ_SEARCH"
    case .sysModule: "CAP_SYS_MODULE"
    case .sysPtrace: "CAP_SYS_PTRACE"
    case .sysAdmin: "CAP_SYS_ADMIN"
    case .sysNice: "CAP_SYS_NICE"
    case .sysResource: "CAP_SYS_RESOURCE"
    case .perfmon: "CAP_PERFMON"
    case .bpf: "CAP_BPF"
    }
  }
}
