import Foundation
import Testing

/// `append_output` and `-p`: what alerts say besides, on a command that is traced.
@Suite struct OutputAdditionTests {
  private static let rules = """
    - rule: first
      desc: d
      condition: evt.type = execve and evt.arg.filename endswith /true
      output: first
      priority: INFO
      tags: [x, y]
    - rule: second
      desc: d
      condition: evt.type = procexit and proc.name = true
      output: second %proc.name
      priority: INFO
      tags: [x]
    """

  /// The alerts by rule.
  private func alerts(_ config: String, _ more: [String] = []) throws -> [String: JSON] {
    let run = try Invocation(
      ["run", "--engine", "ptrace", "-c", "config.yaml", "-r", "rules.yaml", "-o", "json_output=true"] + more
        + ["--", "/bin/true"],
      files: ["rules.yaml": Data(Self.rules.utf8), "config.yaml": Data(config.utf8)])
    #expect(run.code == 0, "\(run.errors)")
    var alerts: [String: JSON] = [:]
    for line in run.output.split(separator: "\n") {
      let alert = JSON(try JSONSerialization.jsonObject(with: Data(line.utf8)))
      alerts[alert["rule"].string ?? ""] = alert
    }
    try #require(Set(alerts.keys) == ["first", "second"], "\(run.output)\(run.errors)")
    return alerts
  }

  private func text(_ alert: JSON?) -> String { alert?["output"].string?.split(separator: " ", maxSplits: 2).last.map(String.init) ?? "" }

  @Test func entriesApplyInOrderToTheRulesThatMatch() throws {
    let alerts = try alerts(
      """
      append_output:
      - match: {rule: first}
        extra_output: "one=%evt.type"
      - match: {tags: [x, y]}
        extra_output: "two"
      - match: {tags: [x, z]}
        extra_output: "never"
      - match: {source: k8s_audit}
        extra_output: "never"
      - match: {source: syscall}
        extra_output: "three=%evt.type"
      - extra_output: "four"
      """)
    #expect(text(alerts["first"]) == "first one=execve two three=execve four")
    #expect(text(alerts["second"]) == "second true three=procexit four")
    #expect(alerts["first"]?["output_fields"]["evt.type"].string == "execve")
  }

  @Test func suggestedFieldsAreThoseOfContainers() throws {
    let alerts = try alerts("append_output: [{suggested_output: true}]\n", ["-o", "containers.enabled=false"])
    #expect(
      text(alerts["first"]).hasPrefix("first container_id="), "\(text(alerts["first"]))")
    let names = text(alerts["second"]).split(separator: " ").dropFirst(2).map { $0.split(separator: "=")[0] }
    #expect(
      names == [
        "container_id", "container_name", "container_image_repository", "container_image_tag", "k8s_pod_name", "k8s_ns_name",
      ])
    #expect(
      alerts["second"]?["output_fields"].keys.isSuperset(of: ["container.id", "container.image.tag", "k8s.ns.name"]) == true)
  }

  @Test func extraFieldsAreInTheFieldsAlone() throws {
    setenv("WINDHOVER_TEST_PLACE", "here", 1)
    let alerts = try alerts(
      """
      append_output:
      - extra_fields: [proc.pid, {who: "%proc.name in ${WINDHOVER_TEST_PLACE}"}, toupper(evt.type), "proc.env[NOSUCH]"]
      """)
    #expect(text(alerts["first"]) == "first")
    let fields = try #require(alerts["second"]?["output_fields"])
    #expect(fields["proc.pid"].int ?? 0 > 0, "its type is kept")
    #expect(fields["who"].string == "true in here")
    #expect(fields["toupper(evt.type)"].string == "PROCEXIT")
    #expect(fields["proc.env[NOSUCH]"].string == "")
  }

  @Test func theCommandLineAppendsToAll() throws {
    let alerts = try alerts("{}\n", ["-p", "by -p %evt.type", "-o", "append_output[].extra_output=by -o"])
    #expect(text(alerts["first"]) == "first by -o by -p execve")
    #expect(text(alerts["second"]) == "second true by -o by -p procexit")
  }

  @Test func theTimesKeyFollowsItsForm() throws {
    let plain = try #require(try alerts("{}\n")["first"]?["output_fields"])
    let iso = try #require(try alerts("time_format_iso_8601: true\n")["first"]?["output_fields"])
    #expect(plain["evt.time"].int != nil && plain["evt.time.iso8601"].value == nil)
    #expect(iso["evt.time.iso8601"].int != nil && iso["evt.time"].value == nil)
  }

  @Test(arguments: [
    ("append_output: [{extra_output: '%proc.nmae'}]\n", "append_output[0]: there is no field proc.nmae; did you mean proc.name?"),
    ("append_output: [{}, {extra_output: '100%'}]\n", "append_output[1]: a field's name must follow the percent sign"),
    ("append_output: [{extra_fields: [nosuch]}]\n", "append_output[0]: there is no field nosuch"),
    ("append_output: [{extra_fields: [{a: x}, {a: y}]}]\n", "append_output: extra_fields has 'a' twice"),
    ("append_output: [{extra_outptu: x}]\n", "append_output: 'extra_outptu' is no key here; did you mean extra_output?"),
    ("append_output: [{match: {tag: x}}]\n", "append_output: 'tag' is no key here; did you mean tags?"),
    ("append_output: {suggested_output: true}\n", "append_output: needs a list of entries"),
    ("append_output: [{suggested_output: maybe}]\n", "append_output: needs true or false, not 'maybe'"),
  ])
  func mistakesAreToldWithTheirEntry(config: String, message: String) throws {
    let run = try Invocation(
      ["-L", "-c", "config.yaml", "-r", "rules.yaml"],
      files: ["rules.yaml": Data(Self.rules.utf8), "config.yaml": Data(config.utf8)])
    #expect(run.code == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.components(separatedBy: message).count == 2, "once: \(run.errors)")
  }
}
