import Capture
import CaptureTesting
import Glibc
import Testing

@testable import DriverSelection

/// Facts read from a folder with a made-up /proc and /sys.
@Suite struct FactReadingTests {
  private func host() -> FakeProcFS {
    let fake = FakeProcFS()
    fake.file("proc/self/status", "Name:\tx\nCapPrm:\t0000000000000003\nCapEff:\t0000000000000001\nCapBnd:\t00000000000000ff\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n")
    fake.file("proc/sys/kernel/osrelease", "6.1.0-test\n")
    fake.file("proc/sys/kernel/modules_disabled", "1\n")
    fake.file("proc/sys/kernel/perf_event_paranoid", "3\n")
    fake.file("proc/sys/kernel/yama/ptrace_scope", "2\n")
    fake.file("proc/modules", "ext4 1 0 - Live 0x0\nwindhover 1 0 - Live 0x0\n")
    fake.file("proc/cmdline", "quiet\n")
    fake.file("sys/kernel/notes", "n")
    fake.file("sys/kernel/security/lsm", "lockdown,yama\n")
    fake.file("sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
    fake.file("sys/kernel/btf/vmlinux", "\u{9f}")
    fake.file("sys/module/module/parameters/sig_enforce", "Y\n")
    fake.link("proc/self/ns/pid", to: "pid:[4026531836]")
    fake.link("proc/self/ns/user", to: "user:[4026531837]")
    return fake
  }

  @Test func everyFactHasItsFile() {
    let fake = host()
    let facts = HostFacts.read(built: [], root: fake.root)
    #expect(facts.kernel == KernelVersion(6, 1))
    #expect(facts.effectiveCapabilities == 1 && facts.permittedCapabilities == 3 && facts.boundingCapabilities == 0xff)
    #expect(facts.noNewPrivileges && facts.seccompMode == 2 && facts.seccompFilters == 3)
    #expect(facts.modulesDisabled && facts.hasModules && facts.hasLoadedModule && facts.enforcesModuleSignatures)
    #expect(facts.moduleDeviceError == ENOENT, "a container without the device")
    #expect(facts.perfEventParanoid == 3 && facts.yamaPtraceScope == 2)
    #expect(facts.unprivilegedBPFDisabled == nil && facts.isKnown(.unprivilegedBPF), "a kernel without it")
    #expect(facts.lockdown == .integrity && facts.hasBTF)
    #expect(!facts.isInContainer && !facts.isInPidNamespace && !facts.isInUserNamespace)
    #expect(facts.unreadable.isEmpty, "\(facts.unreadable)")
  }

  @Test func aMissingFileMeansAMissingFeatureOnlyWhereItsFileSystemIsThere() {
    let fake = FakeProcFS()
    fake.file("sys/kernel/notes", "n")
    let facts = HostFacts.read(built: [], root: fake.root)
    #expect(!facts.hasBTF && facts.isKnown(.btf), "/sys is there")
    #expect(!facts.isKnown(.yama) && !facts.isKnown(.process) && !facts.isKnown(.modules), "/proc is not")
    let hidden = HostFacts.read(built: [], root: fake.root + "/nothing")
    #expect(!hidden.isKnown(.btf))
  }

  @Test func theCommandLineAndTheConfigurationTellWhatFilesHide() {
    let fake = host()
    fake.file("sys/module/module/parameters/sig_enforce", "N\n")
    #expect(!HostFacts.read(built: [], root: fake.root).enforcesModuleSignatures)
    fake.file("proc/cmdline", "ro module.sig_enforce=1 nomodule\n")
    let facts = HostFacts.read(built: [], root: fake.root)
    #expect(facts.enforcesModuleSignatures && !facts.hasModules)
    fake.file("proc/cmdline", "ro\n")
    fake.file("boot/config-6.1.0-test", "CONFIG_MODULES=y\nCONFIG_MODULE_SIG_FORCE=y\n")
    #expect(HostFacts.read(built: [], root: fake.root).enforcesModuleSignatures)
  }

  @Test func aHiddenLockdownIsUnknownUnlessTheKernelHasNone() {
    let fake = FakeProcFS()
    fake.file("proc/sys/kernel/osrelease", "6.1.0-test\n")
    fake.file("proc/self/status", "Name:\tx\n")
    #expect(!HostFacts.read(built: [], root: fake.root).isKnown(.lockdown))
    fake.file("boot/config-6.1.0-test", "CONFIG_MODULES=y\n")
    #expect(HostFacts.read(built: [], root: fake.root).isKnown(.lockdown), "built without it")
    fake.file("boot/config-6.1.0-test", "CONFIG_SECURITY_LOCKDOWN_LSM=y\nCONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y\n")
    let facts = HostFacts.read(built: [], root: fake.root)
    #expect(facts.lockdown == .confidentiality && facts.isKnown(.lockdown))
  }

  @Test func containersShowInOneOfManyWays() {
    let groups = host()
    groups.file("proc/self/cgroup", "0::/kubepods/besteffort/podx/abc\n")
    #expect(HostFacts.read(built: [], root: groups.root).isInContainer)
    let marker = host()
    marker.file("run/.containerenv", "")
    #expect(HostFacts.read(built: [], root: marker.root).isInContainer)
    let first = host()
    first.file("proc/1/environ", "HOME=/\0container=lxc\0")
    #expect(HostFacts.read(built: [], root: first.root).isInContainer)
    let overlay = host()
    overlay.file("proc/self/mountinfo", "22 1 0:30 / / rw,relatime - overlay overlay rw,lowerdir=/l\n")
    #expect(!HostFacts.read(built: [], root: overlay.root).isInContainer, "a live system has an overlay too")
    overlay.link("proc/self/ns/cgroup", to: "cgroup:[4026532999]")
    #expect(HostFacts.read(built: [], root: overlay.root).isInContainer)
  }

  @Test(arguments: [
    ("22 1 0:30 / / rw shared:1 - ext4 /dev/sda1 rw", "ext4"), ("1 1 0:1 / / rw - rootfs rootfs rw\n22 1 0:30 / / rw - overlay o rw", "overlay"),
    ("22 1 0:30 / /mnt rw - ext4 /dev/sda1 rw", nil), ("", nil), ("22 1 / / / / / /", nil),
  ])
  func theLastMountAtTheRootCounts(mountinfo: String, type: String?) {
    #expect(ContainerSigns.rootType(mountinfo) == type)
  }
}
