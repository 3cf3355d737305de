import Testing
import YAML

@Suite struct ScalarSourceTests {
  /// Checks that every letter of the value stands in the file where the runs say.
  private func expectLettersInPlace(_ text: String, _ location: SourceLocation = #_sourceLocation) throws {
    let contents = Array(text.utf8)
    let node = try #require(try YAMLDocuments.read(contents).first?["k"])
    let value = Array(try #require(node.string).utf8)
    let runs = node.sourceRuns(in: contents)
    var letters = 0
    for (index, byte) in value.enumerated() where byte > 0x20 {
      let run = try #require(runs.last { $0.lower <= index })
      let offset = run.isVerbatim ? run.offset + index - run.lower : run.offset
      if run.isVerbatim {
        #expect(contents[offset] == byte, "byte \(index) of the value", sourceLocation: location)
        letters += 1
      } else {
        // A doubled quote or an escape sequence.
        let isEscape = contents[offset] == UInt8(ascii: "'") || contents[offset] == UInt8(ascii: "\\")
        #expect(isEscape, sourceLocation: location)
      }
    }
    #expect(letters > 0, sourceLocation: location)
  }

  @Test func plainScalarsOfOneLine() throws {
    try expectLettersInPlace("k: abc def  ghi   # comment\n")
    try expectLettersInPlace("j: 1\nk:    äöü x\n")
  }

  @Test func plainScalarsOverSeveralLines() throws {
    try expectLettersInPlace("k: (abc or\n     def)\n     and ghi\n\n     jkl\n")
  }

  @Test func quotedScalars() throws {
    try expectLettersInPlace("k: 'it''s  quoted\n   over lines'\n")
    try expectLettersInPlace("k: \"tab\\tand \\x41 \\u00e9 end\\\n   joined \\\"q\\\"\"\n")
  }

  @Test func literalBlocks() throws {
    try expectLettersInPlace("k: |\n    first\n      indented\n\n    last\n")
    try expectLettersInPlace("k: |2-\n    two kept\n  none\n")
    try expectLettersInPlace("k: |+ # comment\n\n\n  after blanks\n\n")
    try expectLettersInPlace("k: |\r\n  windows\r\n  lines\r\n")
  }

  @Test func foldedBlocks() throws {
    try expectLettersInPlace("k: >\n  one\n  two\n\n\n  three\n    more\n    indented\n  four\nj: 1\n")
    try expectLettersInPlace("k: >-\n\n  (fd.name in (x) or\n   fd.directory in\n     (y, z))\n")
  }

  @Test func foldedBreaksMapToTheEndOfTheirLine() throws {
    let contents = Array("k: >\n  ab\n  cd\n".utf8)
    let node = try #require(try YAMLDocuments.read(contents).first?["k"])
    #expect(node.string == "ab cd\n")
    #expect(
      node.sourceRuns(in: contents) == [
        ScalarRun(lower: 0, offset: 7, isVerbatim: true),
        ScalarRun(lower: 2, offset: 9, isVerbatim: false),
        ScalarRun(lower: 3, offset: 12, isVerbatim: true),
        ScalarRun(lower: 5, offset: 14, isVerbatim: false),
      ])
  }
}
