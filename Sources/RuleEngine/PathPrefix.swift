/// The `pmatch` operator: does a path lie in, or equal, one of a list of paths?
///
/// Compares component by component and ignores empty ones, so `/etc/`, `//etc` and `etc` are the same and `/opt/dir`
/// does not cover `/opt/dir2`. A component of the pattern with `*`, `?` or `[` is a shell pattern.
enum PathPrefix {
  /// Whether a constant is an absolute path without empty components, slash at the end and shell patterns: the usual
  /// form, which is compared byte by byte.
  static func isPlain(_ prefix: borrowing RawSpan) -> Bool {
    let slash = UInt8(ascii: "/")
    guard prefix.byteCount > 1, prefix.byte(0) == slash, prefix.byte(prefix.byteCount - 1) != slash else { return false }
    for index in 1..<prefix.byteCount where prefix.byte(index) == slash && prefix.byte(index - 1) == slash {
      return false
    }
    return !Glob.isPattern(prefix)
  }

  /// - Parameter isPlain: What ``isPlain(_:)`` says of `prefix`.
  @inline(__always)
  static func covers(_ prefix: borrowing RawSpan, isPlain: Bool, _ path: borrowing RawSpan) -> Bool {
    let slash = UInt8(ascii: "/")
    guard isPlain, path.byteCount > 1, path.byte(0) == slash, path.byte(1) != slash else { return covers(prefix, path) }
    let common = min(prefix.byteCount, path.byteCount)
    var at = 1
    while at < common, prefix.byte(at) == path.byte(at) { at &+= 1 }
    if at == prefix.byteCount { return at == path.byteCount || path.byte(at) == slash }
    // Where both slashes are the path's, an empty component may have come between.
    if at < path.byteCount, path.byte(at) == slash, path.byte(at &- 1) == slash { return covers(prefix, path) }
    return false
  }

  static func covers(_ prefix: borrowing RawSpan, _ path: borrowing RawSpan) -> Bool {
    var a = 0
    var b = 0
    while true {
      let wanted = component(prefix, &a)
      if wanted.isEmpty { return true }
      let actual = component(path, &b)
      if actual.isEmpty { return false }
      let pattern = prefix.extracting(wanted)
      let value = path.extracting(actual)
      guard Glob.isPattern(pattern) ? Glob.matches(value, pattern) : Bytes.equal(value, pattern) else { return false }
    }
  }

  /// The next component from `at` on, which moves behind it; empty at the end.
  private static func component(_ path: borrowing RawSpan, _ at: inout Int) -> Range<Int> {
    while at < path.byteCount, path.byte(at) == UInt8(ascii: "/") { at += 1 }
    let start = at
    while at < path.byteCount, path.byte(at) != UInt8(ascii: "/") { at += 1 }
    return start..<at
  }
}
