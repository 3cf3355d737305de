/// The `pmatch` operator: does a path lie in, or equal, one of a list of paths?
///
/// Compares component by component and ignores empty ones, so `/etc/`, `//etc` and `etc` are the same and `/opt/dir`
/// does not cover `/opt/dir2`. A component of the pattern with `*`, `?` or `[` is a shell pattern.
enum PathPrefix {
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
