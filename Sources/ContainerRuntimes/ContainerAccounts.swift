internal import CLinux
internal import CRuntimeSockets
internal import Glibc
internal import ProcFS

/// The users and groups that a container's own files name.
///
/// The files are anyone's who can write in the container: only regular files are read, on the container's root file
/// system or mounted over a file of it, of at most ``longestFile`` bytes, and no link leads out of the root. What waits
/// for a file server is not touched: one that never answers would hold the reader for ever.
enum ContainerAccounts {
  enum Outcome {
    case read([UserReading], [GroupReading])
    /// The process has still our own root: its container is being set up.
    case tooEarly
    /// The process is gone, the kernel too old, or the files are out of bounds.
    case unreadable
  }

  static let longestFile = 256 << 10

  /// - Parameters:
  ///   - process: A process of the container. Its cgroup is compared, as the id may have a new owner by now.
  ///   - id: The container's whole id or name.
  static func read(process: Int32, id: String) -> Outcome {
    guard process > 0, isMember(process, id) else { return .unreadable }
    switch contents("etc/passwd", process) {
    case .failure(let error): return error.code == ELOOP ? .tooEarly : .unreadable
    case .success(let users):
      var groups: [UInt8] = []
      if case .success(let text) = contents("etc/group", process) { groups = text }
      return .read(AccountFiles.users(users), AccountFiles.groups(groups))
    }
  }

  private struct SystemError: Error { var code: Int32 }

  private static func contents(_ path: String, _ process: Int32) -> Result<[UInt8], SystemError> {
    let file = unsafe wh_open_in_root_of(process, path)
    if file < 0 {
      // A container need not have the file: it has no users then.
      return file == -ENOENT ? .success([]) : .failure(SystemError(code: -file))
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: longestFile)
    var count = 0
    while count < bytes.count {
      let got = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(file, $0.baseAddress! + count, $0.count - count) }
      if got == 0 { break }
      if got < 0 {
        if errno == EINTR { continue }
        return .failure(SystemError(code: errno))
      }
      count += got
    }
    bytes.removeSubrange(count...)
    return .success(bytes)
  }

  private static func isMember(_ process: Int32, _ id: String) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 16_384)
    let got = unsafe wh_read_file("/proc/\(process)/cgroup", &bytes, bytes.count)
    guard got > 0 else { return false }
    return unsafe id.utf8.withContiguousStorageIfAvailable { name in
      unsafe wh_contains(bytes, Int(got), name.baseAddress!, name.count) != 0
    } ?? false
  }
}
