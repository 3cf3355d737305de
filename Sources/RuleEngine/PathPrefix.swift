/// The `pmatch` operator: does a path lie in, or equal, one of a list of paths?
///
/// Compares component by component and ignores empty ones, so `/etc/`, `//etc` and `etc` are the same and `/opt/dir`
/// does not cover `/opt/dir2`. A component of the pattern with `*`, `?` or `[` is a shell pattern.
enum PathPrefix {
  static func covers(_ prefix: borrowing RawSpan, _ path: borrowing RawSpan) -> Bool {
    // Most paths differ in the first letter of their first component.
    if prefix.byteCount > 1, path.byteCount > 1, prefix.byte(0) == UInt8(ascii: "/"), path.byte(0) == UInt8(ascii: "/"),
      prefix.byte(1) != path.byte(1), isLetter(prefix.byte(1)), isLetter(path.byte(1))
    {
      return false
    }
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

  @inline(__always)
  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 }

  /// The next component from `at` on, which moves behind it; empty at the end.
  private static func component(_ path: borrowing RawSpan, _ at: inout Int) -> Range<Int> {
    while at < path.byteCount, path.byte(at) == UInt8(ascii: "/") { at += 1 }
    let start = at
    while at < path.byteCount, path.byte(at) != UInt8(ascii: "/") { at += 1 }
    return start..<at
  }
}
