import Glibc
import Testing

@testable import RuleEngine

/// Against the C library's own fnmatch, which is what shell patterns are defined by.
@Suite struct GlobTests {
  private func matches(_ value: String, _ pattern: String, ignoringCase: Bool = false) -> Bool {
    let value = Array(value.utf8), pattern = Array(pattern.utf8)
    return Glob.matches(value.span.bytes, pattern.span.bytes, ignoringCase: ignoringCase)
  }

  @Test(arguments: [
    ("/etc/passwd", "*", true), ("/a/.b", "/a/*", true), (".hidden", "*", true), ("", "*", true), ("", "", true),
    ("", "?", false), ("a/b", "a?b", true), ("abc", "a[b-d]c", true), ("abc", "a[!b]c", false), ("a]c", "a[]]c", true),
    ("a-c", "a[x-]c", true), ("a*c", "a\\*c", true), ("abc", "a\\*c", false), ("a\\", "a\\", false),
    ("x1", "x[[:digit:]]", true), ("xa", "x[[:digit:][:upper:]]", false), ("x:", "x[[:]", true), ("a[c", "a\\[c", true),
  ])
  func asTheManualSays(value: String, pattern: String, expected: Bool) {
    #expect(fnmatch(pattern, value, 0) == (expected ? 0 : FNM_NOMATCH), "the C library agrees with the table")
    #expect(matches(value, pattern) == expected)
  }

  @Test func likeTheCLibraryOnArbitraryPatterns() {
    var state: UInt64 = 42
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let pieces = ["a", "b", "c", "*", "?", "[ab]", "[!a]", "[a-c]", "[]a]", "[!]]", "\\*", "\\a", "/", ".", "[[:alpha:]]", "-"]
    let letters = ["a", "b", "c", "/", ".", "]", "*", "-", "A"]
    for _ in 0..<30_000 {
      let pattern = (0..<next(7)).map { _ in pieces[next(pieces.count)] }.joined()
      let value = (0..<next(7)).map { _ in letters[next(letters.count)] }.joined()
      let expected = fnmatch(pattern, value, 0) == 0
      #expect(matches(value, pattern) == expected, "'\(value)' against '\(pattern)'")
    }
  }

  @Test func casesAreFoldedOnRequest() {
    #expect(matches("ABC", "a[b-c]*", ignoringCase: true))
    #expect(matches("abc", "A[B]C", ignoringCase: true))
    #expect(!matches("abd", "A[B]C", ignoringCase: true))
  }

  /// Exponential for matchers that try every way to share the value among the stars.
  @Test func manyStarsAreNoTrap() {
    let value = String(repeating: "a", count: 2_000)
    let pattern = String(repeating: "a*", count: 40) + "b"
    let clock = ContinuousClock()
    var matched = true
    let time = clock.measure { matched = matches(value, pattern) }
    #expect(!matched)
    #expect(time < .seconds(2))
  }
}
