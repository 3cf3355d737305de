public import Capture
internal import Glibc

extension KmodDriver {
  /// A module that is in the kernel already needs nothing but its device; else it must be there to load, and allowed.
  public static func assess(_ host: borrowing HostFacts) -> DriverSupport {
    var obstacles: [Obstacle] = []
    if host.isInUserNamespace { obstacles.append(.userNamespace) }
    // The device asks for either: CAP_PERFMON is what the kernel asks of whoever watches all processes.
    if !host.has(.perfmon) && !host.has(.sysAdmin) { obstacles.append(.lacksCapability([.perfmon])) }
    if !host.hasLoadedModule { obstacles += loadingObstacles(host) }
    return obstacles.isEmpty ? .supported : .unsupported(obstacles)
  }

  private static func loadingObstacles(_ host: borrowing HostFacts) -> [Obstacle] {
    if !host.hasModules { return [.noModuleSupport] }
    var obstacles: [Obstacle] = []
    if !host.builtDrivers.contains(kind) {
      obstacles.append(.noObject(kind, release: host.kernelRelease, hasHeaders: host.hasKernelHeaders))
    }
    if !host.has(.sysModule) { obstacles.append(.lacksCapability([.sysModule])) }
    if host.lockdown != .none { obstacles.append(.lockdown(host.lockdown)) }
    if host.modulesDisabled { obstacles.append(.modulesDisabled) }
    return obstacles
  }

  /// Whether this host has the module, loaded or as a file for its kernel.
  public static var isBuilt: Bool { KernelModule.isLoaded || KernelModule.file != nil }
}
