import BPFDriver
import Capture
import Testing

@Suite struct AssessTests {
  /// A host on which nothing is in the way, as root.
  private var host: HostFacts {
    var host = HostFacts()
    host.kernelRelease = "5.4.0-generic"
    host.kernel = KernelVersion(5, 4)
    host.architecture = "x86_64"
    host.effectiveCapabilities = .max
    host.builtDrivers = [.ebpf]
    return host
  }

  private func obstacles(_ host: HostFacts) -> [Obstacle] {
    switch BPFDriver.assess(host) {
    case .supported, .inconclusive: []
    case .unsupported(let obstacles): obstacles
    }
  }

  @Test func aKernelWithoutBTFIsSupported() { #expect(BPFDriver.assess(host) == .supported) }

  @Test func everyObstacleIsNamedAtOnce() {
    var host = host
    host.kernelRelease = "4.14.0-x"
    host.kernel = KernelVersion(4, 14)
    host.builtDrivers = []
    host.lockdown = .confidentiality
    host.isInUserNamespace = true
    #expect(
      obstacles(host) == [
        .kernelTooOld(needs: KernelVersion(4, 17), has: KernelVersion(4, 14)),
        .noObject(.ebpf, release: "4.14.0-x", hasHeaders: false), .userNamespace, .lockdown(.confidentiality),
      ])
    #expect(obstacles(host)[1].sentence.contains("windhover driver build"))
  }

  /// CAP_PERFMON does not pass the levels above 2 that some distributions have. Only objects that write to perf buffers
  /// have to.
  @Test func perfBuffersDependOnTheParanoidLevel() {
    var host = host
    host.kernel = KernelVersion(6, 1)
    host.effectiveCapabilities = 1 << UInt64(Capability.bpf.rawValue) | 1 << UInt64(Capability.perfmon.rawValue)
    host.perfEventParanoid = 3
    #expect(obstacles(host).isEmpty)
    host.architecture = "aarch64"
    host.effectiveCapabilities = 1 << UInt64(Capability.bpf.rawValue) | 1 << UInt64(Capability.perfmon.rawValue)
    host.perfEventParanoid = 2
    #expect(obstacles(host).isEmpty)
    host.perfEventParanoid = 3
    #expect(obstacles(host) == [.perfEventParanoid(3)])
    host.effectiveCapabilities |= 1 << UInt64(Capability.sysAdmin.rawValue)
    #expect(obstacles(host).isEmpty)
  }

  @Test func capabilitiesDependOnTheKernel() {
    var host = host
    host.effectiveCapabilities = 0
    #expect(obstacles(host) == [.lacksCapability([.sysAdmin])])
    host.kernel = KernelVersion(5, 10)
    #expect(obstacles(host) == [.lacksCapability([.bpf, .perfmon, .sysResource])])
    host.kernel = KernelVersion(6, 1)
    #expect(obstacles(host) == [.lacksCapability([.bpf, .perfmon])])
  }

  @Test func integrityLockdownIsNoObstacle() {
    var host = host
    host.lockdown = .integrity
    #expect(obstacles(host).isEmpty)
  }
}
