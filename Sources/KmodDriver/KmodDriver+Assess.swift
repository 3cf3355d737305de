public import Capture

extension KmodDriver {
  /// The oldest kernel that the module is built and tried on.
  static let oldestKernel = KernelVersion(5, 10)

  /// A module that is in the kernel already needs nothing but its device; else it must be there to load, and allowed.
  public static func assess(_ host: borrowing HostFacts) -> DriverSupport {
    var obstacles: [Obstacle] = []
    if !["x86_64", ""].contains(host.architecture) { obstacles.append(.unsupportedArchitecture(host.architecture)) }
    if host.kernel < oldestKernel { obstacles.append(.kernelTooOld(needs: oldestKernel, has: host.kernel)) }
    if host.isInUserNamespace { obstacles.append(.userNamespace) }
    // What the device asks for is what the kernel asks of whoever watches all processes.
    let isLoaded = host.hasLoadedModule
    let needed: [Capability] = isLoaded ? [.perfmon] : [.perfmon, .sysModule]
    obstacles += host.obstacles(lacking: needed)
    if isLoaded && host.moduleDeviceError != 0 { obstacles.append(.moduleDevice(host.moduleDeviceError)) }
    guard !isLoaded else { return DriverSupport(obstacles, dependingOn: [.userNamespace], of: host) }

    if host.hasModules || !host.isKnown(.modules) {
      if !host.builtDrivers.contains(kind) {
        obstacles.append(.noObject(kind, release: host.kernelRelease, hasHeaders: host.hasKernelHeaders))
      }
      if host.lockdown != .none { obstacles.append(.lockdown(host.lockdown)) }
      if host.modulesDisabled { obstacles.append(.modulesDisabled) }
      if host.enforcesModuleSignatures && !isSigned { obstacles.append(.unsignedModule) }
    } else {
      obstacles.append(.noModuleSupport)
    }
    return DriverSupport(
      obstacles, dependingOn: [.modules, .modulesDisabled, .lockdown, .moduleSignatures, .userNamespace], of: host)
  }

  /// Whether the module's file ends as signed ones do. Whether the kernel trusts the key, only loading tells.
  private static var isSigned: Bool { KernelModule.file.map(KernelModule.isSigned) ?? false }

  /// Whether this host has the module, loaded or as a file for its kernel.
  public static var isBuilt: Bool { KernelModule.isLoaded || KernelModule.file != nil }
}
