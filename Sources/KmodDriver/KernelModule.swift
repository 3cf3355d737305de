internal import CKmod
internal import Capture
internal import CLinux
internal import DriverBuild
internal import Glibc

/// Windhover's module in the running kernel: where its file is, loading and unloading.
public enum KernelModule {
  public static let name = "windhover"

  /// Why the module could not be loaded or unloaded. The errno values are the kernel's.
  public enum Failure: Error, Sendable, Equatable {
    /// No file for this kernel, neither built here nor installed below /lib/modules.
    case notBuilt(release: String)
    case loading(path: String, errno: Int32)
    case unloading(errno: Int32)
  }

  /// Whether the kernel has the module: as told by `/sys/module`, which every process may read.
  public static var isLoaded: Bool { unsafe access("/sys/module/\(name)", F_OK) == 0 }

  /// Where DKMS and packages install modules for a kernel.
  static func installed(for release: KernelRelease) -> [String] {
    ["updates/dkms", "updates", "extra"].flatMap { folder in
      ["", ".xz", ".zst", ".gz"].map { "/lib/modules/\(release)/\(folder)/windhover.ko\($0)" }
    }
  }

  /// The file for the running kernel: what `windhover driver build` has made, else what is installed; `nil` if there is
  /// neither.
  public static var file: String? {
    let release = KernelRelease.running
    return DriverCache.find(.kmod, kernel: release)
      ?? installed(for: release).first { unsafe access($0, R_OK) == 0 }
  }

  /// Whether a signature is appended to a module's file. Of a compressed file nothing is known: it counts as signed.
  static func isSigned(_ path: String) -> Bool {
    guard path.hasSuffix(".ko") else { return true }
    return unsafe wh_module_is_signed(path) != 0
  }

  /// Loads the module; `false` if the kernel has it already.
  ///
  /// - Parameter path: The file; by default the one for the running kernel.
  @discardableResult
  public static func load(from path: String? = nil) throws(Failure) -> Bool {
    if isLoaded { return false }
    guard let path = path ?? file else { throw .notBuilt(release: KernelRelease.running.description) }
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
    case .notBuilt(let release):
      "the kernel module has not been built for Linux \(release): run windhover driver build --kind kmod, which takes the"
        + " headers of that kernel"
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
