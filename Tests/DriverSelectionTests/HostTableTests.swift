import Capture
import DriverSelection
import Testing

/// Hosts as people have them, and the verdict that each driver must come to.
struct InventedHost: Sendable, CustomTestStringConvertible {
  var name: String
  var facts: HostFacts
  /// What each driver must answer, and codes that must be among its obstacles.
  var expected: [DriverKind: (answer: String, codes: [String])]

  var testDescription: String { name }

  init(_ name: String, _ expected: [DriverKind: (answer: String, codes: [String])], _ change: (inout HostFacts) -> Void) {
    self.name = name
    self.expected = expected
    facts = HostFacts()
    facts.kernelRelease = "6.1.0-18-cloud-amd64"
    facts.kernel = KernelVersion(6, 1)
    facts.architecture = "x86_64"
    facts.hasBTF = true
    facts.effectiveCapabilities = .max
    facts.permittedCapabilities = .max
    facts.hasModules = true
    facts.hasTracefs = true
    facts.builtDrivers = Set(DriverKind.allCases)
    change(&facts)
  }

  static let all: [InventedHost] = [
    InventedHost(
      "root on a plain distribution", [.modernEBPF: ("yes", []), .ebpf: ("yes", []), .kmod: ("yes", []), .ptrace: ("yes", [])]
    ) { _ in },
    InventedHost(
      "a managed Kubernetes node: locked down, signed modules only, with BTF",
      [.modernEBPF: ("yes", []), .kmod: ("no", [])]
    ) {
      $0.lockdown = .integrity
      $0.enforcesModuleSignatures = true
      $0.isInContainer = true
    },
    InventedHost(
      "an old kernel without BTF, with headers",
      [.modernEBPF: ("no", ["kernel_too_old", "no_btf"]), .ebpf: ("yes", [])]
    ) {
      $0.kernelRelease = "4.19.0-26-amd64"
      $0.kernel = KernelVersion(4, 19)
      $0.hasBTF = false
      $0.hasKernelHeaders = true
    },
    InventedHost(
      "an unprivileged container",
      [.modernEBPF: ("no", ["capability_out_of_reach"]), .ebpf: ("no", []), .kmod: ("no", []), .ptrace: ("yes", [])]
    ) {
      $0.effectiveCapabilities = 0
      $0.permittedCapabilities = 0
      $0.boundingCapabilities = 0
      $0.isInContainer = true
      $0.noNewPrivileges = true
      $0.seccompMode = 2
      $0.effectiveUser = 65_534
      $0.blockedCalls = ["bpf"]
    },
    InventedHost(
      "a container service without CAP_BPF where tracing is allowed",
      [.modernEBPF: ("no", ["capability_out_of_reach"]), .ptrace: ("yes", [])]
    ) {
      $0.effectiveCapabilities = 1 << UInt64(Capability.sysPtrace.rawValue)
      $0.boundingCapabilities = $0.effectiveCapabilities
      $0.isInContainer = true
      $0.seccompMode = 2
    },
    InventedHost(
      "everything forbidden, on a kernel without notifications to user space",
      [
        .modernEBPF: ("no", ["kernel_too_old", "lacks_capability", "user_namespace", "lockdown"]), .ebpf: ("no", []), .kmod: ("no", []),
        .ptrace: ("no", []),
      ]
    ) {
      $0.kernel = KernelVersion(5, 4)
      $0.effectiveCapabilities = 0
      $0.permittedCapabilities = 0
      $0.lockdown = .confidentiality
      $0.modulesDisabled = true
      $0.enforcesModuleSignatures = true
      $0.yamaPtraceScope = 3
      $0.isInUserNamespace = true
      $0.seccompMode = 2
      $0.blockedCalls = ["bpf", "ptrace"]
    },
    InventedHost(
      "root whose seccomp profile has no bpf(2)", [.modernEBPF: ("no", ["call_forbidden"])]
    ) { $0.blockedCalls = ["bpf"] },
    InventedHost("/sys hidden", [.modernEBPF: ("unknown", [])]) {
      $0.hasBTF = false
      $0.unreadable = [.btf: 13, .lockdown: 2]
    },
    InventedHost("one obstacle is enough, whatever is hidden", [.modernEBPF: ("no", ["user_namespace"])]) {
      $0.isInUserNamespace = true
      $0.unreadable = [.btf: 13]
    },
  ]
}

@Suite struct HostTableTests {
  @Test(arguments: InventedHost.all)
  func everyDriverComesToItsVerdict(host: InventedHost) {
    for verdict in DriverSelector().assess(host.facts) {
      guard let (answer, codes) = host.expected[verdict.kind] else { continue }
      #expect(verdict.support.answer == answer, "\(verdict.kind.rawValue): \(verdict.reasons)")
      var found: [String] = []
      if case .unsupported(let obstacles) = verdict.support { found = obstacles.map(\.code) }
      for code in codes { #expect(found.contains(code), "\(verdict.kind.rawValue): \(found)") }
    }
  }

  @Test func everyObstacleHasACodeOfItsOwnAProblemAndARemedy() {
    let all: [Obstacle] = [
      .kernelTooOld(needs: KernelVersion(5, 10), has: KernelVersion(4, 4)), .missingBTF, .lacksCapability([.bpf]),
      .boundCapability([.bpf]), .userNamespace, .lockdown(.integrity), .modulesDisabled, .noModuleSupport, .unsignedModule,
      .notBuilt(.kmod), .noObject(.ebpf, release: "6.1.0", hasHeaders: false), .needsCommand,
      .unsupportedArchitecture("riscv64"), .ptraceScope(3), .callForbidden("bpf"), .perfEventParanoid(3),
    ]
    #expect(Set(all.map(\.code)).count == all.count)
    for obstacle in all {
      #expect(obstacle.code.allSatisfy { $0.isLowercase || $0 == "_" })
      #expect(obstacle.sentence == "\(obstacle.problem); \(obstacle.remedy)")
      #expect(!obstacle.problem.contains(";") && !obstacle.remedy.isEmpty)
    }
    #expect(Obstacle.noObject(.ebpf, release: "6.1.0", hasHeaders: false).remedy.contains("install the headers"))
    #expect(!Obstacle.noObject(.ebpf, release: "6.1.0", hasHeaders: true).remedy.contains("headers"))
    #expect(Obstacle.boundCapability([.bpf, .perfmon]).remedy.contains("--cap-add BPF --cap-add PERFMON"))
  }

  @Test func tracingIsChosenForATargetOnlyAndThenAlone() {
    let selector = DriverSelector()
    #expect(selector.candidates(.automatic, for: nil) == selector.order)
    #expect(selector.candidates(.automatic, for: .processes([1])) == [.ptrace])
    #expect(selector.candidates(.only(.ebpf), for: .command(["x"])) == [.ebpf])
  }

  @Test func whereNothingElseWorksTheMessageSaysHowToTrace() {
    var facts = HostFacts()
    facts.builtDrivers = []
    var text = ""
    do throws(SelectionError) { _ = try DriverSelector().open(.automatic, CaptureOptions(), on: facts) } catch {
      text = error.description
    }
    #expect(text.contains("windhover run --engine ptrace -- COMMAND"))
  }

  @Test func theReserveIsWhatTheDriversTakeAndThisProcessHas() {
    var facts = HostFacts()
    facts.kernel = KernelVersion(6, 1)
    facts.hasBTF = true
    facts.effectiveCapabilities = .max
    facts.permittedCapabilities = .max
    facts.builtDrivers = DriverSelector.built
    let kinds: [DriverKind] = [.modernEBPF]
    guard DriverSelector.built.contains(.modernEBPF) else { return }
    #expect(DriverSelector.capabilities(toOpen: kinds, on: facts) == [.bpf, .perfmon])
    facts.kernel = KernelVersion(5, 10)
    #expect(DriverSelector.capabilities(toOpen: kinds, on: facts) == [.bpf, .perfmon, .sysResource])
    facts.permittedCapabilities = 1 << 39 | 1 << 21
    #expect(DriverSelector.capabilities(toOpen: kinds, on: facts) == [.bpf])
    facts.hasBTF = false
    #expect(DriverSelector.capabilities(toOpen: kinds, on: facts).isEmpty)
  }
}
