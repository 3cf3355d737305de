internal import CKmod
internal import Capture
internal import Glibc

/// The module's device, open. Closed when the value is destroyed, which ends what the module does for us as soon as
/// the mappings are gone too.
struct Device: ~Copyable {
  let descriptor: Int32
  private let unloadsModule: Bool

  /// - Parameter unloadsModule: Whether to unload the module behind the last use. What stands against it (another
  ///   reader, capabilities given up meanwhile) leaves the module in the kernel, where `windhover driver unload` finds
  ///   it.
  init(unloadsModule: Bool) throws(CaptureError) {
    let result = wh_kmod_open()
    guard result >= 0 else {
      if unloadsModule { _ = unsafe wh_module_unload(KernelModule.name) }
      throw .system(errno: -result, during: "open /dev/windhover")
    }
    descriptor = result
    self.unloadsModule = unloadsModule
  }

  deinit {
    close(descriptor)
    if unloadsModule { _ = unsafe wh_module_unload(KernelModule.name) }
  }

  func info() throws(CaptureError) -> wh_kmod_info {
    var info = wh_kmod_info()
    try check(unsafe wh_kmod_info(descriptor, &info), "ask the kernel module what it is")
    return info
  }

  /// - Throws: `EPROTO` if the loaded module is another version's: unload it and load the one that fits.
  func setUp(_ setup: wh_kmod_setup) throws(CaptureError) {
    var setup = setup
    try check(unsafe wh_kmod_setup(descriptor, &setup), "set up the kernel module's rings")
  }

  func capture(_ interest: wh_kmod_interest) throws(CaptureError) {
    var interest = interest
    try check(unsafe wh_kmod_capture(descriptor, &interest), "tell the kernel module what to capture")
  }

  private func check(_ result: Int32, _ operation: String) throws(CaptureError) {
    guard result == 0 else { throw .system(errno: -result, during: operation) }
  }
}
