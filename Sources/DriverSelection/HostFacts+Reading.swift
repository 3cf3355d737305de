internal import CHostFacts
internal import CLinux
public import Capture
internal import Glibc

extension HostFacts {
  /// Reads the facts of this host and this process. What cannot be read is named in ``HostFacts/unreadable``.
  ///
  /// - Parameters:
  ///   - built: Drivers whose object is at hand.
  ///   - root: A folder with a made-up /proc and /sys, for tests; what needs system calls then stays at its default.
  public static func read(built: Set<DriverKind>, root: String = "") -> HostFacts {
    let reader = FactReader(root: root)
    var facts = HostFacts()
    facts.builtDrivers = built
    #if arch(x86_64)
      facts.architecture = "x86_64"
    #elseif arch(arm64)
      facts.architecture = "aarch64"
    #endif
    facts.kernelRelease = root.isEmpty ? runningRelease() : reader.setting("/proc/sys/kernel/osrelease").line ?? ""
    facts.kernel = KernelVersion(parsing: facts.kernelRelease)
    facts.effectiveUser = wh_effective_user()
    facts.readProcess(reader)
    if root.isEmpty { facts.askKernel() }

    let configuration = Set(
      reader.kernelConfiguration(release: facts.kernelRelease).split(separator: "\n").map(String.init))
    let arguments = reader.process("/proc/cmdline").text.split { $0 == " " || $0 == "\n" }.map(String.init)
    facts.readModules(reader, configuration, arguments)
    facts.readLockdown(reader, configuration)

    let btf = reader.system(Fact.btf.source)
    facts.hasBTF = if case .text(let text) = btf { !text.isEmpty } else { false }
    facts.note(.btf, btf)
    facts.unprivilegedBPFDisabled = facts.number(.unprivilegedBPF, reader)
    facts.perfEventParanoid = facts.number(.perfEventParanoid, reader)
    facts.yamaPtraceScope = facts.number(.yama, reader)
    facts.hasTracefs = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].contains {
      reader.exists($0 + "/available_events")
    }
    facts.hasKernelHeaders = reader.exists("/lib/modules/\(facts.kernelRelease)/build/Makefile")
    facts.readNamespaces(reader)
    let signs = ContainerSigns(reader)
    facts.containerSigns = signs.all
    facts.isInContainer = signs.isContainer
    return facts
  }

  // MARK: Groups of facts

  private mutating func readProcess(_ reader: FactReader) {
    let status = reader.process(Fact.process.source)
    note(.process, status)
    for line in status.text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = String(parts[1].drop { $0 == " " || $0 == "\t" })
      switch parts[0] {
      case "CapEff": effectiveCapabilities = UInt64(value, radix: 16) ?? 0
      case "CapPrm": permittedCapabilities = UInt64(value, radix: 16) ?? 0
      case "CapBnd": boundingCapabilities = UInt64(value, radix: 16) ?? 0
      case "Seccomp": seccompMode = Int(value) ?? 0
      case "Seccomp_filters": seccompFilters = Int(value) ?? 0
      case "NoNewPrivs": noNewPrivileges = value == "1"
      default: break
      }
    }
  }

  /// What a system call tells whatever is mounted.
  private mutating func askKernel() {
    var sets = wh_capability_sets()
    if wh_capability_sets(&sets) == 0 {
      effectiveCapabilities = sets.effective
      permittedCapabilities = sets.permitted
      boundingCapabilities = sets.bounding
    }
    // A call that the kernel looks at fails for its arguments; EPERM is also what a kernel without unprivileged BPF
    // says to those without the capability, and that is told apart by whoever asks.
    if ![EINVAL, 0].contains(wh_probe_call(WH_PROBE_BPF)) { blockedCalls.insert("bpf") }
    if ![ESRCH, EIO, EINVAL, 0].contains(wh_probe_call(WH_PROBE_PTRACE)) { blockedCalls.insert("ptrace") }
  }

  private mutating func readModules(_ reader: FactReader, _ configuration: Set<String>, _ arguments: [String]) {
    let modules = reader.process(Fact.modules.source)
    note(.modules, modules)
    if case .text = modules { hasModules = true }
    // `nomodule` on the command line leaves the file there: nothing else tells that loading fails.
    if arguments.contains("nomodule") { hasModules = false }
    hasLoadedModule =
      modules.text.split(separator: "\n").contains { $0.hasPrefix("windhover ") } || reader.exists("/dev/windhover")
    if hasLoadedModule { moduleDeviceError = wh_denied(reader.root + "/dev/windhover") }
    modulesDisabled = number(.modulesDisabled, reader) == 1
    let parameter = reader.system(Fact.moduleSignatures.source)
    enforcesModuleSignatures =
      parameter.line == "Y" || configuration.contains("CONFIG_MODULE_SIG_FORCE=y")
      || arguments.contains { ["module.sig_enforce", "module.sig_enforce=1", "module.sig_enforce=Y"].contains($0) }
    if !enforcesModuleSignatures && configuration.isEmpty { note(.moduleSignatures, parameter) }
  }

  /// Where securityfs tells nothing, only a kernel without the feature is certain.
  private mutating func readLockdown(_ reader: FactReader, _ configuration: Set<String>) {
    let text = reader.security("lockdown")
    lockdown = HostFacts.lockdown(text.line ?? "")
    guard text.error != nil else { return }
    if configuration.contains("CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY=y") {
      lockdown = .confidentiality
      return
    }
    // The mode that the kernel was built with is the least; it can have been raised. Lockdown came with Linux 5.4.
    if configuration.contains("CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY=y") { lockdown = .integrity }
    if configuration.isEmpty ? kernel >= KernelVersion(5, 4) : configuration.contains("CONFIG_SECURITY_LOCKDOWN_LSM=y") {
      note(.lockdown, text)
    }
  }

  private mutating func readNamespaces(_ reader: FactReader) {
    if let space = reader.link(Fact.pidNamespace.source) {
      isInPidNamespace = space != ContainerSigns.initialPidNamespace
    } else {
      unreadable[.pidNamespace] = ENOENT
    }
    let map = reader.process("/proc/self/uid_map")
    isInUserNamespace = !HostFacts.coversAllUsers(map.line ?? "")
    if let space = reader.link(Fact.userNamespace.source) {
      // A nested namespace may map every id, and be foreign all the same.
      if space != ContainerSigns.initialUserNamespace { isInUserNamespace = true }
    } else if let error = map.error {
      unreadable[.userNamespace] = error
    }
  }

  // MARK: Values

  private mutating func note(_ fact: Fact, _ reading: FactReader.Reading) {
    if let error = reading.error { unreadable[fact] = error }
  }

  private mutating func number(_ fact: Fact, _ reader: FactReader) -> Int? {
    let reading = reader.setting(fact.source)
    note(fact, reading)
    return reading.line.flatMap { Int($0) }
  }

  /// The mode in brackets of `/sys/kernel/security/lockdown`, such as `none [integrity] confidentiality`.
  static func lockdown(_ text: String) -> Lockdown {
    guard let open = text.firstIndex(of: "["), let close = text.firstIndex(of: "]"), open < close else { return .none }
    return Lockdown(rawValue: String(text[text.index(after: open)..<close])) ?? .none
  }

  /// Whether a line of `/proc/self/uid_map` maps every id to itself, as the initial user namespace does. A kernel without
  /// user namespaces has no such file, which means the same.
  static func coversAllUsers(_ line: String) -> Bool {
    line.isEmpty || line.split(separator: " ").map(String.init) == ["0", "0", "4294967295"]
  }
}

private func runningRelease() -> String {
  var bytes = [CChar](repeating: 0, count: 256)
  guard wh_kernel_release(&bytes, bytes.count) == 0 else { return "" }
  return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension KernelVersion {
  /// The first two numbers of a release such as `6.1.0-18-cloud-amd64`; 0.0 if it has none.
  public init(parsing release: String) {
    let numbers = release.split { !$0.isNumber }.prefix(2).map { Int($0) ?? 0 }
    self.init(numbers.first ?? 0, numbers.dropFirst().first ?? 0)
  }
}
