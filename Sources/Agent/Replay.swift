internal import Capture
internal import CaptureFile
internal import SystemState

/// Opening a capture file in place of a driver.
enum Replay {
  /// Opens the file of the settings and gives up every privilege but those named: what it holds may be hostile.
  static func open(
    _ settings: Settings, keeping capabilities: Set<Capability> = [], log: Log
  ) throws(Failure) -> CaptureFileSource {
    if settings.target != nil {
      throw Failure("a capture file is read, so there is nothing to trace; leave --pid or the command out")
    }
    do throws(CaptureError) {
      let source = try CaptureFileSource(path: settings.captureFile)
      Privileges.keep(capabilities, log: log)
      if source.contents.refused > 0 {
        log(.warning, "\(settings.captureFile): \(source.contents.refused) entries of its lists are beyond the limits and left out")
      }
      return source
    } catch {
      throw Failure("cannot replay \(error)")
    }
  }
}
