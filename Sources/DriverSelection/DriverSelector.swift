internal import BPFDriver
public import Capture
internal import KmodDriver
internal import ModernBPFDriver
internal import PtraceDriver

/// What one driver says of this host.
public struct Assessment: Sendable, Equatable {
  public let kind: DriverKind
  public let support: DriverSupport

  /// Why not, and what to do about it: one sentence per obstacle. Empty for a driver that can run.
  public var reasons: [String] {
    switch support {
    case .supported: []
    case .unsupported(let obstacles): obstacles.map(\.sentence)
    case .inconclusive(let error): ["\(error)"]
    }
  }
}

/// Chooses a driver: assesses all in order of preference, opens the first that fits, or says why none does.
///
/// The only place that names every driver. An explicit choice of the user is final and fails loudly.
public struct DriverSelector: Sendable {
  public enum Choice: Sendable, Equatable {
    case automatic
    case only(DriverKind)

    /// `auto` or a driver's name as in the configuration; `nil` for anything else.
    public init?(_ text: String) {
      if text == "auto" {
        self = .automatic
      } else if let kind = DriverKind(rawValue: text) {
        self = .only(kind)
      } else {
        return nil
      }
    }
  }

  /// From the one that costs least to the one that needs least.
  public static let defaultOrder: [DriverKind] = [.modernEBPF, .ebpf, .kmod, .ptrace]

  /// The drivers that an automatic choice considers, the preferred one first.
  public var order: [DriverKind]

  public init(order: [DriverKind] = defaultOrder) { self.order = order }

  /// Drivers that this build contains, or that were built for this kernel.
  public static var built: Set<DriverKind> {
    var built: Set<DriverKind> = [.ptrace]
    if ModernBPFDriver.isBuilt { built.insert(.modernEBPF) }
    if KmodDriver.isBuilt { built.insert(.kmod) }
    if BPFDriver.isBuilt { built.insert(.ebpf) }
    return built
  }

  /// Every driver's verdict, in order of preference. Changes nothing on the host.
  public func assess(_ host: borrowing HostFacts) -> [Assessment] {
    order.map { Assessment(kind: $0, support: DriverSelector.assess($0, host)) }
  }

  private static func assess(_ kind: DriverKind, _ host: borrowing HostFacts) -> DriverSupport {
    switch kind {
    case .modernEBPF: host.builtDrivers.contains(kind) ? ModernBPFDriver.assess(host) : .unsupported([.notBuilt(kind)])
    case .ebpf: BPFDriver.assess(host)
    case .kmod: KmodDriver.assess(host)
    case .ptrace: PtraceDriver.assess(host)
    }
  }

  /// The drivers to try, in order.
  ///
  /// Tracing watches what it is given and slows it down, so an automatic choice takes it only if a target is named; and
  /// then it takes nothing else, because only a tracer starts the command.
  public func candidates(_ choice: Choice, for target: TraceTarget?) -> [DriverKind] {
    switch choice {
    case .only(let kind): [kind]
    case .automatic: target == nil ? order : [.ptrace]
    }
  }

  /// What a driver says of the host and of the target that it is given.
  private static func verdict(_ kind: DriverKind, _ target: TraceTarget?, _ host: borrowing HostFacts) -> DriverSupport {
    let support = assess(kind, host)
    guard kind == .ptrace, target == nil else { return support }
    // What is in its way besides is told too.
    if case .unsupported(let obstacles) = support {
      return .unsupported(obstacles.contains(.needsCommand) ? obstacles : obstacles + [.needsCommand])
    }
    return .unsupported([.needsCommand])
  }

  /// Opens the chosen driver, or the first that fits, with capture still off.
  ///
  /// A driver whose verdict is not conclusive is tried: opening it is the surest way to know.
  ///
  /// - Parameters:
  ///   - excluded: Drivers that are passed over, as they died at run time.
  ///   - onFallback: Told of each driver that could not be opened although nothing was known to be in its way, before
  ///     the next is tried.
  /// - Throws: ``SelectionError/noneUsable(_:)`` with the verdict of every driver that was considered.
  public func open(
    _ choice: Choice, _ options: CaptureOptions, on host: borrowing HostFacts, excluding excluded: Set<DriverKind> = [],
    onFallback: (Assessment) -> Void = { _ in }
  ) throws(SelectionError) -> any CaptureDriver & ~Copyable {
    var verdicts: [Assessment] = []
    for kind in candidates(choice, for: options.target) where !excluded.contains(kind) {
      let support = DriverSelector.verdict(kind, options.target, host)
      if case .unsupported = support {
        verdicts.append(Assessment(kind: kind, support: support))
        continue
      }
      do throws(CaptureError) {
        return try DriverSelector.open(kind, options)
      } catch {
        let verdict = Assessment(kind: kind, support: .inconclusive(error))
        verdicts.append(verdict)
        onFallback(verdict)
      }
    }
    throw .noneUsable(verdicts)
  }

  private static func open(
    _ kind: DriverKind, _ options: CaptureOptions
  ) throws(CaptureError) -> any CaptureDriver & ~Copyable {
    switch kind {
    case .modernEBPF: return try ModernBPFDriver(opening: options)
    case .ebpf: return try BPFDriver(opening: options)
    case .kmod: return try KmodDriver(opening: options)
    case .ptrace: return try PtraceDriver(opening: options)
    }
  }

  /// Capabilities that opening one of these drivers takes, of those this process has: what to keep in reserve for
  /// opening another driver later.
  public static func capabilities(toOpen kinds: [DriverKind], on host: borrowing HostFacts) -> Set<Capability> {
    var needed: Set<Capability> = []
    for kind in kinds {
      if case .unsupported = assess(kind, host) { continue }
      switch kind {
      case .modernEBPF, .ebpf:
        needed.formUnion([.bpf, .perfmon])
        // Memory of BPF counted against a limit (before 5.11), and the two capabilities were part of this one (5.8).
        if host.kernel < KernelVersion(5, 11) { needed.insert(.sysResource) }
        if host.kernel < KernelVersion(5, 8) { needed.insert(.sysAdmin) }
        // Some distributions know a level above 2 that takes more than CAP_PERFMON.
        if kind == .ebpf, (host.perfEventParanoid ?? 0) > 2 { needed.insert(.sysAdmin) }
      case .kmod: needed.formUnion([.sysModule, .sysAdmin])
      case .ptrace: break
      }
    }
    return needed.filter { [permitted = host.permittedCapabilities] in permitted & (1 << UInt64($0.rawValue)) != 0 }
  }
}

public enum SelectionError: Error, Sendable {
  /// No driver can run; every considered driver's verdict, in order of preference.
  case noneUsable([Assessment])
}

extension SelectionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noneUsable(let verdicts):
      "no capture driver can run here\n"
        + verdicts.map { verdict in
          verdict.reasons.map { "  \(verdict.kind.rawValue): \($0)" }.joined(separator: "\n")
        }.joined(separator: "\n")
    }
  }
}
