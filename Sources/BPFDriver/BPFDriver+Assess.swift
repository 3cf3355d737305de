public import Capture
internal import DriverBuild

extension BPFDriver {
  /// Raw tracepoints came with 4.17. Between it and 5.10 nothing was tried.
  static let oldestKernel = KernelVersion(4, 17)

  public static func assess(_ host: borrowing HostFacts) -> DriverSupport {
    var obstacles: [Obstacle] = []
    if !["x86_64", "aarch64", ""].contains(host.architecture) {
      obstacles.append(.unsupportedArchitecture(host.architecture))
    }
    if host.kernel < oldestKernel { obstacles.append(.kernelTooOld(needs: oldestKernel, has: host.kernel)) }
    if !host.builtDrivers.contains(kind) {
      obstacles.append(.noObject(kind, release: host.kernelRelease, hasHeaders: host.hasKernelHeaders || host.hasBTF))
    }
    // The two came with 5.8. Before 5.11 BPF memory counted against RLIMIT_MEMLOCK.
    let needed: [Capability] =
      host.kernel < KernelVersion(5, 8)
      ? [.sysAdmin]
      : host.kernel < KernelVersion(5, 11) && !host.has(.sysAdmin) ? [.bpf, .perfmon, .sysResource] : [.bpf, .perfmon]
    obstacles += host.obstacles(lacking: needed)
    // Perf buffers: some distributions know levels above 2, which CAP_PERFMON does not pass.
    if usesPerfBuffers(host), !host.has(.sysAdmin), let level = host.perfEventParanoid, level > 2 {
      obstacles.append(.perfEventParanoid(level))
    }
    if host.isInUserNamespace { obstacles.append(.userNamespace) }
    if host.lockdown == .confidentiality { obstacles.append(.lockdown(host.lockdown)) }
    // Without the capabilities the call fails for everyone, whatever filter is there.
    if host.blockedCalls.contains("bpf") && host.obstacles(lacking: [.bpf]).isEmpty {
      obstacles.append(.callForbidden("bpf"))
    }
    var facts: [HostFacts.Fact] = [.lockdown, .userNamespace]
    if usesPerfBuffers(host) { facts.append(.perfEventParanoid) }
    return DriverSupport(obstacles, dependingOn: facts, of: host)
  }

  /// Whether the records of an object for this host go through perf buffers: drivers/bpf/platform.h, WH_LANES.
  private static func usesPerfBuffers(_ host: borrowing HostFacts) -> Bool {
    host.kernel < KernelVersion(5, 5) || host.architecture == "aarch64"
  }

  /// Whether an object for the running kernel is at hand.
  public static var isBuilt: Bool { DriverCache.find(.ebpf, kernel: KernelRelease.running) != nil }
}
