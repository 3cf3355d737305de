import FoundationEssentials
import Glibc

/// Whether this host can capture with the driver that the tests ask for.
enum Host {
  /// What stands in the way, found without asking the program under test.
  static let obstacle: String? = {
    guard geteuid() == 0 else { return "these tests need root, and run as user \(geteuid())" }
    let status = String(decoding: FileManager.default.contents(atPath: "/proc/self/status") ?? Data(), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") } ?? ""
    let capabilities = UInt64(line.split(separator: "\t").last ?? "", radix: 16) ?? 0
    let administration: UInt64 = 1 << 21
    guard capabilities & administration != 0 else { return "these tests need CAP_SYS_ADMIN, which this session lacks" }
    guard access("/sys/kernel/btf/vmlinux", R_OK) == 0 || environment("WINDHOVER_ENGINE") != nil else {
      return "this kernel has no BTF (/sys/kernel/btf/vmlinux), which the modern_ebpf driver needs"
    }
    return nil
  }()

  /// True where the obstacle may be reported as a skip instead of a failure.
  static let skips = obstacle != nil && environment("WINDHOVER_ALLOW_SKIP") == "1"
}
