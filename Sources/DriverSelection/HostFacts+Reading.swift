public import Capture
internal import CLinux

extension HostFacts {
  /// Reads the facts of this host and this process.
  ///
  /// - Parameter built: Drivers whose object this build contains.
  public static func read(built: Set<DriverKind>) -> HostFacts {
    var facts = HostFacts()
    facts.builtDrivers = built
    facts.kernelRelease = line("/proc/sys/kernel/osrelease") ?? ""
    facts.kernel = KernelVersion(parsing: facts.kernelRelease)
    #if arch(x86_64)
      facts.architecture = "x86_64"
    #elseif arch(arm64)
      facts.architecture = "aarch64"
    #endif
    facts.hasBTF = wh_can_read("/sys/kernel/btf/vmlinux") != 0
    facts.effectiveUser = wh_effective_user()
    facts.hasModules = wh_can_read("/proc/modules") != 0
    facts.modulesDisabled = number("/proc/sys/kernel/modules_disabled") == 1
    facts.enforcesModuleSignatures = line("/sys/module/module/parameters/sig_enforce") == "Y"
    facts.unprivilegedBPFDisabled = number("/proc/sys/kernel/unprivileged_bpf_disabled")
    facts.perfEventParanoid = number("/proc/sys/kernel/perf_event_paranoid")
    facts.yamaPtraceScope = number("/proc/sys/kernel/yama/ptrace_scope")
    facts.lockdown = lockdown(line("/sys/kernel/security/lockdown") ?? "")
    facts.hasTracefs = wh_can_read("/sys/kernel/tracing/available_events") != 0
    facts.hasKernelHeaders = wh_can_read("/lib/modules/\(facts.kernelRelease)/build/Makefile") != 0
    facts.isInContainer =
      wh_can_read("/.dockerenv") != 0 || wh_can_read("/run/.containerenv") != 0
      || (line("/proc/1/environ").map { $0.contains("container=") } ?? false)
    facts.isInUserNamespace = !coversAllUsers(line("/proc/self/uid_map") ?? "")
    for status in text("/proc/self/status").split(separator: "\n") {
      let parts = status.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = String(parts[1].drop { $0 == " " || $0 == "\t" })
      switch parts[0] {
      case "CapEff": facts.effectiveCapabilities = UInt64(value, radix: 16) ?? 0
      case "CapBnd": facts.boundingCapabilities = UInt64(value, radix: 16) ?? 0
      case "Seccomp": facts.seccompMode = Int(value) ?? 0
      case "NoNewPrivs": facts.noNewPrivileges = value == "1"
      default: break
      }
    }
    return facts
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

  private static func text(_ path: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 16_384)
    let count = wh_read_file(path, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[0..<Int(count)], as: UTF8.self) : ""
  }

  private static func line(_ path: String) -> String? {
    let text = text(path)
    return text.isEmpty ? nil : String(text.split(separator: "\n", maxSplits: 1).first ?? "")
  }

  private static func number(_ path: String) -> Int? { line(path).flatMap { Int($0) } }
}

extension KernelVersion {
  /// The first two numbers of a release such as `6.1.0-18-cloud-amd64`; 0.0 if it has none.
  public init(parsing release: String) {
    let numbers = release.split { !$0.isNumber }.prefix(2).map { Int($0) ?? 0 }
    self.init(numbers.first ?? 0, numbers.dropFirst().first ?? 0)
  }
}
