internal import CDigest
internal import Glibc
internal import SystemState

/// The file that a process runs, open for reading.
@safe struct ExecutableFile: ~Copyable {
  private let descriptor: Int32
  let facts: wh_file_facts

  /// Opens it through /proc/PID/exe; if the process is gone, by its path, where that path is the host's.
  ///
  /// The change time must be the one that the process began with: the number may have a new owner, the path a new file.
  init?(_ executable: NewExecutable) {
    if let file = ExecutableFile.open("/proc/\(executable.process)/exe", isCached: false, executable) {
      (descriptor, facts) = file
    } else if !executable.hostPath.isEmpty, executable.changeTime != 0,
      let file = ExecutableFile.open(executable.hostPath, isCached: true, executable)
    {
      (descriptor, facts) = file
    } else {
      return nil
    }
  }

  private static func open(_ path: String, isCached: Bool, _ executable: NewExecutable) -> (Int32, wh_file_facts)? {
    var facts = wh_file_facts()
    let descriptor = unsafe wh_open_regular(path, isCached ? 1 : 0, &facts)
    guard descriptor >= 0 else { return nil }
    if executable.changeTime != 0, facts.change_time != executable.changeTime {
      close(descriptor)
      return nil
    }
    return (descriptor, facts)
  }

  deinit { close(descriptor) }

  var isUnchanged: Bool {
    var now = wh_file_facts()
    return unsafe wh_file_facts_of(descriptor, &now) == 0 && now.change_time == facts.change_time && now.size == facts.size
  }

  /// - Returns: `nil` if it cannot be read, or is longer than it was.
  func digest(limitBytes: UInt64) -> FileDigest? {
    var bytes = [UInt8](repeating: 0, count: 32)
    guard unsafe wh_sha256_of(descriptor, limitBytes, &bytes) == 0 else { return nil }
    return FileDigest(bytes)
  }

  /// The calling thread gets what processor time and disk nobody else wants.
  static func yieldToOthers() { wh_yield_to_others() }
}
