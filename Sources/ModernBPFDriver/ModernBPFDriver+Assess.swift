internal import CBPFObjects
public import Capture

extension ModernBPFDriver {
  /// The oldest kernel whose verifier and helpers the programs are written for: ring buffer and `tp_btf` came with
  /// 5.8 and 5.5, and 5.10 is the oldest release that the programs are tried on.
  static let oldestKernel = KernelVersion(5, 10)

  public static func assess(_ host: borrowing HostFacts) -> DriverSupport {
    var obstacles: [Obstacle] = []
    if !isBuilt { obstacles.append(.notBuilt(kind)) }
    if !["x86_64", "aarch64", ""].contains(host.architecture) {
      obstacles.append(.unsupportedArchitecture(host.architecture))
    }
    if host.kernel < oldestKernel { obstacles.append(.kernelTooOld(needs: oldestKernel, has: host.kernel)) }
    if !host.hasBTF { obstacles.append(.missingBTF) }
    if !host.has(.sysAdmin) {
      // Before 5.11 BPF memory counted against RLIMIT_MEMLOCK, which only CAP_SYS_RESOURCE may raise.
      let needed: [Capability] =
        host.kernel < KernelVersion(5, 11) ? [.bpf, .perfmon, .sysResource] : [.bpf, .perfmon]
      let missing = needed.filter { !host.has($0) }
      if !missing.isEmpty { obstacles.append(.lacksCapability(missing)) }
    }
    if host.isInUserNamespace { obstacles.append(.userNamespace) }
    if host.lockdown == .confidentiality { obstacles.append(.lockdown(host.lockdown)) }
    return obstacles.isEmpty ? .supported : .unsupported(obstacles)
  }

  /// Whether this executable contains the driver's object.
  public static var isBuilt: Bool { wh_modern_bpf_object_size > 0 }
}
