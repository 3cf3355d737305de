import RuleCompiler
import Testing

/// What the checker refuses, and with which words.
@Suite struct RefusalTests {
  @Test(arguments: [
    ("fd.num contains 3", "'contains' operator not supported for numeric filters"),
    ("fd.num startswith 3", "'startswith' operator not supported for numeric filters"),
    ("fd.num glob 3*", "'glob' operator not supported for numeric filters"),
    ("fd.num pmatch (3)", "'pmatch' operator not supported for numeric filters"),
    ("fd.num bcontains 03", "'bcontains' operator not supported for numeric filters"),
    ("fd.num contains anyof (3)", "'contains' operator not supported for numeric filters"),
    ("thread.cpu endswith 3", "'endswith' operator not supported for numeric filters"),
    ("evt.failed < 1", "'<' operator not supported for boolean filters"),
    ("evt.failed contains true", "'contains' operator not supported for boolean filters"),
    ("fd.name bcontains 41", "'bcontains' operator not supported for string filters"),
    ("fd.name bstartswith 41", "'bstartswith' operator not supported for string filters"),
    ("evt.buffer < 1", "'<' operator not supported for buffer filters"),
    ("evt.buffer icontains a", "'icontains' operator not supported for buffer filters"),
    ("evt.buffer glob a", "'glob' operator not supported for buffer filters"),
    ("fd.sip < 1", "'<' operator not supported for ip address filters"),
    ("fd.sip contains 1", "'contains' operator not supported for ip address filters"),
    ("fd.snet >= 1", "'>=' operator not supported for ip network filters"),
    ("fd.snet pmatch (10.0.0.0/8)", "'pmatch' operator not supported for ip network filters"),
    ("fd.types = file", "'=' operator not supported for list filters"),
    ("fd.types != file", "'!=' operator not supported for list filters"),
    ("fd.types contains file", "'contains' operator not supported for list filters"),
    ("fd.types = anyof (file)", "'=' operator not supported for list filters"),
    ("evt.around[5] < 3", "'<' operator not supported for evt.around[5]"),
    ("evt.around[5] in (3)", "'in' operator not supported for evt.around[5]"),
  ])
  func operatorsThatATypeDoesNotHave(condition: String, message: String) {
    #expect(refusal(condition) == message)
  }

  @Test(arguments: ["evt.rawarg.uid exists", "fd.types exists", "evt.failed exists", "fd.snet exists", "evt.buffer exists"])
  func existsIsAllowedForEveryType(condition: String) {
    #expect(refusal(condition) == nil)
  }

  @Test(arguments: [
    ("fd.num = abc", "abc is not a valid number"), ("fd.num = 3x", "3x is not a valid number"),
    ("fd.num = 0x10", "0x10 is not a valid number"), ("fd.num < 1.5", "1.5 is not a valid number"),
    ("fd.num < 1.5e+3", "1.5e+3 is not a valid number"), ("fd.num = ''", " is not a valid number"),
    ("fd.num in (1, two)", "two is not a valid number"), ("fd.num = -", "- is not a valid number"),
    ("fd.num = '٣'", "٣ is not a valid number"),
    ("evt.failed = yes", "yes is not a valid boolean"), ("evt.failed = True", "True is not a valid boolean"),
    ("evt.failed in (true, 1)", "1 is not a valid boolean"),
    ("fd.sport = nosuchservice", "unrecognized protocol nosuchservice"), ("fd.sport = -1", "unrecognized protocol -1"),
    ("fd.sport in (80, HTTPS)", "unrecognized protocol HTTPS"),
    ("evt.buffer bcontains 4", "4 is not an even number of hexadecimal digits"),
    ("evt.buffer bcontains 4g", "4g is not hexadecimal"), ("evt.buffer bstartswith +1", "+1 is not hexadecimal"),
    ("thread.cpu < 1.5", "1.5 is not a valid number"),
  ])
  func constantsThatAreNone(condition: String, message: String) {
    #expect(refusal(condition) == message)
  }

  @Test(arguments: [
    "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "01.2.3.4", "+1.2.3.4", "::ffff:1.2.3.4", "1::2::3", ":1",
    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::g", "", "1.2.3.4/32", ":::",
  ])
  func addressesThatAreNone(text: String) {
    #expect(refusal("fd.sip = '\(text)'") == "unrecognized IP address \(text)")
  }

  @Test(arguments: ["10.0.0.1", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "/8", "x/8", "10.0.0.0/8/8"])
  func networksThatAreNone(text: String) {
    #expect(refusal("fd.snet = '\(text)'") == "unrecognized IP network \(text)")
  }

  @Test(arguments: ["evt.type = opne", "evt.type in (open, opne)", "evt.type contains opne", "evt.type != opne"])
  func namesOfEventsThatDoNotExist(condition: String) {
    #expect(refusal(condition) == "unknown event type opne")
  }

  @Test func namesOfSystemCallsAreNotChecked() {
    #expect(refusal("syscall.type = opne") == nil)
  }

  @Test(arguments: [
    "evt.type = open", "evt.type = getpid", "evt.type = procexit", "evt.type = container", "evt.type = switch",
    "evt.type in ()",
  ])
  func namesOfEventsThatExist(condition: String) {
    #expect(refusal(condition) == nil)
  }

  @Test(arguments: ["fd.nmae = x", "evt.arg.nosuch = x", "proc.aname[x] = y", "proc.name[1] = y", "evt.arg = x"])
  func fieldsAndParametersThatDoNotExist(condition: String) {
    #expect(refusal(condition) != nil)
  }

  @Test(arguments: [
    ("tolower(fd.num) = x", "tolower does not work on type number"),
    ("len(proc.aname) > 3", "proc.aname does not support transformers"),
    ("join(\",\", proc.args) = x", "join needs a list as its second argument, as in (proc.name, proc.args)"),
    ("getopt(proc.args, \"c:\") exists", "getopt needs a list as its first argument, as in (proc.name, proc.args)"),
    ("getopt((proc.args), \"c:\")[ab] exists", "getopt needs one letter in brackets, but has [ab]"),
    ("toupper(evt.type) = OPEN", "transformers do not work on evt.type"),
    ("tolower(proc.nmae) = x", "there is no field proc.nmae; did you mean proc.name?"),
    ("proc.name = val(fd.num)", "proc.name is string, but fd.num is signed 64-bit"),
    ("user.uid = val(proc.pid)", "user.uid is unsigned 32-bit, but proc.pid is signed 64-bit"),
    ("proc.name in val(proc.aname)", "field 'proc.aname' can't be used as a right-hand side field"),
    ("fd.sip = val(fd.ip)", "field 'fd.ip' can't be used as a right-hand side field"),
    ("proc.aname = val(proc.name)", "field 'proc.aname' can only be compared with constants"),
    ("proc.name regex val(proc.pname)", "'regex' compares with constants only"),
    ("fd.name pmatch val(proc.cwd)", "'pmatch' compares with constants only"),
    ("proc.name in getopt((proc.args), \"c:\")", "proc.name is string, but getopt((proc.args), \"c:\") is a list (string)"),
    ("len(proc.name) startswith 3", "'startswith' operator not supported for numeric filters"),
    ("len(proc.name) = x", "x is not a valid number"),
  ])
  func transformersAndFieldsThatDoNotFit(condition: String, message: String) {
    #expect(refusal(condition) == message)
  }

  @Test(arguments: [
    ("fd.name regex \"[\"", "invalid regex pattern: missing ]: ["),
    ("fd.name regex anyof (a, \"(\")", "invalid regex pattern: missing ): ("),
    ("fd.name regex \"\\\\d+\"", "invalid regex pattern: invalid escape sequence: \\d"),
    ("fd.name regex \"(?i)a\"", "invalid regex pattern: no argument for repetition operator: ?"),
    ("fd.name regex \"a{2000}\"", "invalid regex pattern: invalid repetition size: {2000}"),
    ("fd.name regex \"((a{100}){100}){100}\"", "invalid regex pattern: invalid repetition size: {100}"),
    ("fd.name regex \"[^a]{1000}|[^b]{1000}|[^c]{1000}|[^d]{1000}|[^e]{1000}|[^f]{1000}|[^g]{1000}|[^h]{1000}|[^i]{1000}|[^j]{1000}\"", "invalid regex pattern: pattern too large - compile failed"),
  ])
  func patternsThatAreNoneOrTooLarge(condition: String, message: String) {
    #expect(refusal(condition) == message)
  }

  @Test func everyProblemOfAConditionIsReported() {
    let found = compile(rule("r", "fd.num = x and fd.nmae = y and evt.failed < 2")).loaded.diagnostics.filter(\.isError)
    #expect(found.count == 3)
  }
}
