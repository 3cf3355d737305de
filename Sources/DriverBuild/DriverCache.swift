internal import CBPFObjects
public import Capture
internal import Glibc

/// Where built drivers lie: one folder for each state of the sources, one file for each kernel.
///
/// `ROOT/<digest of the sources>/windhover-<release>.bpf.o`, so that a new windhover never runs programs of an old one.
public struct DriverCache: Sendable, Equatable {
  public let root: String

  public init(root: String) { self.root = root }

  /// The system's cache, which only root writes.
  public static var system: DriverCache { DriverCache(root: "/var/lib/windhover/drivers") }

  /// Where this user builds: root for everyone, others for themselves, below `XDG_CACHE_HOME` or `~/.cache`.
  public static var own: DriverCache {
    if geteuid() == 0 { return system }
    if let folder = environment("XDG_CACHE_HOME"), folder.hasPrefix("/") {
      return DriverCache(root: folder + "/windhover/drivers")
    }
    return DriverCache(root: (environment("HOME") ?? "/tmp") + "/.cache/windhover/drivers")
  }

  /// The path of a driver built from this program's sources, whether it is there or not.
  public func path(of kind: DriverKind, kernel: KernelRelease) -> String {
    "\(root)/\(SourceArchive.embeddedDigest)/\(DriverCache.fileName(of: kind, kernel: kernel))"
  }

  /// The driver built for a kernel from this program's sources: this user's own, else the system's.
  public static func find(_ kind: DriverKind, kernel: KernelRelease) -> String? {
    [own, system].map { $0.path(of: kind, kernel: kernel) }.first { unsafe access($0, R_OK) == 0 }
  }

  static func fileName(of kind: DriverKind, kernel: KernelRelease) -> String {
    switch kind {
    case .kmod: "windhover-\(kernel).ko"
    default: "windhover-\(kernel).bpf.o"
    }
  }
}

func environment(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  let text = unsafe String(cString: value)
  return text.isEmpty ? nil : text
}
