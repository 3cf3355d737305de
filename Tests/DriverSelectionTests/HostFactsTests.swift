import Capture
import Testing

@testable import DriverSelection

@Suite struct HostFactsTests {
  @Test(arguments: [
    ("6.1.0-18-cloud-amd64", 6, 1), ("5.10.0", 5, 10), ("4.18.0-553.el8_10.x86_64", 4, 18), ("6.18-rc3", 6, 18),
    ("5.4.0-1103-azure", 5, 4), ("", 0, 0), ("linux", 0, 0),
  ])
  func releasesAreReadUpToTheMinorNumber(release: String, major: Int, minor: Int) {
    #expect(KernelVersion(parsing: release) == KernelVersion(major, minor))
  }

  @Test func versionsCompareByNumberNotByText() {
    #expect(KernelVersion(5, 8) < KernelVersion(5, 10))
    #expect(KernelVersion(4, 19) < KernelVersion(5, 0))
    #expect(!(KernelVersion(5, 10) < KernelVersion(5, 10)))
    #expect("\(KernelVersion(5, 10))" == "5.10")
  }

  @Test(arguments: [
    ("[none] integrity confidentiality", HostFacts.Lockdown.none), ("none [integrity] confidentiality", .integrity),
    ("none integrity [confidentiality]", .confidentiality), ("", .none), ("no brackets", .none), ("]x[", .none),
    ("[surprise]", .none),
  ])
  func theModeInBracketsIsTheLockdown(text: String, mode: HostFacts.Lockdown) {
    #expect(HostFacts.lockdown(text) == mode)
  }

  @Test func capabilitiesAreBitsOfTheMask() {
    var facts = HostFacts()
    facts.effectiveCapabilities = 1 << 39 | 1 << 2
    #expect(facts.has(.bpf) && facts.has(.dacReadSearch))
    #expect(!facts.has(.perfmon) && !facts.has(.sysAdmin))
  }

  @Test func theFactsOfThisHostAreRead() {
    let facts = HostFacts.read(built: [.kmod])
    #expect(facts.builtDrivers == [.kmod])
    #expect(facts.kernel > KernelVersion(3, 0))
    #expect(!facts.kernelRelease.isEmpty)
    #expect(["x86_64", "aarch64"].contains(facts.architecture))
  }

  @Test(arguments: [
    ("         0          0 4294967295", true), ("         0       1000          1", false), ("", true),
    ("         0          0      65536", false),
  ])
  func onlyTheInitialUserNamespaceMapsEveryIDToItself(line: String, isInitial: Bool) {
    #expect(HostFacts.coversAllUsers(line) == isInitial)
  }
}
