import Foundation
import Testing

/// `-V FILE`, in text and as JSON.
@Suite struct ValidationTests {
  static let good = "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type = open\n"

  private func validate(_ text: String, json: Bool, _ more: [String] = []) throws -> Invocation {
    try Invocation(["-V", "rules.yaml"] + (json ? ["-o", "json_output=true"] : []) + more, file: "rules.yaml", text)
  }

  @Test(arguments: DiagnosticCase.all)
  func theReportHasCodeMessagePlaceAndSnippet(_ expected: DiagnosticCase) throws {
    let run = try validate(expected.file, json: true)
    let report = try run.json()
    #expect(report.keys == ["falco_load_results"])
    let result = report["falco_load_results"][0]
    let isParsed = expected.code != "LOAD_ERR_YAML_PARSE"
    #expect(
      result.keys
        == Set(["name", "successful", "errors", "warnings"]).union(isParsed ? ["schema_valid", "schema_warnings"] : []))
    #expect(result["name"].string == "rules.yaml")
    let problems = result[expected.isError ? "errors" : "warnings"].array.filter { $0["code"].string == expected.code }
    try #require(problems.count == 1, "\(run.output)")
    let problem = problems[0]
    #expect(problem.keys == ["code", "codedesc", "message", "context"])
    #expect(problem["codedesc"].string == DiagnosticCase.descriptions[expected.code])
    #expect(problem["message"].string?.contains(expected.message) == true, "\(problem["message"].string ?? "")")
    #expect(problem["context"].keys == ["locations", "snippet"])
    let locations = problem["context"]["locations"].array
    #expect(locations.compactMap { $0["item_type"].string } == expected.way)
    for location in locations {
      #expect(location.keys == ["item_type", "item_name", "position"])
      #expect(location["position"].keys == ["name", "line", "column", "offset"])
      #expect(location["position"]["name"].string == "rules.yaml")
    }
    let position = try #require(locations.last)["position"]
    #expect(position["line"].int == expected.place.line)
    #expect(position["column"].int == expected.place.column)
    #expect(position["offset"].int == expected.place.offset)
    #expect(problem["context"]["snippet"].string == expected.snippet)

    let isInvalid = !result["errors"].array.isEmpty
    #expect(result["successful"].bool == !isInvalid)
    #expect(run.code == (isInvalid ? 1 : 0))
    #expect(run.errors == (isInvalid ? "Error: rules.yaml cannot be used; the report says why\n" : ""))
  }

  @Test(arguments: DiagnosticCase.all)
  func theTextSaysTheSame(_ expected: DiagnosticCase) throws {
    let run = try validate(expected.file, json: false)
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
    let isInvalid = run.code != 0
    #expect(lines[0] == (isInvalid ? "rules.yaml: Invalid" : "rules.yaml: Ok, with warnings"))
    let summary = DiagnosticCase.descriptions[expected.code] ?? "?"
    let at = try #require(lines.firstIndex { $0.hasPrefix("\(expected.code) (\(summary)): ") }, "\(run.output)")
    // The line of the place and its snippet stand before, places counted from 1.
    #expect(lines[at - 1] == "------" && lines[at - 4] == "------")
    #expect("\(lines[at - 3])\n\(lines[at - 2])\n" == expected.snippet)
    #expect(lines[at - 5].hasSuffix("(rules.yaml:\(expected.place.line + 1):\(expected.place.column + 1))"))
    #expect(run.errors == (isInvalid ? "Error: rules.yaml cannot be used; the report says why\n" : ""))
  }

  /// Two more codes are for items of other programs' extensions; nothing that a file can say leads there.
  @Test func everyCodeHasACaseExceptThoseOfExtensions() {
    let shown = Set(DiagnosticCase.all.map(\.code)).union(["LOAD_ERR_FILE_READ"])
    #expect(shown == Set(DiagnosticCase.descriptions.keys))
    #expect(shown.count == 7 + 15 - 2)
  }

  @Test(arguments: [
    ("missing.yaml", "No such file or directory"), ("rules.txt", "does not end in .yaml"), ("secret.yaml/x.yaml", "Not a directory"),
  ])
  func aFileThatCannotBeReadIsAnErrorOfItsOwn(name: String, message: String) throws {
    let files = ["rules.txt": Data(Self.good.utf8), "secret.yaml": Data()]
    let run = try Invocation(["-V", name, "-o", "json_output=true"], files: files)
    let result = try run.json()["falco_load_results"][0]
    #expect(result["name"].string == name)
    #expect(result["successful"].bool == false)
    #expect(result["errors"].array.count == 1)
    #expect(result["errors"][0]["code"].string == "LOAD_ERR_FILE_READ")
    #expect(result["errors"][0]["codedesc"].string == "File read error")
    #expect(result["errors"][0]["message"].string?.contains(message) == true)
    #expect(run.code == 1)
    let text = try Invocation(["-V", name], files: files)
    #expect(text.code == 1)
    #expect(text.output.contains("LOAD_ERR_FILE_READ (File read error): "))
    #expect(text.errors.hasPrefix("Error: \(name)"))
  }

  @Test func aGoodFileIsOk() throws {
    let text = try validate(Self.good, json: false)
    #expect(text.output == "rules.yaml: Ok\n")
    #expect(text.code == 0 && text.errors.isEmpty)
    let json = try validate(Self.good, json: true)
    #expect(
      json.output
        == #"{"falco_load_results":[{"name":"rules.yaml","successful":true,"schema_valid":true,"schema_warnings":[],"errors":[],"warnings":[]}]}"#
        + "\n")
    #expect(json.code == 0 && json.errors.isEmpty)
  }

  @Test func deviationsFromTheSchemaAreListed() throws {
    let run = try validate(Self.good.replacing("INFO", with: "info"), json: true)
    let result = try run.json()["falco_load_results"][0]
    #expect(result["schema_valid"].bool == false)
    #expect(result["schema_warnings"].array.count == 1)
    #expect(result["successful"].bool == true)
    #expect(run.code == 0)
  }

  @Test func allProblemsOfAFileAreToldInOnePass() throws {
    let text = """
      - rule: a
        desc: d
        output: "%proc.nmae %fd.nmae"
        priority: HIGH
        condition: evt.type = open
      - macro: m
        condition: evt.type = opne and (
      - rule: b
        desc: d
        output: "%proc.nmae"
        priority: INFO
        condition: evt.type = opne and proc.nmae = x and fd.num = x and fd.nmae contains y
      - rule: c
        output: o
        priority: INFO
        condition: undefined or also_undefined
      - list: l
        items: x
      """
    let run = try validate(text, json: true)
    let errors = try run.json()["falco_load_results"][0]["errors"].array
    #expect(
      errors.compactMap { $0["code"].string }.sorted() == [
        "LOAD_ERR_COMPILE_CONDITION", "LOAD_ERR_COMPILE_CONDITION", "LOAD_ERR_COMPILE_CONDITION",
        "LOAD_ERR_COMPILE_CONDITION", "LOAD_ERR_COMPILE_CONDITION", "LOAD_ERR_COMPILE_OUTPUT",
        "LOAD_ERR_YAML_VALIDATE", "LOAD_ERR_YAML_VALIDATE", "LOAD_ERR_YAML_VALIDATE",
      ], "\(run.output)")
  }

  @Test func filesBuildOnThoseBefore() throws {
    let files = [
      "a.yaml": Data("- macro: spawned\n  condition: evt.type = execve\n".utf8),
      "b.yaml": Data("- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: spawned\n".utf8),
    ]
    let run = try Invocation(["-V", "a.yaml", "-V", "b.yaml", "-o", "json_output=true"], files: files)
    let results = try run.json()["falco_load_results"].array
    #expect(results.compactMap { $0["name"].string } == ["a.yaml", "b.yaml"])
    #expect(results.allSatisfy { $0["successful"].bool == true })
    #expect(run.code == 0)
    let turned = try Invocation(["-V", "b.yaml", "-V", "a.yaml", "-o", "json_output=true"], files: files)
    #expect(turned.code == 1)
    #expect(turned.errors == "Error: b.yaml cannot be used; the report says why\n")
  }

  @Test func descriptionsFollowWhereTheyAreAskedFor() throws {
    let both = try validate(Self.good, json: true, ["-l", "r"]).json()
    #expect(both.keys == ["falco_load_results", "falco_describe_results"])
    #expect(both["falco_describe_results"]["rules"][0]["info"]["name"].string == "r")
    let invalid = try validate(Self.good.replacing("= open", with: "= opne"), json: true, ["-L"])
    #expect(try invalid.json().keys == ["falco_load_results"])
    #expect(invalid.code == 1)
  }
}
