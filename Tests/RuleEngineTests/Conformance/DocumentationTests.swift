import Testing

/// The examples in docs/CONDITIONS.md.
@Suite struct DocumentationTests {
  @Test func examplesAreWhatTheyAreSaidToBe() throws {
    let here = "Tests/RuleEngineTests/Conformance/DocumentationTests.swift"
    let text = try TextFile.read(String("\(#filePath)".dropLast(here.count)) + "docs/CONDITIONS.md")
    var kind = ""
    var counts = ["condition": 0, "refused": 0]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") {
        kind = String(line.dropFirst(3))
        continue
      }
      guard counts[kind] != nil else { continue }
      counts[kind]! += 1
      let problem = refusal(String(line))
      #expect((problem == nil) == (kind == "condition"), "docs/CONDITIONS.md:\(index + 1): \(line): \(problem ?? "accepted")")
    }
    #expect(counts["condition"]! >= 20 && counts["refused"]! >= 15, "the examples were not found")
  }
}
