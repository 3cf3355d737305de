import CaptureTesting
import EventSchema
import RuleCompiler
import RuleEngine
import Testing

/// Which events a rule sees.
@Suite struct EventTypeTests {
  @Test(arguments: [
    ("evt.type = openat", true), ("evt.type == openat", true), ("evt.type = open", false), ("evt.type != open", true),
    ("evt.type != openat", false), ("evt.type in (open, openat)", true), ("evt.type in (open, creat)", false),
    ("not evt.type in (open, creat)", true), ("evt.type in ()", false), ("not evt.type in ()", true),
    ("evt.type exists", true), ("evt.type = open or evt.type = openat", true), ("evt.type = open and evt.type = openat", false),
    ("not (evt.type = open or proc.name = dog)", true), ("not (evt.type = openat and proc.name = cat)", false),
    ("evt.type contains openat", true), ("evt.type startswith open", true), ("evt.type glob openat", true),
    ("evt.type = anyof (open, openat)", true), ("evt.type = oneof (openat, openat)", false),
    ("evt.type != allof (open, creat)", true), ("evt.type != allof (open, openat)", false),
    ("evt.type != anyof (openat)", false), ("evt.type = allof ()", false),
    ("syscall.type = openat", true), ("syscall.type != open", true), ("evt.type.is.openat = 1", true),
    ("evt.type.is.open = 0", true), ("evt.category = file", true),
  ])
  func namesOfTypes(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  @Test(arguments: [
    ("evt.type = getpid", true), ("evt.type = getppid", false), ("evt.type != getpid", false), ("evt.type != getppid", true),
    ("evt.type in (openat, getpid)", true), ("evt.type = openat", false), ("not evt.type = getpid", false),
    ("evt.type = anyof (openat, getpid)", true), ("evt.type != allof (getpid, open)", false), ("syscall.type = getpid", true),
    ("syscall.type != open", true), ("not evt.type in (getppid, openat)", true), ("evt.type glob getpid", true),
    ("evt.type = getpid and proc.name = cat", true), ("evt.type = getpid and proc.name = dog", false),
  ])
  func callsWithoutAnEventOfTheirOwnGoByTheirName(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.getpid) == expected)
  }

  /// procexit is no system call: the field is missing there.
  @Test(arguments: [
    ("syscall.type = open", false), ("syscall.type != open", false), ("not syscall.type = open", true),
    ("not syscall.type != open", true), ("syscall.type exists", false), ("syscall.type != allof (open)", false),
    ("evt.type = procexit", true),
  ])
  func eventsThatAreNoSystemCallHaveNoCallType(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.exit) == expected)
  }

  @Test func onlyTheCallsThatARuleCouldMatchAreWanted() {
    func calls(_ condition: String) -> SyscallSet { compile(rule("r", condition)).program.genericCalls }
    #expect(calls("evt.type = getpid") == SyscallSet([.getpid]))
    #expect(calls("evt.type in (getpid, getppid, openat)") == SyscallSet([.getpid, .getppid]))
    #expect(calls("evt.type in (getpid, getppid) and evt.type != getpid") == SyscallSet([.getppid]))
    #expect(calls("evt.type in (getpid, getppid) and not evt.type = getpid") == SyscallSet([.getppid]))
    #expect(calls("evt.type = getpid or evt.type = getppid") == SyscallSet([.getpid, .getppid]))
    #expect(calls("evt.type = anyof (getpid, getppid)") == SyscallSet([.getpid, .getppid]))
    #expect(calls("evt.type = openat").isEmpty)
    #expect(!calls("evt.type != getpid").contains(.getpid))
    #expect(calls("evt.type != getpid").contains(.getppid))
    #expect(calls("proc.name = x").contains(.getpid))
  }

  @Test func aRuleLooksAtTheTypesThatItsAlgebraLeaves() {
    func types(_ condition: String) -> EventTypeSet {
      var types = compile(rule("r", condition)).rules[0].eventTypes
      types.remove(.asyncevent)
      return types
    }
    // Not the entry hook: a rule sees each call once.
    #expect(types("evt.type = openat") == EventTypeSet([.openat]))
    #expect(types("evt.type = io_uring_enter") == EventTypeSet([.io_uring_enter]))
    #expect(types("evt.type in (execve, execveat) and evt.type != execve") == EventTypeSet([.execveat]))
    #expect(types("evt.type = execve and proc.name = x or evt.type = execveat") == EventTypeSet([.execve, .execveat]))
    #expect(types("evt.type = execve and evt.type = openat").isEmpty)
    #expect(types("not not evt.type = execve") == EventTypeSet([.execve]))
    let others = types("not evt.type = execve")
    #expect(!others.contains(.execve) && others.contains(.execveat) && others.contains(.generic))
    #expect(types("proc.name = x").count > 100)
    #expect(types("evt.type exists").count > 100)
    #expect(types("evt.type = execve or proc.name = x").count > 100)
  }

  /// Asynchronous events, such as those of containers, carry their name in the record.
  @Test func injectedEventsGoByTheNameTheyCarry() {
    #expect(holds("evt.type = container", on: Sample.container))
    #expect(!holds("evt.type = openat", on: Sample.container))
    #expect(holds("evt.type != openat", on: Sample.container))
    #expect(holds("not evt.type = openat", on: Sample.container))
  }

  /// Events are counted from 1, so these are ways to write "never" and "always".
  @Test(arguments: [
    ("evt.num = 0", false), ("evt.num < 1", false), ("evt.num <= 0", false), ("evt.num in (0)", false),
    ("evt.num in ()", false), ("not evt.num = 0", true), ("evt.num != 0", true), ("evt.num > 0", true),
    ("evt.num >= 1", true), ("evt.num exists", true), ("evt.num < -1", true), ("evt.num = -1", false),
  ])
  func aNumberThatNoEventHas(condition: String, expected: Bool) {
    #expect(holds(condition, on: Sample.open) == expected)
  }

  @Test func aRuleThatCanNeverMatchLooksAtNoEventAndIsNoProblem() {
    let compiled = compile("- rule: r\n  desc: d\n  condition: evt.num=0\n  output: o\n  priority: INFO\n")
    #expect(compiled.rules[0].eventTypes.isEmpty)
    #expect(compiled.program.eventTypes.isEmpty)
    #expect(compiled.loaded.diagnostics.isEmpty)
  }

  @Test func aRuleForMoreThanAHundredTypesIsWarnedAbout() {
    let text = "- rule: r\n  desc: d\n  condition: proc.name = x\n  output: o\n  priority: INFO\n"
    #expect(compile(text).loaded.diagnostics.map(\.code) == [.noEventType])
    #expect(compile(text + "  warn_evttypes: false\n").loaded.diagnostics.isEmpty)
    #expect(compile(text).namedEvents.isEmpty)
  }
}
