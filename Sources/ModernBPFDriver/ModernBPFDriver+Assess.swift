internal import CBPFObjects
public import Capture

extension ModernBPFDriver {
  /// The oldest kernel whose verifier and helpers the programs are written for: `tp_btf` and mapped arrays came
  /// with 5.5, and 5.10 is the oldest release that the programs are tried on. What orders memory on aarch64 (fetching
  /// atomics) came there with 5.18.
  static func oldestKernel(_ architecture: String) -> KernelVersion {
    architecture == "aarch64" ? KernelVersion(5, 18) : KernelVersion(5, 10)
  }

  public static func assess(_ host: borrowing HostFacts) -> DriverSupport {
    var obstacles: [Obstacle] = []
    if !isBuilt { obstacles.append(.notBuilt(kind)) }
    if !["x86_64", "aarch64", ""].contains(host.architecture) {
      obstacles.append(.unsupportedArchitecture(host.architecture))
    }
    let oldest = oldestKernel(host.architecture)
    if host.kernel < oldest { obstacles.append(.kernelTooOld(needs: oldest, has: host.kernel)) }
    if !host.hasBTF && host.isKnown(.btf) { obstacles.append(.missingBTF) }
    // Before 5.11 BPF memory counted against RLIMIT_MEMLOCK, which only CAP_SYS_RESOURCE may raise.
    let isCounted = host.kernel < KernelVersion(5, 11) && !host.has(.sysAdmin)
    obstacles += host.obstacles(lacking: isCounted ? [.bpf, .perfmon, .sysResource] : [.bpf, .perfmon])
    if host.isInUserNamespace { obstacles.append(.userNamespace) }
    if host.lockdown == .confidentiality { obstacles.append(.lockdown(host.lockdown)) }
    // Without the capabilities the call fails for everyone, whatever filter is there.
    if host.blockedCalls.contains("bpf") && host.obstacles(lacking: [.bpf]).isEmpty {
      obstacles.append(.callForbidden("bpf"))
    }
    return DriverSupport(obstacles, dependingOn: [.btf, .lockdown, .userNamespace], of: host)
  }

  /// Whether this executable contains the driver's object.
  public static var isBuilt: Bool { wh_modern_bpf_object_size > 0 }
}
