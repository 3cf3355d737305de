internal import CHostFacts
internal import CLinux
internal import Glibc

/// Reads small files of the kernel, and tells what is not there from what is hidden.
///
/// A missing file means that the kernel lacks the feature, provided that the file system it belongs to is mounted at all
/// and shows itself: in a container it often is not.
struct FactReader {
  /// Put in front of every path; empty for this host.
  let root: String

  enum Reading: Equatable {
    case text(String)
    /// The kernel does not have it.
    case absent
    case hidden(Int32)
  }

  /// - Parameter mount: A file or folder of the same file system that every kernel has.
  func read(_ path: String, under mount: String, limit: Int = 65_536) -> Reading {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = wh_read_file(root + path, &bytes, bytes.count)
    if count >= 0 { return .text(String(decoding: bytes[0..<count], as: UTF8.self)) }
    let error = Int32(-count)
    guard error == ENOENT || error == ENOTDIR else { return .hidden(error) }
    return exists(mount) ? .absent : .hidden(error)
  }

  /// A file of /proc.
  func process(_ path: String) -> Reading { read(path, under: "/proc/self/status") }
  /// A file of /proc/sys.
  func setting(_ path: String) -> Reading { read(path, under: "/proc/sys/kernel/osrelease") }
  /// A file of /sys.
  func system(_ path: String) -> Reading { read(path, under: "/sys/kernel/notes", limit: 4096) }

  /// A file of securityfs, which many containers and small systems do not mount.
  func security(_ name: String) -> Reading {
    let mounted = read("/sys/kernel/security/\(name)", under: "/sys/kernel/security/lsm")
    guard mounted.error != nil, root.isEmpty else { return mounted }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = wh_read_securityfs(name, &bytes, bytes.count)
    if count >= 0 { return .text(String(decoding: bytes[0..<count], as: UTF8.self)) }
    return count == -Int(ENOENT) ? .absent : mounted
  }

  func exists(_ path: String) -> Bool { wh_can_read(root + path) != 0 }

  /// Where a symbolic link points; `nil` if it cannot be read.
  func link(_ path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 4096)
    let count = readlink(root + path, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }

  /// The kernel's configuration, wherever the distribution puts it; empty if nowhere.
  func kernelConfiguration(release: String) -> String {
    for path in ["/proc/config.gz", "/boot/config-\(release)", "/lib/modules/\(release)/config"] {
      var bytes = [UInt8](repeating: 0, count: 2 << 20)
      let count = wh_read_gzip(root + path, &bytes, bytes.count)
      if count > 0 { return String(decoding: bytes[0..<count], as: UTF8.self) }
    }
    return ""
  }
}

extension FactReader.Reading {
  /// The first line; `nil` if there is none.
  var line: String? {
    guard case .text(let text) = self else { return nil }
    return text.split(separator: "\n", maxSplits: 1).first.map(String.init)
  }
  var text: String { if case .text(let text) = self { text } else { "" } }
  var error: Int32? { if case .hidden(let error) = self { error } else { nil } }
}
