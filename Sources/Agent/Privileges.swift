internal import CLinux
internal import Capture

/// Giving up what is not needed once the driver is open.
enum Privileges {
  /// Keeps what reading `/proc` of other users' processes needs, and nothing else; for good.
  ///
  /// - Parameter target: Tracees have the privileges that are given up here, and the kernel lets nobody choose the CPUs
  ///   of somebody more privileged (cap_safe_nice in security/commoncap.c) without CAP_SYS_NICE: it is kept for tracing.
  /// - Parameter reserve: Out of force but not given up: what opening another driver takes, if this one dies.
  /// - Parameter writesFiles: Files in folders of other users are created while it runs.
  static func reduce(
    reserve: Set<Capability> = [], target: TraceTarget? = nil, writesFiles: Bool = false, log: Log
  ) {
    var kept: Set<Capability> = target == nil ? [.dacReadSearch, .sysPtrace] : [.dacReadSearch, .sysPtrace, .sysNice]
    if writesFiles { kept.insert(.dacOverride) }
    let error = wh_limit_capabilities(mask(kept), mask(reserve))
    if error != 0 { log(.warning, "could not give up privileges: \(errorText(-error)); running with all of them") }
  }

  /// Gives up every privilege but some, for good.
  static func keep(_ kept: Set<Capability>, log: Log) {
    let error = wh_limit_capabilities(mask(kept), 0)
    if error != 0 { log(.warning, "could not give up privileges: \(errorText(-error)); running with all of them") }
  }

  /// Runs something with the reserve in force. This thread only.
  static func raised<T: ~Copyable, E: Error>(_ reserve: Set<Capability>, _ body: () throws(E) -> T) throws(E) -> T {
    let before = wh_raise_capabilities(mask(reserve))
    defer { _ = wh_set_effective_capabilities(before) }
    return try body()
  }

  private static func mask(_ capabilities: Set<Capability>) -> UInt64 {
    capabilities.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
  }
}
