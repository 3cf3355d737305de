import Foundation
import Testing

/// `-L` and `-l RULE`.
@Suite struct DescriptionTests {
  private static let rules = """
    - required_engine_version: 0.57.0
    - list: shells
      items: [bash, zsh]
    - list: programs
      items: [shells, nc]
    - macro: spawned
      condition: evt.type in (execve, execveat)
    - macro: unused
      condition: evt.type = open
    - rule: Shell spawned
      desc: A shell was started, by whatever program it may have been that had a reason to do so
      condition: spawned and proc.name in (programs)
      output: "shell %proc.name by %proc.pname"
      priority: WARNING
      tags: [b, a]
      exceptions:
      - name: parents
        fields: [proc.pname, proc.aname]
        comps: [=, startswith]
        values: [[cron, "run parts"]]
    - rule: Other
      desc: d
      condition: evt.type = open and not fd.name startswith /proc
      output: o
      priority: INFO
      enabled: false
    """

  private func describe(_ arguments: [String]) throws -> Invocation {
    try Invocation(arguments + ["-r", "rules.yaml"], file: "rules.yaml", Self.rules)
  }

  @Test func aRuleIsDescribedWhole() throws {
    let run = try describe(["-l", "Shell spawned", "-o", "json_output=true"])
    #expect(run.code == 0)
    let report = try run.json()
    #expect(report.keys == ["rules"])
    #expect(report["rules"].array.count == 1)
    let rule = report["rules"][0]
    #expect(rule.keys == ["info", "details"])
    let info = rule["info"]
    #expect(
      info.keys == [
        "name", "condition", "priority", "output", "description", "enabled", "source", "capture", "capture_duration", "tags",
      ])
    #expect(info["condition"].string == "spawned and proc.name in (programs)")
    #expect(info["priority"].string == "Warning")
    #expect(info["enabled"].bool == true)
    #expect(info["source"].string == "syscall")
    #expect(info["capture"].bool == false && info["capture_duration"].int == 0)
    #expect(info["tags"].strings == ["a", "b"])
    let details = rule["details"]
    #expect(
      details.keys == [
        "macros", "lists", "condition_operators", "condition_fields", "output_fields", "exception_fields",
        "exception_names", "exception_operators", "events", "condition_compiled", "output_compiled", "plugins",
      ])
    #expect(details["macros"].strings == ["spawned"])
    #expect(details["lists"].strings == ["programs"])
    #expect(Set(details["condition_operators"].strings) == ["in", "=", "startswith"])
    #expect(Set(details["condition_fields"].strings) == ["evt.type", "proc.name", "proc.pname", "proc.aname"])
    #expect(Set(details["output_fields"].strings) == ["proc.name", "proc.pname"])
    #expect(Set(details["exception_fields"].strings) == ["proc.pname", "proc.aname"])
    #expect(details["exception_names"].strings == ["parents"])
    #expect(Set(details["exception_operators"].strings) == ["=", "startswith"])
    #expect(Set(details["events"].strings) == ["execve", "execveat", "asyncevent"])
    #expect(
      details["condition_compiled"].string
        == #"((evt.type in (execve, execveat) and proc.name in (bash, zsh, nc)) and not (proc.pname = cron and proc.aname startswith "run parts"))"#)
    #expect(details["output_compiled"].string == "shell %proc.name by %proc.pname")
  }

  @Test func everythingIsDescribed() throws {
    let report = try describe(["-L", "-o", "json_output=true"]).json()
    #expect(report.keys == ["required_engine_version", "required_plugin_versions", "rules", "macros", "lists"])
    #expect(report["required_engine_version"].string == "0.57.0")
    #expect(report["rules"].array.compactMap { $0["info"]["name"].string } == ["Shell spawned", "Other"])
    #expect(report["rules"][1]["info"]["enabled"].bool == false)
    let macros = report["macros"].array
    #expect(macros.compactMap { $0["info"]["name"].string } == ["spawned", "unused"])
    #expect(macros.compactMap { $0["details"]["used"].bool } == [true, false])
    #expect(
      macros[0]["details"].keys == [
        "used", "macros", "lists", "condition_operators", "condition_fields", "events", "condition_compiled", "plugins",
      ])
    let lists = report["lists"].array
    #expect(lists[1]["info"]["items"].strings == ["nc"])
    #expect(lists[1]["details"]["lists"].strings == ["shells"])
    #expect(lists[1]["details"]["items_compiled"].strings == ["bash", "zsh", "nc"])
  }

  @Test func textHasTwoColumns() throws {
    let run = try describe(["-L"])
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines[0] == "Rule" + String(repeating: " ", count: 46) + "Description")
    #expect(lines[2].hasPrefix("Shell spawned" + String(repeating: " ", count: 37) + "A shell was started"))
    #expect(lines[3].hasPrefix(String(repeating: " ", count: 50)), "long descriptions go on in their column")
    #expect(try describe(["-l", "Other"]).output.split(separator: "\n").count == 3)
  }

  /// Warnings go to the other channel.
  @Test func warningsDoNotDisturbTheDescription() throws {
    let run = try describe(["-l", "Other", "-o", "json_output=true"])
    #expect(try run.json()["rules"].array.count == 1)
    #expect(run.errors.contains("LOAD_UNUSED_MACRO"))
    #expect(run.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("windhover: ") })
  }

  @Test func whatTheConfigurationAppendsIsPartOfIt() throws {
    let config = """
      append_output:
      - match: {rule: Other, source: syscall}
        extra_output: "pid=%proc.pid"
        extra_fields: [proc.exepath, {who: "%user.name"}]
      """
    let run = try Invocation(
      ["-L", "-c", "config.yaml", "-r", "rules.yaml", "-o", "json_output=true"],
      files: ["rules.yaml": Data(Self.rules.utf8), "config.yaml": Data(config.utf8)])
    let rules = try run.json()["rules"]
    #expect(rules[0]["details"]["extra_output_formatted_fields"].value == nil)
    let details = rules[1]["details"]
    #expect(details["output_compiled"].string == "o pid=%proc.pid")
    #expect(Set(details["output_fields"].strings).isSuperset(of: ["proc.pid"]))
    #expect(details["extra_output_formatted_fields"]["who"].string == "%user.name")
    #expect(details["extra_output_formatted_fields"]["proc.exepath"].string == "%proc.exepath")
  }
}
