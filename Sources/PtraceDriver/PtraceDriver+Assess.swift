public import Capture

extension PtraceDriver {
  /// `PTRACE_GET_SYSCALL_INFO` came with Linux 5.3.
  static let oldestKernel = KernelVersion(5, 3)
  /// Where ptrace is refused: user notification can let a call go on since 5.5.
  static let oldestNotifyingKernel = KernelVersion(5, 5)

  /// Whether commands can be traced. Attaching to a process depends on that process, and is found out by trying.
  public static func assess(_ host: borrowing HostFacts) -> DriverSupport {
    var obstacles: [Obstacle] = []
    if !["x86_64", "aarch64", ""].contains(host.architecture) {
      obstacles.append(.unsupportedArchitecture(host.architecture))
    }
    if host.kernel < oldestKernel {
      obstacles.append(.kernelTooOld(needs: oldestKernel, has: host.kernel))
    } else if !canTrace(host), host.kernel < oldestNotifyingKernel {
      let isBlocked = host.blockedCalls.contains("ptrace")
      obstacles.append(isBlocked ? .callForbidden("ptrace") : .ptraceScope(host.yamaPtraceScope ?? 0))
    }
    return obstacles.isEmpty ? .supported : .unsupported(obstacles)
  }

  /// Yama lets everybody trace children up to scope 1, privileged processes at 2, nobody at 3; a container's seccomp
  /// profile may refuse the call itself.
  private static func canTrace(_ host: borrowing HostFacts) -> Bool {
    if host.blockedCalls.contains("ptrace") { return false }
    return switch host.yamaPtraceScope ?? 0 {
    case ...1: true
    case 2: host.has(.sysPtrace)
    default: false
    }
  }
}
