import CaptureTesting
import EventSchema
import Fields
import RuleCompiler
import RuleEngine
import Testing

/// Conditions with transformers, with fields on both sides, and with regular expressions, over the sample host: `cat -n
/// /etc/passwd`, child of a login shell, opens /etc/passwd as descriptor 3.
@Suite struct TransformerTests {
  @Test(arguments: [
    "toupper(proc.name) = CAT", "tolower(fd.name) = /etc/passwd", "toupper(toupper(proc.name)) = CAT",
    "basename(fd.name) = passwd", "basename(proc.name) = cat", "basename(fd.name) exists",
    "len(proc.name) = 3", "len(fd.name) > 10", "len(fd.name) in (1, 11)", "len(fd.types) >= 1",
    "concat(proc.name, \"-\", proc.pname) = cat-bash", "toupper(concat(proc.name, \"x\")) startswith CATX",
    "join(\",\", (proc.name, fd.num, \"c\")) = \"cat,3,c\"", "len(tolower(proc.name)) = 3",
    "b64(\"Y2F0\") = val(proc.name)", "getopt((proc.args, \"y\"), \"n\") exists",
    "getopt((\"-n\", \"5\", \"x\"), \"n:\")[n] = 5", "getopt((\"-ab\"), \"ab\") in (a, b, \"\")",
    "toupper(proc.name) in (CAT, DOG)", "toupper(proc.name) != DOG", "toupper(fd.name) glob \"/ETC/*\"",
    "toupper(proc.name) startswith anyof (X, CA)", "tolower(fd.name) pmatch (/etc)",
  ])
  func transformedValues(condition: String) {
    #expect(holds(condition, on: Sample.open))
    #expect(!holds("not \(condition)", on: Sample.open))
  }

  @Test(arguments: [
    "proc.name = val(proc.name)", "proc.name != val(proc.pname)", "proc.name > val(fd.name)",
    "proc.pid = val(thread.tid)", "proc.pid > val(proc.ppid)", "proc.ppid < val(proc.pid)", "proc.pid >= val(proc.pid)",
    "proc.pid <= val(proc.pid)", "fd.name contains val(fd.filename)", "fd.name endswith val(fd.filename)",
    "fd.name startswith val(fd.directory)", "fd.filename = basename(fd.name)", "toupper(proc.name) = toupper(proc.name)",
    "fd.name icontains toupper(fd.filename)", "fd.name glob concat(fd.directory, \"/*\")",
    "fd.name iglob toupper(concat(fd.directory, \"/*\"))", "proc.name in val(proc.name)",
    "proc.name intersects val(proc.name)", "len(proc.name) < len(fd.name)", "user.uid = val(group.gid)",
    "evt.type = val(evt.type)",
    "getopt((\"-a\"), \"ab\") in getopt((\"-ab\"), \"ab\")", "getopt((\"-a\"), \"ab\") intersects getopt((\"-ba\"), \"ab\")",
  ])
  func comparedWithAnotherField(condition: String) {
    #expect(holds(condition, on: Sample.open))
    #expect(!holds("not \(condition)", on: Sample.open))
  }

  @Test(arguments: [
    "proc.name = val(proc.pname)", "proc.name < val(fd.name)", "fd.name startswith val(proc.name)",
    "len(proc.name) = len(fd.name)", "getopt((\"-ab\"), \"ab\") in getopt((\"-a\"), \"ab\")",
  ])
  func comparisonsThatAreFalse(condition: String) {
    #expect(!holds(condition, on: Sample.open))
  }

  @Test(arguments: [
    "proc.name = val(k8s.pod.name)", "proc.name != val(k8s.pod.name)", "k8s.pod.name != val(proc.name)",
    "tolower(k8s.pod.name) exists", "concat(proc.name, k8s.pod.name) exists",
    "join(\",\", (proc.name, k8s.pod.name)) exists", "b64(\"a b\") exists", "len(k8s.pod.name) = 0",
    "getopt((proc.name), \"c:\")[c] exists", "fd.sip = val(fd.cip)",
  ])
  func aMissingPartMakesTheWholeMissing(condition: String) {
    #expect(!holds(condition, on: Sample.open))
    #expect(holds("not \(condition)", on: Sample.open))
  }

  @Test(arguments: [
    ("fd.name regex \"/etc/.*\"", true), ("fd.name regex \"/etc\"", false), ("fd.name regex /etc/p[a-z]+", true),
    ("fd.name regex \"(/etc|/usr)/(passwd|shadow)\"", true), ("fd.name regex \"^/etc/passwd$\"", true),
    ("fd.name regex \"/ETC/.*\"", false), ("fd.name regex anyof (x, /etc/passw.)", true),
    ("fd.name regex allof (\".*wd\", \".*shadow\")", false), ("proc.name regex \"[[:alpha:]]{3}\"", true),
    ("proc.name regex \"\"", false), ("toupper(proc.name) regex C.T", true), ("k8s.pod.name regex \".*\"", false),
    ("fd.name regex \"/etc/passwd\\\\.bak\"", false),
  ])
  func patternsMatchTheWholeValue(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  @Test func bytesThatAreNoUTF8MatchAsReplacements() {
    let open = Event.make(.openat, 200, at: 6_000) {
      $0.append(Int64(3))
      $0.append(Int64(-100))
      $0.append(bytes: [0x2f, 0xff, 0xe2, 0x82, 0x61, 0])
      for value in [UInt32(1), 0, 0] { $0.append(value) }
      $0.append(UInt64(0))
    }
    #expect(holds("fd.name regex \"/..a\"", on: open))
    #expect(holds("fd.name regex \"/\\xef\\xbf\\xbd\\xef\\xbf\\xbda\"", on: open))
    #expect(!holds("fd.name regex \"/...a\"", on: open))
  }

  @Test func textsThatLookLikeFieldsOrPlainPatternsAreWarnedAbout() {
    func warning(_ condition: String) -> String? {
      compile(rule("r", condition)).loaded.diagnostics.first { $0.code == .conditionWarning }?.message
    }
    #expect(warning("proc.name = proc.pname") == "'proc.pname' is compared as a text, though a field has this name")
    #expect(warning("proc.name in (a, evt.arg.flags)") != nil)
    #expect(warning("proc.name = \"toupper(proc.pname)\"") != nil)
    #expect(warning("fd.name regex \"/etc/.*\"") != nil)
    #expect(warning("fd.name regex \"/etc/[a-z]*\"") == nil)
    #expect(warning("fd.name in (a.b, proc.nothing)") == nil)
    #expect(warning("proc.name = val(proc.pname)") == nil)
  }

  @Test func expressionsAreSharedBetweenRules() {
    let rules = compile(rule("a", "tolower(proc.name) = x") + rule("b", "tolower( proc.name ) = y"))
    #expect(rules.program.expressions.count == 1)
    #expect(rules.fields.contains { $0.name == "proc.name" })
  }
}
