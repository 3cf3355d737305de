public import Capture
public import DriverSelection
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
      log(.warning, "the kernel refused program \(program); its events are missing, the rest goes on\n\(reason)")
    }
    do throws(SelectionError) {
      return try DriverSelector().open(settings.engine, options, on: host) { verdict in
        log(.warning, "\(verdict.kind.rawValue): \(verdict.reasons.joined(separator: "; ")); trying the next driver")
      }
    } catch {
      guard case .only(let kind) = settings.engine, case .noneUsable(let verdicts) = error else {
        throw Failure(error.description)
      }
      let reasons = verdicts.flatMap(\.reasons).joined(separator: "; ")
      throw Failure(
        "the driver \(kind.rawValue) was asked for and cannot run here: \(reasons). Leave the choice open with --engine auto.")
    }
  }
}
