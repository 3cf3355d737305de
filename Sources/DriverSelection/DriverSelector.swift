public import Capture
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
    case .inconclusive(let error): ["could not be opened: \(error)"]
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
  public var order: [DriverKind]

  public init(order: [DriverKind] = [.modernEBPF, .ebpf, .kmod, .ptrace]) { self.order = order }

  /// Drivers that this build contains.
  public static var built: Set<DriverKind> { ModernBPFDriver.isBuilt ? [.modernEBPF, .ptrace] : [.ptrace] }

  /// Every driver's verdict, in order of preference. Changes nothing on the host.
  public func assess(_ host: borrowing HostFacts) -> [Assessment] {
    order.map { Assessment(kind: $0, support: DriverSelector.assess($0, host)) }
  }

  private static func assess(_ kind: DriverKind, _ host: borrowing HostFacts) -> DriverSupport {
    guard host.builtDrivers.contains(kind) else { return .unsupported([.notBuilt(kind)]) }
    return switch kind {
    case .modernEBPF: ModernBPFDriver.assess(host)
    case .ptrace: PtraceDriver.assess(host)
    case .ebpf, .kmod: .unsupported([.notBuilt(kind)])
    }
  }

  /// Opens the chosen driver, or the first that fits, with capture still off.
  ///
  /// - Parameter onFallback: Told of each driver that fits but could not be opened, before the next is tried.
  /// - Throws: ``SelectionError/noneUsable(_:)`` with the verdict of every driver that was considered.
  public func open(
    _ choice: Choice, _ options: CaptureOptions, on host: borrowing HostFacts,
    onFallback: (Assessment) -> Void = { _ in }
  ) throws(SelectionError) -> any CaptureDriver & ~Copyable {
    var verdicts: [Assessment] = []
    // Only a tracer starts a command; and it watches nothing else, so nobody else wants it.
    let candidates =
      switch choice {
      case .only(let kind): [kind]
      case .automatic: options.target == nil ? order : [.ptrace]
      }
    for kind in candidates {
      var support = DriverSelector.assess(kind, host)
      if kind == .ptrace, options.target == nil { support = .unsupported([.needsCommand]) }
      guard support == .supported else {
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
    case .ptrace: return try PtraceDriver(opening: options)
    case .ebpf, .kmod: throw .notBuilt(kind)
    }
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
