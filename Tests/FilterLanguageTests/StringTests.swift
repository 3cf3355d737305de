import FilterLanguage
import Testing

@Suite struct StringTests {
  private func value(_ literal: String) throws -> [UInt8] {
    guard case .value(let value) = try check("a.b = \(literal)").right else { throw NoCheck() }
    return value.bytes
  }

  @Test func escapesStandForTheirCharacters() throws {
    #expect(try value(#""\b\f\n\r\t\\\/\"""#) == [8, 12, 10, 13, 9, 92, 47, 34])
    #expect(try value(#"'\''"#) == [39])
    #expect(try value(#""\x41\xff\x0a""#) == [0x41, 0xFF, 0x0A])
    #expect(try value(#""a\\\\b""#) == Array("a\\\\b".utf8))
  }

  @Test func aBackslashBeforeABlankYieldsABackslash() throws {
    #expect(try value(#""a\ b""#) == Array("a\\b".utf8))
  }

  @Test func otherEscapesAreErrors() {
    #expect(failure(#"a.b = "\'""#)?.reason == .unsupportedEscape("\\'"))
    #expect(failure(#"a.b = '\"'"#)?.reason == .unsupportedEscape("\\\""))
    #expect(failure(#"a.b = "\.""#)?.reason == .unsupportedEscape("\\."))
    #expect(failure(#"a.b = "\ä""#)?.reason == .unsupportedEscape("\\ä"))
    #expect(failure(#"a.b = "\x4""#)?.reason == .incompleteHexEscape)
    #expect(failure(#"a.b = "\xzz""#)?.reason == .incompleteHexEscape)
  }

  @Test func aQuoteBehindABackslashDoesNotCloseAString() {
    #expect(failure(#"a.b contains "\""#)?.reason == .expected([.string]))
    #expect(failure(#"a.b contains "\\""#)?.reason == .expected([.string]))
    #expect(failure(#"a.b endswith '\'"#)?.reason == .expected([.string]))
    #expect(failure(#"a.b = "x"#)?.hint?.contains("never closed") == true)
  }

  @Test func bareStringsHaveNoEscapes() throws {
    #expect(try value(#"a\n\.b"#) == Array(#"a\n\.b"#.utf8))
  }

  @Test func emptyStringsAreValues() throws {
    #expect(try value("\"\"").isEmpty)
    #expect(try value("''").isEmpty)
    guard case .list(let items, _) = try check("a.b in ('', x)").right else { throw NoCheck() }
    #expect(items.map(\.bytes.count) == [0, 1])
  }

  @Test func canonicalTextQuotesOnlyWhereItMust() {
    #expect(canonical("a.b = 'x'") == "a.b = x")
    #expect(canonical("a.b = 'x y'") == "a.b = \"x y\"")
    #expect(canonical("a.b = \"\"") == "a.b = \"\"")
    #expect(canonical("a.b in ('a=b', \"q'q\", 'c\\\\d', 'p(q)')") == #"a.b in ("a=b", "q'q", "c\\d", "p(q)")"#)
    #expect(canonical(#"a.b = "x\n\x01""#) == #"a.b = "x\n\x01""#)
    #expect(canonical(#"a.b = "x \x5c""#) == #"a.b = "x \x5c""#)
  }

  @Test func canonicalTextReadsBackAsTheSameTree() {
    for condition in conditions {
      let once = canonical(condition)
      #expect(!once.hasPrefix("error"), "\(condition)")
      #expect(canonical(once) == once)
    }
  }
}

/// Conditions that together use every part of the grammar.
let conditions = [
  "evt.type in (open,openat, openat2) and evt.is_open_write=true and fd.typechar='f' and fd.num>=0",
  "not proc.name in (a, b) or (fd.name startswith \"/etc/\" and not (user.uid = 0 or container))",
  "fd.name pmatch (/etc, \"/usr/*/lib\") and proc.aname[2] = sshd and jevt.value[/a/b] exists",
  "proc.cmdline icontains anyof (\"a b\", c) or proc.args regex \"^-[a-z]+\\\\.x$\" or proc.exe iglob *sh",
  "len(concat(proc.name, \"-\", toupper(user.name))) > 0x10 and join(\"\", (a.b, 'x', -3)) = val(c.d)",
  "getopt((proc.name, \"-c\"), \":c:\")[c] = x and evt.buffer bcontains cafe and evt.buffer bstartswith 00",
  "fd.sip = \"10.0.0.0\" and fd.snet in (\"10.0.0.0/8\") and fd.sport <= 1024 and evt.rawres < -1",
  "a.b != allof (x, y) and a.b == oneof (x) and a.b glob [a-z]* and a.b endswith .so and a.b intersects ()",
]
