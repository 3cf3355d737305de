internal import CLinux
internal import Glibc

/// What does not change while the host runs, or rarely: its name, when it booted, its addresses.
public struct HostReading: Sendable {
  public struct Interface: Sendable, Equatable {
    public var isV6: Bool
    public var isLoopback: Bool
    public var name: [UInt8]
    /// Network order, as two words loaded little-endian; IPv4 in the first four bytes.
    public var address: (high: UInt64, low: UInt64)
    public var mask: (high: UInt64, low: UInt64)

    public static func == (a: Interface, b: Interface) -> Bool {
      a.isV6 == b.isV6 && a.isLoopback == b.isLoopback && a.name == b.name && a.address == b.address && a.mask == b.mask
    }
  }
  public var name: String
  /// Nanoseconds since the epoch: what the clock shows now less the time since boot, suspension included.
  public var bootTime: UInt64
  /// The first 32 bits of the random id that the kernel gives each boot; 0 where /proc does not tell.
  public var bootID: UInt32
  /// Of this network namespace; at most 256.
  public var interfaces: [Interface]
  public var cpuCount: UInt32
  public var memoryBytes: UInt64
  /// The largest process id and one, as the kernel's setting says; 0 where it cannot be read.
  public var largestProcessID: UInt64

  /// Reads this host, wherever its /proc is mounted.
  public static func current() -> HostReading {
    var name = utsname()
    unsafe _ = uname(&name)
    let text = unsafe withUnsafeBytes(of: &name.nodename) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return HostReading(
      name: text, bootTime: wh_clock_realtime() - wh_clock_boottime(), bootID: readBootID(), interfaces: readInterfaces(),
      cpuCount: UInt32(clamping: sysconf(Int32(_SC_NPROCESSORS_ONLN))),
      memoryBytes: UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))),
      largestProcessID: readLargestProcessID())
  }

  private static func readBootID() -> UInt32 {
    var bytes = [UInt8](repeating: 0, count: 64)
    let got = unsafe wh_read_file("/proc/sys/kernel/random/boot_id", &bytes, bytes.count)
    guard got >= 8 else { return 0 }
    return UInt32(String(decoding: bytes.prefix(8), as: UTF8.self), radix: 16) ?? 0
  }

  private static func readLargestProcessID() -> UInt64 {
    var text = [UInt8](repeating: 0, count: 24)
    let count = unsafe text.withUnsafeMutableBytes { unsafe wh_read_file("/proc/sys/kernel/pid_max", $0.baseAddress, $0.count) }
    guard count > 0 else { return 0 }
    return UInt64(String(decoding: text[0..<count].prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)) ?? 0
  }

  private static func readInterfaces() -> [Interface] {
    var raw = [wh_interface_address](repeating: wh_interface_address(), count: 256)
    let count = unsafe raw.withUnsafeMutableBufferPointer { unsafe wh_interface_addresses($0.baseAddress, 256) }
    guard count > 0 else { return [] }
    return raw[0..<Int(count)].map { entry in
      var entry = entry
      return Interface(
        isV6: entry.family == UInt8(AF_INET6), isLoopback: entry.is_loopback != 0,
        name: unsafe withUnsafeBytes(of: &entry.name) { unsafe Array($0.prefix { $0 != 0 }) },
        address: unsafe withUnsafeBytes(of: &entry.address) { unsafe words($0) },
        mask: unsafe withUnsafeBytes(of: &entry.mask) { unsafe words($0) })
    }
  }

  private static func words(_ bytes: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64) {
    unsafe (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }
}
