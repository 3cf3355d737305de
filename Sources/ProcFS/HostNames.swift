internal import Glibc

public struct HostNameReading: Sendable, Equatable {
  public var isV6: Bool
  /// Network order, as two words loaded little-endian; IPv4 in the first four bytes.
  public var high: UInt64
  public var low: UInt64
  public var name: [UInt8]
}

/// Names of addresses from the file under the root. Nobody else is asked: a name server would answer late, and whoever
/// owns an address could choose what it says.
extension ProcFS {
  /// Those of etc/hosts; empty if there is none.
  public func hostNames() -> [HostNameReading] {
    var files = FileReader()
    return HostsFile.names(files.read(path("/etc/hosts")) ?? [])
  }
}

/// The text of hosts(5): lines `address name aliases`, comments behind `#`. Lines that are none are skipped.
public enum HostsFile {
  public static let limit = 4096

  public static func names(_ text: [UInt8]) -> [HostNameReading] {
    var names: [HostNameReading] = []
    for line in text.split(separator: 10) where names.count < limit {
      let words = line.prefix { $0 != UInt8(ascii: "#") }.split { $0 == 32 || $0 == 9 || $0 == 13 }
      guard words.count >= 2, words[1].count <= 255, let reading = read(words[0]) else { continue }
      names.append(HostNameReading(isV6: reading.isV6, high: reading.high, low: reading.low, name: Array(words[1])))
    }
    return names
  }

  private static func read(_ word: ArraySlice<UInt8>) -> (isV6: Bool, high: UInt64, low: UInt64)? {
    guard word.count < 46 else { return nil }
    let text = String(decoding: word, as: UTF8.self)
    let isV6 = word.contains(UInt8(ascii: ":"))
    var address: (UInt64, UInt64) = (0, 0)
    let result = unsafe withUnsafeMutableBytes(of: &address) { unsafe inet_pton(isV6 ? AF_INET6 : AF_INET, text, $0.baseAddress!) }
    return result == 1 ? (isV6, address.0, address.1) : nil
  }
}
