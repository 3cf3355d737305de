internal import CLinux
internal import Capture

/// Giving up what is not needed once the driver is open.
enum Privileges {
  /// Keeps what reading `/proc` of other users' processes needs, and nothing else; for good.
  static func reduce(log: Log) {
    var keep: UInt64 = 0
    for capability in [Capability.dacReadSearch, .sysPtrace] { keep |= 1 << UInt64(capability.rawValue) }
    let error = wh_keep_capabilities(keep)
    if error != 0 { log(.warning, "could not give up privileges: \(errorText(-error)); running with all of them") }
  }
}
