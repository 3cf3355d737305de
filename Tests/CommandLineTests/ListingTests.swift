import Foundation
import Testing

/// `--list`, `--list-events` and `--rule-schema`.
@Suite struct ListingTests {
  @Test(arguments: [["--list"], ["--list=syscall"]])
  func fieldsAreListedByClass(_ arguments: [String]) throws {
    let run = try Invocation(arguments)
    #expect(run.code == 0 && run.errors.isEmpty)
    for name in ["evt.type", "proc.name", "proc.aname", "fd.sip", "fs.path.name", "container.id", "k8s.pod.name"] {
      #expect(run.output.contains("\n  \(name) "), "\(name)")
    }
    #expect(!run.output.contains("evt.latency"), "deprecated fields are hidden")
  }

  @Test func namesAlone() throws {
    let run = try Invocation(["--list", "-N"])
    let names = run.output.split(separator: "\n").map(String.init)
    #expect(run.code == 0)
    #expect(Set(names).count == names.count)
    #expect(names.contains("proc.pname") && names.contains("fd.name"))
    #expect(names.allSatisfy { $0.contains(".") && $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" } })
  }

  @Test func fieldsAsJSON() throws {
    let run = try Invocation(["--list", "--format", "JSON"])
    let report = try run.json()
    #expect(report.keys == ["fieldclasses"])
    var fields: [String: JSON] = [:]
    for fieldClass in report["fieldclasses"].array {
      #expect(fieldClass.keys == ["name", "desc", "event_sources", "fields"])
      for field in fieldClass["fields"].array {
        #expect(field.keys == ["name", "type", "desc", "is_list", "argument"])
        fields[field["name"].string ?? ""] = field
      }
    }
    #expect(fields["proc.name"]?["type"].string == "CHARBUF")
    #expect(fields["proc.name"]?["is_list"].bool == false)
    #expect(fields["proc.name"]?["argument"].value is NSNull)
    #expect(fields["fd.types"]?["is_list"].bool == true)
    #expect(fields["proc.aname"]?["argument"]["required"].bool == false)
    #expect(fields["proc.aname"]?["argument"]["type"].strings == ["INDEX"])
    #expect(fields["proc.env"]?["argument"]["type"].strings.contains("KEY") == true)
  }

  @Test func markdownHasTwoNames() throws {
    let one = try Invocation(["--list", "--markdown"])
    let other = try Invocation(["--list", "--format", "markdown"])
    #expect(one.output == other.output && one.output.hasPrefix("# "))
  }

  @Test func eventsHaveDirectionAndParameters() throws {
    let run = try Invocation(["--list-events"])
    #expect(run.code == 0 && run.errors.isEmpty)
    #expect(run.output.hasPrefix("Syscall events:\n"))
    #expect(run.output.contains("\n< close(ERRNO res, FD fd)\n"))
    #expect(run.output.contains("\n< getppid()\n"), "calls without an event of their own")
    #expect(run.output.contains("\nTracepoint events:\n") && run.output.contains("\nMetaevents:\n"))
    let report = try Invocation(["--list-events", "--format", "json"]).json()
    #expect(report["schema_version"].string == "4.3.0")
    let events = report["syscall"].array
    let openat = try #require(events.first { $0["name"].string == "openat" })
    #expect(openat.keys == ["name", "dir", "available", "params"])
    #expect(openat["dir"].string == "<" && openat["available"].bool == true)
    #expect(openat["params"].array.compactMap { $0["name"].string }.starts(with: ["fd", "dirfd", "name", "flags", "mode", "dev", "ino"]))
    #expect(openat["params"][3]["type"].string == "FLAGS32")
    #expect(openat["params"][3]["flags"].strings.contains("O_CREAT"))
    #expect(openat["params"][0]["flags"].value == nil)
    #expect(report["tracepoint"].array.contains { $0["name"].string == "procexit" && $0["dir"].string == ">" })
    let markdown = try Invocation(["--list-events", "--format", "markdown"])
    #expect(markdown.output.contains("| `<` | `close` | ERRNO **res**, FD **fd** |"))
  }

  @Test func theSchemaOfRuleFilesIsJSON() throws {
    let run = try Invocation(["--rule-schema"])
    #expect(run.code == 0 && run.errors.isEmpty)
    let schema = try run.json()
    #expect(schema["type"].string == "array")
    #expect(schema["items"]["additionalProperties"].bool == false)
    let keys = schema["items"]["properties"].keys
    for key in [
      "rule", "macro", "list", "required_engine_version", "required_plugin_versions", "condition", "output", "desc",
      "priority", "source", "enabled", "tags", "exceptions", "capture", "capture_duration", "warn_evttypes",
      "skip-if-unknown-filter", "append", "override", "items",
    ] { #expect(keys.contains(key), "\(key)") }
  }

  @Test(arguments: [
    (["--list=nosuch"], Int32(1), "there is no event source 'nosuch'; there is: syscall"),
    (["--list", "--format", "xml"], 64, "there is no format 'xml'; use text, markdown or json"),
    (["--list-events", "--format", "json", "--markdown"], 64, "give one of them"),
    (["-l", "nosuch"], 1, "there is no rule 'nosuch'; -L lists the rules that there are"),
    (["-L", "-r", "nosuch.yaml"], 1, "nosuch.yaml: stat failed: No such file or directory"),
    (["-L", "-o", "json_outptu=true"], 1, "there is no such key"),
    (["--nosuch"], 64, "Unknown option '--nosuch'"),
  ])
  func whatCannotBePrintedIsSaidOnStandardError(arguments: [String], code: Int32, message: String) throws {
    let run = try Invocation(arguments)
    #expect(run.code == code)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("Error: ") && run.errors.contains(message), "\(run.errors)")
  }
}
