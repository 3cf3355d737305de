public import Capture
internal import Glibc

extension KernelVersion {
  /// The version of the kernel that runs; 0.0 if `uname` tells nothing that looks like one.
  public static let running: KernelVersion = {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return KernelVersion(0, 0) }
    let release = unsafe withUnsafeBytes(of: names.release) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    let numbers = release.split(maxSplits: 2) { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 ? KernelVersion(numbers[0], numbers[1]) : KernelVersion(0, 0)
  }()
}
