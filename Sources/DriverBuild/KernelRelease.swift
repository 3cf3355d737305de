internal import Glibc

/// The release of a kernel as `uname -r` prints it, such as `6.1.0-18-cloud-amd64`: a part of file names and of arguments.
public struct KernelRelease: Sendable, Hashable, CustomStringConvertible {
  public let description: String

  /// `nil` for a text that no kernel has as its release: empty, longer than 64 bytes, or with anything else than
  /// letters, digits, `.`, `_`, `+`, `~` and `-`, or beginning with `.` or `-`.
  public init?(_ text: String) {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= 64, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else {
      return nil
    }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"),
        UInt8(ascii: "~"), UInt8(ascii: "-"):
        break
      default: return nil
      }
    }
    description = text
  }

  /// That of the running kernel; `unknown` where it cannot be had or has other characters.
  public static var running: KernelRelease {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return KernelRelease("unknown")! }
    let text = unsafe withUnsafeBytes(of: names.release) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return KernelRelease(text) ?? KernelRelease("unknown")!
  }
}
