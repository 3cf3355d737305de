/// Why a driver cannot run here, with what to do about it.
public enum Obstacle: Sendable, Equatable {
  case kernelTooOld(needs: KernelVersion, has: KernelVersion)
  case missingBTF
  case lacksCapability([Capability])
  /// Not even root could have them here: they are not in the bounding set.
  case boundCapability([Capability])
  /// Has capabilities, but only over a user namespace of its own.
  case userNamespace
  case lockdown(HostFacts.Lockdown)
  case modulesDisabled
  case noModuleSupport
  /// The kernel takes only modules that are signed with a key it knows.
  case unsignedModule
  /// The module is in the kernel, and its device is out of reach: the errno of opening it.
  case moduleDevice(Int32)
  case notBuilt(DriverKind)
  /// The driver is built for each kernel, and was not for this one.
  case noObject(DriverKind, release: String, hasHeaders: Bool)
  case needsCommand
  case unsupportedArchitecture(String)
  case ptraceScope(Int)
  /// The system call fails before the kernel looks at it: a seccomp filter, or a kernel built without it.
  case callForbidden(String)
  case perfEventParanoid(Int)

  /// Stable, for machines: lower-case words with underscores.
  public var code: String {
    switch self {
    case .kernelTooOld: "kernel_too_old"
    case .missingBTF: "no_btf"
    case .lacksCapability: "lacks_capability"
    case .boundCapability: "capability_out_of_reach"
    case .userNamespace: "user_namespace"
    case .lockdown: "lockdown"
    case .modulesDisabled: "modules_disabled"
    case .noModuleSupport: "no_module_support"
    case .unsignedModule: "unsigned_module"
    case .moduleDevice: "module_device"
    case .notBuilt: "not_built"
    case .noObject: "no_object"
    case .needsCommand: "needs_target"
    case .unsupportedArchitecture: "unsupported_architecture"
    case .ptraceScope: "ptrace_scope"
    case .callForbidden: "call_forbidden"
    case .perfEventParanoid: "perf_event_paranoid"
    }
  }

  /// What is in the way. Continues "DRIVER: ".
  public var problem: String {
    switch self {
    case .kernelTooOld(let needs, let has): "needs Linux \(needs) or later, this is \(has)"
    case .missingBTF: "this kernel has no BTF (/sys/kernel/btf/vmlinux is missing)"
    case .lacksCapability(let capabilities): "this process lacks \(names(capabilities))"
    case .boundCapability(let capabilities): "this process lacks \(names(capabilities)), and not even root can have them here"
    case .userNamespace: "the capabilities of this process hold in its own user namespace only"
    case .lockdown(let mode): "the kernel is locked down (\(mode.rawValue))"
    case .modulesDisabled: "loading modules is switched off until reboot (kernel.modules_disabled=1)"
    case .noModuleSupport: "this kernel cannot load modules"
    case .unsignedModule: "this kernel loads signed modules only"
    case .moduleDevice(let error): "the module is loaded, but its device /dev/windhover cannot be opened (\(errorText(error)))"
    case .notBuilt(let kind): "this build of windhover does not contain the \(kind.rawValue) driver"
    case .noObject(let kind, let release, _): "the \(kind.rawValue) driver has not been built for kernel \(release)"
    case .needsCommand: "watches a command or processes of your choice, not the whole host"
    case .unsupportedArchitecture(let name): "is not available on \(name)"
    case .ptraceScope(let scope): "tracing is forbidden here (kernel.yama.ptrace_scope=\(scope))"
    case .callForbidden(let call): "the system call \(call) is blocked here, or this kernel was built without it"
    case .perfEventParanoid(let level): "perf buffers are kept from this process (kernel.perf_event_paranoid=\(level))"
    }
  }

  /// What to do about it.
  public var remedy: String {
    switch self {
    case .kernelTooOld: "boot a newer kernel, or use another driver"
    case .missingBTF: "use a kernel built with CONFIG_DEBUG_INFO_BTF, or the ebpf driver"
    case .lacksCapability: "run as root, or grant them to the program or container"
    case .boundCapability(let capabilities):
      "add them to the container or service (\(capabilities.map { "--cap-add \($0.name.dropFirst(4))" }.joined(separator: " ")))"
    case .userNamespace: "run it as root of the host, outside of that namespace"
    case .lockdown: "boot without lockdown, or use another driver"
    case .modulesDisabled: "use an eBPF driver, or reboot without that setting"
    case .noModuleSupport: "use an eBPF driver, or a kernel with CONFIG_MODULES"
    case .unsignedModule: "sign the module with a key that this kernel trusts, or use an eBPF driver"
    case .moduleDevice: "run as root, or give the container or service the device"
    case .notBuilt: "use another driver, or a build that contains it"
    case .noObject(let kind, let release, let hasHeaders):
      (hasHeaders ? "" : "install the headers of kernel \(release), then ") + "run windhover driver build --kind \(kind.rawValue)"
    case .needsCommand: "name what to watch: windhover run --engine ptrace -- COMMAND"
    case .unsupportedArchitecture: "use another driver"
    case .ptraceScope: "set it to 1 or lower"
    case .callForbidden(let call): "allow \(call) in the seccomp profile of the container or service"
    case .perfEventParanoid: "set it to 2 or lower, or grant CAP_SYS_ADMIN"
    }
  }

  /// One sentence: what is in the way; the remedy.
  public var sentence: String { "\(problem); \(remedy)" }

  private func names(_ capabilities: [Capability]) -> String { capabilities.map(\.name).joined(separator: " and ") }
}

extension HostFacts {
  /// The obstacles for a driver that needs all of `needed`: those that root would have here, and those that nobody has.
  /// CAP_SYS_ADMIN stands for both BPF capabilities, which were split off it (Linux 5.8).
  public func obstacles(lacking needed: [Capability]) -> [Obstacle] {
    let missing = needed.filter { !has($0) && !([.bpf, .perfmon].contains($0) && has(.sysAdmin)) }
    let bound = missing.filter { boundingCapabilities & (1 << UInt64($0.rawValue)) == 0 }
    let lacking = missing.filter { !bound.contains($0) }
    return (lacking.isEmpty ? [] : [.lacksCapability(lacking)]) + (bound.isEmpty ? [] : [.boundCapability(bound)])
  }
}
