import Capture
import DriverSelection
import Testing

/// A host on which the modern driver runs.
private func goodHost() -> HostFacts {
  var facts = HostFacts()
  facts.kernelRelease = "6.1.0"
  facts.kernel = KernelVersion(6, 1)
  facts.architecture = "x86_64"
  facts.hasBTF = true
  facts.effectiveCapabilities = .max
  facts.builtDrivers = [.modernEBPF]
  return facts
}

/// The obstacles of the modern driver, but for a build that does not contain it.
private func obstacles(_ change: (inout HostFacts) -> Void) -> [Obstacle] {
  var host = goodHost()
  change(&host)
  let verdict = DriverSelector(order: [.modernEBPF]).assess(host)[0]
  guard case .unsupported(let obstacles) = verdict.support else { return [] }
  return obstacles.filter { $0 != .notBuilt(.modernEBPF) }
}

private func failure(_ choice: DriverSelector.Choice, on host: HostFacts) -> String? {
  do throws(SelectionError) {
    _ = try DriverSelector().open(choice, CaptureOptions(), on: host)
    return nil
  } catch {
    return error.description
  }
}

@Suite struct SelectorTests {
  @Test func nothingSpeaksAgainstTheModernDriverOnAGoodHost() {
    #expect(obstacles { _ in }.isEmpty)
  }

  @Test func withoutBTFTheModernDriverCannotRun() {
    #expect(obstacles { $0.hasBTF = false } == [.missingBTF])
  }

  @Test func anOldKernelIsNamedWithWhatIsNeeded() {
    let old = KernelVersion(4, 18)
    #expect(obstacles { $0.kernel = old } == [.kernelTooOld(needs: KernelVersion(5, 10), has: old)])
  }

  @Test func missingCapabilitiesAreNamed() {
    #expect(obstacles { $0.effectiveCapabilities = 0 } == [.lacksCapability([.bpf, .perfmon])])
    #expect(obstacles { $0.effectiveCapabilities = 1 << 39 } == [.lacksCapability([.perfmon])])
    #expect(obstacles { $0.effectiveCapabilities = 1 << 39 | 1 << 38 }.isEmpty)
    #expect(obstacles { $0.effectiveCapabilities = 1 << 21 }.isEmpty, "CAP_SYS_ADMIN includes them")
  }

  /// Before 5.11 maps counted against RLIMIT_MEMLOCK (commit bcfbfeafb4c2).
  @Test func onOldMemoryAccountingTheLimitMustBeRaisable() {
    let found = obstacles {
      $0.kernel = KernelVersion(5, 10)
      $0.effectiveCapabilities = 1 << 39 | 1 << 38
    }
    #expect(found == [.lacksCapability([.sysResource])])
  }

  @Test func onlyTheStrictLockdownForbidsReadingMemory() {
    #expect(obstacles { $0.isInUserNamespace = true } == [.userNamespace])
    #expect(obstacles { $0.lockdown = .confidentiality } == [.lockdown(.confidentiality)])
    #expect(obstacles { $0.lockdown = .integrity }.isEmpty)
  }

  @Test func allObstaclesAreReportedAtOnce() {
    let found = obstacles {
      $0.hasBTF = false
      $0.effectiveCapabilities = 0
      $0.kernel = KernelVersion(4, 19)
    }
    #expect(found.count == 3)
  }

  @Test func aDriverThatIsNotBuiltIsNeverUsable() {
    var host = goodHost()
    host.hasModules = true
    host.builtDrivers = []
    for verdict in DriverSelector().assess(host) where verdict.kind != .ptrace {
      guard case .unsupported(let obstacles) = verdict.support else {
        Issue.record("\(verdict.kind.rawValue): \(verdict.support)")
        continue
      }
      #expect(obstacles.contains { ["not_built", "no_object"].contains($0.code) }, "\(verdict.kind.rawValue): \(obstacles)")
    }
  }

  @Test func theOrderIsFromCheapToModest() {
    #expect(DriverSelector().assess(goodHost()).map(\.kind) == [.modernEBPF, .ebpf, .kmod, .ptrace])
  }

  @Test func ifNoneIsUsableEveryDriverIsListedWithItsReason() throws {
    var host = goodHost()
    host.builtDrivers = []
    let text = try #require(failure(.automatic, on: host))
    for kind in DriverKind.allCases { #expect(text.contains("  \(kind.rawValue): ")) }
  }

  @Test func anExplicitChoiceIsFinal() throws {
    var host = goodHost()
    host.builtDrivers = []
    let text = try #require(failure(.only(.kmod), on: host))
    #expect(text.contains("  kmod: "))
    #expect(!text.contains("modern_ebpf"), "no other driver is tried in its place")
  }

  @Test func choicesAreReadFromTheirNames() {
    #expect(DriverSelector.Choice("auto") == .automatic)
    #expect(DriverSelector.Choice("modern_ebpf") == .only(.modernEBPF))
    #expect(DriverSelector.Choice("ptrace") == .only(.ptrace))
    #expect(DriverSelector.Choice("Auto") == nil)
    #expect(DriverSelector.Choice("") == nil)
  }
}
