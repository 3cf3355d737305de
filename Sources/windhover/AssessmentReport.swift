import Capture
import DriverSelection
import JSONText

/// The verdicts of all drivers with the facts behind them, for people and for machines.
struct AssessmentReport {
  let verdicts: [Assessment]
  private let host: HostFacts

  init(_ verdicts: [Assessment], _ host: HostFacts) {
    self.verdicts = verdicts
    self.host = host
  }

  /// What an automatic choice takes: the first that can run; if none surely can, the first that is worth a try. Tracing
  /// watches what it is told to, so nothing takes it unasked.
  private var chosen: DriverKind? {
    let hostWide = verdicts.filter { $0.kind != .ptrace }
    return (hostWide.first { $0.support.answer == "yes" } ?? hostWide.first { $0.support.answer == "unknown" })?.kind
  }

  var table: String {
    let place = host.isInContainer ? ", in a container" : ""
    var lines = ["Linux \(host.kernelRelease) on \(host.architecture)\(place)", ""]
    for verdict in verdicts {
      let margin = verdict.kind.rawValue.padded(to: 13) + verdict.support.answer.padded(to: 9)
      for (index, sentence) in sentences(verdict).enumerated() {
        lines.append(index == 0 ? margin + sentence : String(repeating: " ", count: 22) + sentence)
      }
    }
    return lines.joined(separator: "\n")
  }

  private func sentences(_ verdict: Assessment) -> [String] {
    switch verdict.support {
    case .supported where verdict.kind == chosen: ["used by default"]
    case .supported where verdict.kind == .ptrace: ["for a command of your choice: \(Obstacle.needsCommand.remedy)"]
    case .supported: ["can be used: --engine \(verdict.kind.rawValue)"]
    case .inconclusive(let error): ["\(error); opening it will tell"]
    case .unsupported: verdict.reasons
    }
  }

  var json: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("kernel")
    writer.string(host.kernelRelease)
    writer.key("architecture")
    writer.string(host.architecture)
    writer.key("default")
    if let chosen { writer.string(chosen.rawValue) } else { writer.null() }
    writer.key("drivers")
    writer.beginArray()
    for verdict in verdicts { write(verdict, to: &writer) }
    writer.endArray()
    writer.key("facts")
    write(host, to: &writer)
    writer.endObject()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func write(_ verdict: Assessment, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("driver")
    writer.string(verdict.kind.rawValue)
    writer.key("usable")
    writer.string(verdict.support.answer)
    writer.key("obstacles")
    writer.beginArray()
    switch verdict.support {
    case .supported: break
    case .unsupported(let obstacles):
      for obstacle in obstacles { write(obstacle.code, obstacle.problem, obstacle.remedy, to: &writer) }
    case .inconclusive(let error):
      write("cannot_tell", "\(error)", "open it: windhover run --engine \(verdict.kind.rawValue)", to: &writer)
    }
    writer.endArray()
    writer.endObject()
  }

  private func write(_ code: String, _ problem: String, _ remedy: String, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("code")
    writer.string(code)
    writer.key("problem")
    writer.string(problem)
    writer.key("remedy")
    writer.string(remedy)
    writer.endObject()
  }

  private func write(_ host: HostFacts, to writer: inout JSONWriter) {
    func text(_ key: String, _ value: String, _ fact: HostFacts.Fact? = nil) {
      writer.key(key)
      if fact.map(host.isKnown) ?? true { writer.string(value) } else { writer.null() }
    }
    func flag(_ key: String, _ value: Bool, _ fact: HostFacts.Fact? = nil) {
      writer.key(key)
      if fact.map(host.isKnown) ?? true { writer.boolean(value) } else { writer.null() }
    }
    func number(_ key: String, _ value: Int?) {
      writer.key(key)
      if let value { writer.number(Int64(value)) } else { writer.null() }
    }
    func list(_ key: String, _ values: [String]) {
      writer.key(key)
      writer.beginArray()
      for value in values { writer.string(value) }
      writer.endArray()
    }
    func names(_ mask: UInt64) -> [String] {
      Capability.allCases.filter { mask & (1 << UInt64($0.rawValue)) != 0 }.map(\.name)
    }
    writer.beginObject()
    flag("btf", host.hasBTF, .btf)
    // Only the capabilities that drivers ask about.
    list("capabilities_effective", names(host.effectiveCapabilities))
    list("capabilities_bounding", names(host.boundingCapabilities))
    number("user", Int(host.effectiveUser))
    text("lockdown", host.lockdown.rawValue, .lockdown)
    flag("module_support", host.hasModules, .modules)
    flag("modules_disabled", host.modulesDisabled, .modulesDisabled)
    flag("module_signatures_enforced", host.enforcesModuleSignatures, .moduleSignatures)
    flag("module_loaded", host.hasLoadedModule, .modules)
    number("unprivileged_bpf_disabled", host.unprivilegedBPFDisabled)
    number("perf_event_paranoid", host.perfEventParanoid)
    number("yama_ptrace_scope", host.yamaPtraceScope)
    number("seccomp_mode", host.isKnown(.process) ? host.seccompMode : nil)
    number("seccomp_filters", host.isKnown(.process) ? host.seccompFilters : nil)
    list("blocked_calls", host.blockedCalls.sorted())
    flag("no_new_privileges", host.noNewPrivileges, .process)
    flag("container", host.isInContainer)
    list("container_signs", host.containerSigns)
    flag("pid_namespace", host.isInPidNamespace, .pidNamespace)
    flag("user_namespace", host.isInUserNamespace, .userNamespace)
    flag("tracefs", host.hasTracefs)
    flag("kernel_headers", host.hasKernelHeaders)
    list("built", host.builtDrivers.map(\.rawValue).sorted())
    writer.key("unreadable")
    writer.beginObject()
    for (fact, errno) in host.unreadable.sorted(by: { $0.key.source < $1.key.source }) {
      writer.key(fact.source)
      writer.string(errorText(errno))
    }
    writer.endObject()
    writer.endObject()
  }
}

extension String {
  func padded(to width: Int) -> String { count >= width ? self + " " : self + String(repeating: " ", count: width - count) }
}
