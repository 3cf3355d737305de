import Capture
import EventSchema
import ModernBPFDriver
import Testing

@Suite struct AssessTests {
  /// A host on which nothing is in the way, as root.
  private var host: HostFacts {
    var host = HostFacts()
    host.kernel = KernelVersion(6, 1)
    host.architecture = "x86_64"
    host.hasBTF = true
    host.effectiveCapabilities = .max
    return host
  }

  private func obstacles(_ host: HostFacts) -> [Obstacle] {
    switch ModernBPFDriver.assess(host) {
    case .supported, .inconclusive: []
    case .unsupported(let obstacles): obstacles.filter { $0 != .notBuilt(.modernEBPF) }
    }
  }

  @Test func aCurrentHostIsSupported() {
    #expect(obstacles(host).isEmpty)
  }

  @Test func everyObstacleIsNamedAtOnce() {
    var host = host
    host.kernel = KernelVersion(4, 19)
    host.hasBTF = false
    host.lockdown = .confidentiality
    #expect(
      obstacles(host) == [
        .kernelTooOld(needs: KernelVersion(5, 10), has: KernelVersion(4, 19)), .missingBTF, .lockdown(.confidentiality),
      ])
  }

  @Test func integrityLockdownIsNoObstacle() {
    var host = host
    host.lockdown = .integrity
    #expect(obstacles(host).isEmpty)
  }

  /// Before 5.11 BPF memory counted against a limit that takes one capability more to raise.
  @Test func capabilitiesDependOnTheKernel() {
    var host = host
    host.effectiveCapabilities = 1 << UInt64(Capability.bpf.rawValue)
    #expect(obstacles(host) == [.lacksCapability([.perfmon])])
    host.kernel = KernelVersion(5, 10)
    #expect(obstacles(host) == [.lacksCapability([.perfmon, .sysResource])])
    host.effectiveCapabilities |= 1 << UInt64(Capability.sysAdmin.rawValue)
    #expect(obstacles(host).isEmpty)
  }

  @Test func askingForWhatWasNotLoadedFails() throws {
    var options = CaptureOptions()
    options.loadable = Interest(events: EventTypeSet([.setsid]))
    var driver = try ModernBPFDriver(opening: options)
    #expect(throws: CaptureError.notLoaded([.openat])) {
      try driver.capture(Interest(events: EventTypeSet([.setsid, .openat])))
    }
    #expect(driver.loaded.types == [.setsid])
    #expect(driver.available.contains(.openat))
    #expect(!driver.available.contains(.pluginevent))
    // Events that other parts of the program make are not this driver's business.
    try driver.capture(Interest(events: EventTypeSet([.setsid, .pluginevent])))
  }
}
