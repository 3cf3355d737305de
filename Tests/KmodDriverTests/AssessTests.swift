import Capture
import Glibc
import Testing

@testable import KmodDriver

/// What the driver says of hosts, from the kernel's rules: init_module(2), kernel_lockdown(7), capabilities(7).
@Suite struct AssessTests {
  private func host(_ change: (inout HostFacts) -> Void = { _ in }) -> HostFacts {
    var host = HostFacts()
    host.kernelRelease = "6.1.0-56-cloud-amd64"
    host.kernel = KernelVersion(6, 1)
    host.architecture = "x86_64"
    host.effectiveCapabilities = .max
    host.hasModules = true
    host.builtDrivers = [.kmod]
    change(&host)
    return host
  }

  private func capabilities(_ names: [Capability]) -> UInt64 { names.reduce(0) { $0 | 1 << UInt64($1.rawValue) } }

  @Test func rootOfAPlainHostCanUseIt() {
    #expect(KmodDriver.assess(host()) == .supported)
  }

  @Test func aLoadedModuleNeedsNeitherAFileNorTheRightToLoad() {
    let support = KmodDriver.assess(
      host {
        $0.hasLoadedModule = true
        $0.builtDrivers = []
        $0.effectiveCapabilities = capabilities([.perfmon])
        $0.modulesDisabled = true
        $0.lockdown = .integrity
      })
    #expect(support == .supported)
  }

  @Test func aLoadedModuleStillAsksForTheRightToWatch() {
    let support = KmodDriver.assess(
      host {
        $0.hasLoadedModule = true
        $0.effectiveCapabilities = capabilities([.sysModule])
      })
    #expect(support == .unsupported([.lacksCapability([.perfmon])]))
  }

  @Test(arguments: [EACCES, ENOENT])
  func aLoadedModuleWhoseDeviceIsOutOfReachIsNoUse(error: Int32) {
    let support = KmodDriver.assess(
      host {
        $0.hasLoadedModule = true
        $0.moduleDeviceError = error
      })
    #expect(support == .unsupported([.moduleDevice(error)]))
  }

  @Test func everyObstacleOfLoadingIsTold() {
    let support = KmodDriver.assess(
      host {
        $0.effectiveCapabilities = capabilities([.sysAdmin])
        $0.builtDrivers = []
        $0.lockdown = .integrity
        $0.modulesDisabled = true
      })
    #expect(
      support
        == .unsupported([
          .lacksCapability([.sysModule]), .noObject(.kmod, release: "6.1.0-56-cloud-amd64", hasHeaders: false),
          .lockdown(.integrity), .modulesDisabled,
        ]))
  }

  @Test func aKernelWithoutModulesHasOneObstacleOnly() {
    let support = KmodDriver.assess(
      host {
        $0.hasModules = false
        $0.builtDrivers = []
      })
    #expect(support == .unsupported([.noModuleSupport]))
  }

  @Test func factsThatCannotBeReadLeaveItOpen() {
    let support = KmodDriver.assess(host { $0.unreadable[.lockdown] = EACCES })
    #expect(support == .inconclusive(.system(errno: EACCES, during: "cannot tell without /sys/kernel/security/lockdown")))
  }

  @Test func ringsShareTheSizeThatTheirCPUsWouldShare() {
    var options = CaptureOptions()
    options.bufferBytesPerLane = 8 << 20
    options.cpusPerLane = 1
    #expect(KmodDriver.ringBytes(options) == 8 << 20)
    let online = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    options.cpusPerLane = 2
    #expect(KmodDriver.ringBytes(options) == UInt32(online < 2 ? 8 << 20 : 4 << 20))
    // Never smaller than the module takes, and always a power of two.
    options.bufferBytesPerLane = 4096
    #expect(KmodDriver.ringBytes(options) == 256 << 10)
    options.cpusPerLane = 1
    options.bufferBytesPerLane = 3 << 20
    #expect(KmodDriver.ringBytes(options) == 2 << 20)
  }
}

@Suite struct KernelModuleTests {
  @Test func failuresNameTheNextStep() {
    func text(_ errno: Int32) -> String { "\(KernelModule.Failure.loading(path: "/x/windhover.ko", errno: errno))" }
    #expect(text(EPERM).contains("CAP_SYS_MODULE"))
    #expect(text(EKEYREJECTED).contains("sign"))
    #expect(text(ENOEXEC).contains("another kernel"))
    #expect("\(KernelModule.Failure.notBuilt(release: "6.1"))".contains("windhover driver build --kind kmod"))
    #expect("\(KernelModule.Failure.unloading(errno: EAGAIN))".contains("in use"))
    #expect(KernelModule.Failure.unloading(errno: EAGAIN).isBusy && !KernelModule.Failure.unloading(errno: EPERM).isBusy)
  }

  @Test func aSignatureIsSeenAtTheEndOfTheFile() throws {
    let path = "/tmp/windhover-signature-\(getpid()).ko"
    defer { unlink(path) }
    for (content, isSigned) in [
      ("ELF", false), ("", false), ("code and signature~Module signature appended~\n", true),
      ("~Module signature appended~\nmore", false),
    ] {
      let file = try #require(fopen(path, "w"))
      fputs(content, file)
      fclose(file)
      #expect(KernelModule.isSigned(path) == isSigned, "\(content)")
    }
  }

  @Test func loadingAFileThatIsNotThereSaysSo() {
    guard !KernelModule.isLoaded else { return }
    #expect(throws: KernelModule.Failure.loading(path: "/no/such/windhover.ko", errno: ENOENT)) {
      try KernelModule.load(from: "/no/such/windhover.ko")
    }
  }
}
