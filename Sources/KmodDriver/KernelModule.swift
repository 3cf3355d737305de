internal import CKmod
internal import Capture
internal import CLinux
internal import Glibc

/// Windhover's module in the running kernel: where its file is, loading and unloading.
public enum KernelModule {
  public static let name = "windhover"

  /// Why the module could not be loaded or unloaded. The errno values are the kernel's.
  public enum Failure: Error, Sendable, Equatable {
    /// No file for this kernel in any of the places looked at.
    case notBuilt(release: String, looked: [String])
    case loading(path: String, errno: Int32)
    case unloading(errno: Int32)
  }

  /// Whether the kernel has the module: as told by `/sys/module`, which every process may read.
  public static var isLoaded: Bool { unsafe access("/sys/module/\(name)", F_OK) == 0 }

  /// `uname -r`.
  static var release: String {
    var bytes = [CChar](repeating: 0, count: 256)
    guard unsafe wh_running_release(&bytes, bytes.count) == 0 else { return "" }
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Where a module for a kernel may be, the first that exists counts: the agent's own store, then where DKMS and
  /// packages install modules.
  static func places(for release: String) -> [String] {
    let own = ["/var/lib/windhover/drivers/\(release)/windhover.ko"]
    let folders = ["updates/dkms", "updates", "extra"]
    return own
      + folders.flatMap { folder in
        ["", ".xz", ".zst", ".gz"].map { "/lib/modules/\(release)/\(folder)/windhover.ko\($0)" }
      }
  }

  /// The file for the running kernel; `nil` if it has not been built.
  public static var file: String? { places(for: release).first { unsafe access($0, R_OK) == 0 } }

  /// Loads the module; `false` if the kernel has it already.
  ///
  /// - Parameter path: The file; by default the one for the running kernel.
  @discardableResult
  public static func load(from path: String? = nil) throws(Failure) -> Bool {
    if isLoaded { return false }
    guard let path = path ?? file else { throw .notBuilt(release: release, looked: places(for: release)) }
    let result = unsafe wh_module_load(path)
    // Somebody else was faster.
    if result == -EEXIST { return false }
    guard result == 0 else { throw .loading(path: path, errno: -result) }
    return true
  }

  /// Unloads the module; `false` if the kernel does not have it. Refused while any reader has it open.
  @discardableResult
  public static func unload() throws(Failure) -> Bool {
    let result = unsafe wh_module_unload(name)
    if result == -ENOENT { return false }
    guard result == 0 else { throw .unloading(errno: -result) }
    return true
  }
}

extension KernelModule.Failure: CustomStringConvertible {
  /// What happened, and what to do about it.
  public var description: String {
    switch self {
    case .notBuilt(let release, let looked):
      "the kernel module has not been built for Linux \(release); build it with its headers: windhover driver build --kind kmod"
        + " (looked for \(looked[0]) and below /lib/modules/\(release))"
    case .loading(let path, let errno): "load \(path): \(errorText(errno)); \(Self.reason(loading: errno))"
    case .unloading(let errno): "unload the module: \(errorText(errno)); \(Self.reason(unloading: errno))"
    }
  }

  static func reason(loading errno: Int32) -> String {
    switch errno {
    case EPERM:
      "this takes CAP_SYS_MODULE in the initial user namespace, a kernel that is not locked down, and"
        + " kernel.modules_disabled=0"
    case EKEYREJECTED, ENOKEY, EBADMSG, ENOPKG:
      "this kernel takes signed modules only: sign it with a key that the kernel trusts, or use an eBPF driver"
    case ENOEXEC: "it was built for another kernel, or with another configuration: build it again for this one (dmesg says more)"
    case ENOENT: "a symbol that it needs is not in this kernel: build it again for this one (dmesg says more)"
    case EINVAL: "the file is damaged, or compressed in a way that this kernel does not know"
    case ENODEV: "this kernel was built without tracepoints of system calls (CONFIG_FTRACE_SYSCALLS)"
    case EBUSY: "it is being unloaded just now: try again"
    default: "dmesg may say more"
    }
  }

  static func reason(unloading errno: Int32) -> String {
    switch errno {
    case EAGAIN, EBUSY: "it is in use: stop what has /dev/windhover open"
    case EPERM: "this takes CAP_SYS_MODULE in the initial user namespace, and kernel.modules_disabled=0"
    default: "dmesg may say more"
    }
  }

  /// In use just now, and not for good.
  public var isBusy: Bool {
    if case .unloading(EAGAIN) = self { return true }
    if case .unloading(EBUSY) = self { return true }
    return false
  }

  var captureError: CaptureError {
    switch self {
    case .notBuilt: .notBuilt(.kmod)
    case .loading(let path, let errno): .refused(program: path, errno: errno, log: Self.reason(loading: errno))
    case .unloading(let errno): .system(errno: errno, during: "unload the kernel module")
    }
  }
}
