public import Capture
internal import DriverSelection
internal import Glibc

/// Opening a driver for live capture, with the choice explained in the log.
public enum LiveCapture {
  /// Chooses and opens a driver with capture still off.
  ///
  /// - Throws: The verdict of every driver that was considered, as the text of the failure.
  public static func open(
    _ settings: Settings, _ interest: Interest, log: Log
  ) throws(Failure) -> any CaptureDriver & ~Copyable {
    let host = HostFacts.read(built: DriverSelector.built)
    do throws(SelectionError) {
      return try open(settings, options(settings, interest, log: log), on: host, excluding: [], log: log)
    } catch {
      throw failure(settings, error)
    }
  }

  /// Chooses a driver and begins to capture; another one goes on when it dies, if the configuration allows.
  ///
  /// - Parameter reserve: Set to the capabilities that opening another driver takes; empty if none will be opened.
  /// - Throws: The verdict of every driver that was considered, as the text of the failure.
  static func start(
    _ settings: Settings, _ interest: Interest, reserve: inout Set<Capability>, log: Log
  ) throws(Failure) -> FailoverCapture {
    let host = HostFacts.read(built: DriverSelector.built)
    var options = options(settings, interest, log: log)
    let selector = DriverSelector(order: settings.engineOrder)
    let kinds = selector.candidates(settings.engine, for: options.target)
    let kept = settings.failsOver ? DriverSelector.capabilities(toOpen: kinds, on: host) : []
    reserve = kept
    options.withPrivileges = { work in Privileges.raised(kept) { work() } }
    do throws(FailoverError) {
      return try FailoverCapture(capturing: interest) { [options] excluded throws(SelectionError) in
        // Facts change while we run: a module is unloaded, a setting tightened. The first time they are those above.
        try Privileges.raised(kept) { () throws(SelectionError) in
          let now = excluded.isEmpty ? host : HostFacts.read(built: DriverSelector.built)
          return try open(settings, options, on: now, excluding: excluded, log: log)
        }
      }
    } catch {
      switch error {
      case .selection(let error): throw failure(settings, error)
      case .capture(let error): throw Failure("cannot start capturing: \(error)")
      }
    }
  }

  private static func open(
    _ settings: Settings, _ options: CaptureOptions, on host: HostFacts, excluding excluded: Set<DriverKind>, log: Log
  ) throws(SelectionError) -> any CaptureDriver & ~Copyable {
    let driver = try DriverSelector(order: settings.engineOrder).open(
      settings.engine, options, on: host, excluding: excluded
    ) { verdict in
      // A driver that was asked for has no next one: what is thrown tells why.
      guard settings.engine == .automatic else { return }
      log(
        .warning,
        "\(verdict.kind.rawValue) could not be opened: \(verdict.reasons.joined(separator: "; ")); trying the next driver")
    }
    return driver
  }

  private static func options(_ settings: Settings, _ interest: Interest, log: Log) -> CaptureOptions {
    var options = CaptureOptions()
    options.bufferBytesPerLane = settings.bufferBytes
    options.cpusPerLane = settings.cpusPerBuffer
    options.snaplen = settings.snaplen
    options.loadable = interest
    options.ignoredProcess = getpid()
    options.target = settings.target
    options.onCommandEnd = { [end = settings.commandEnd] outcome in end?.outcome = outcome }
    options.onDegraded = { program, reason in
      guard program != "ptrace" else { return log(.warning, reason) }
      guard program != CaptureOptions.ringsAreDegraded else { return log(.warning, "rings: \(reason)") }
      log(.warning, "the kernel refused program \(program); its events are missing, the rest goes on\n\(reason)")
    }
    return options
  }

  private static func failure(_ settings: Settings, _ error: SelectionError) -> Failure {
    guard case .only(let kind) = settings.engine, case .noneUsable(let verdicts) = error else {
      return Failure(error.description)
    }
    let reasons = verdicts.flatMap(\.reasons).joined(separator: "; ")
    return Failure(
      "the driver \(kind.rawValue) was asked for and cannot run here: \(reasons). Leave the choice open with --engine auto.")
  }
}
