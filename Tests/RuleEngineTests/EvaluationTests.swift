import CAllocations
import CaptureTesting
import EventSchema
import RuleCompiler
import RuleEngine
import SystemState
import Testing

/// Whether the code under test was built for release.
private var isOptimised: Bool {
  #if DEBUG
    false
  #else
    true
  #endif
}

/// Many rules over one stream of events.
@Suite struct EvaluationTests {
  private static let three =
    rule("a", "evt.type = openat and fd.name startswith /etc") + rule("b", "evt.type = openat and proc.name = cat")
    + rule("c", "evt.type = openat and proc.name = dog")

  @Test func theFirstRuleThatMatchesWins() {
    var world = World(compile(Self.three), matchesAll: false)
    #expect(world.see(Sample.open) == ["a"])
    #expect(world.see(Event.openat(200, at: 7_000, fd: 4, name: "/tmp/x")) == ["b"])
    #expect(world.see(Sample.exit) == [])
  }

  @Test func allRulesThatMatchAreToldInTheirOrder() {
    var world = World(compile(Self.three))
    #expect(world.see(Sample.open) == ["a", "b"])
    #expect(world.see(Event.openat(100, at: 7_000, fd: 4, name: "/tmp/x")) == [])
    #expect(world.see(Sample.open) == ["a", "b"])
  }

  @Test func matchesOfOneEventAreForgottenAtTheNext() {
    var world = World(compile(Self.three))
    #expect(world.see(Sample.open) == ["a", "b"])
    // No rule looks at this type.
    #expect(world.see(Event.chdir(200, at: 7_000, "/")) == [])
  }

  @Test func disabledRulesAreCheckedButNeverMatch() {
    let rules = compile(rule("off", "evt.type = openat", "enabled: false") + rule("on", "evt.type = openat"))
    #expect(rules.rules.map(\.name) == ["on"])
    var world = World(rules)
    #expect(world.see(Sample.open) == ["on"])
    #expect(compile(rule("off", "evt.type = opne", "enabled: false")).hasErrors)
  }

  @Test func lessSevereRulesThanTheMinimumNeverMatch() {
    var options = LoadOptions()
    options.minimumPriority = .warning
    let text = rule("info", "evt.type = openat") + rule("warning", "evt.type = openat").split(separator: "INFO").joined(separator: "WARNING")
    #expect(compile(text, options).rules.map(\.name) == ["warning"])
  }

  @Test func selectionsByTagEnableAndDisable() {
    var options = LoadOptions()
    options.selections = [RuleSelection(.rule("*"), enables: false), RuleSelection(.tag("net"), enables: true)]
    let rules = compile(rule("a", "evt.type = openat", "tags: [net]") + rule("b", "evt.type = openat", "tags: [file]"), options)
    #expect(rules.rules.map(\.name) == ["a"])
    #expect(rules.rules[0].tags == ["net"])
    #expect(rules.rules[0].priority == .informational)
    #expect(rules.rules[0].source == "syscall")
  }

  @Test func testsThatAskTheSameAreSharedByAllRules() {
    let rules = compile(
      (0..<50).map {
        rule(
          "r\($0)",
          "evt.type = openat and proc.name in (a, b) and fd.num in (1, 2) and fd.sip = 10.0.0.1 and fd.name pmatch (/a, /b)"
            + " and proc.cmdline contains x and proc.name = anyof (a, c)")
      }.joined())
    #expect(rules.rules.count == 50)
    #expect(rules.program.fields.count == 6)
    // One a comparison; that of evt.type runs for asynchronous events alone, which carry their name.
    #expect(rules.program.tests.count == 7)
    // Two chains for all 50 rules: without evt.type for opens, with it for asynchronous events.
    #expect(rules.program.nodes.count <= 6 + 7)
  }

  @Test func orderOfTheListDoesNotMakeAnotherTest() {
    let rules = compile(rule("a", "proc.name in (x, y)") + rule("b", "proc.name in (y, x, x)"))
    #expect(rules.program.tests.count == 1)
  }

  @Test func nestedConditionsMeanWhatBooleanAlgebraSays() {
    // Every assignment of three facts, against the same formula in Swift.
    for bits in 0..<8 {
      let (a, b, c) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0)
      let open = Event.openat(b ? 200 : 100, at: 7_000, fd: c ? 3 : 4, name: a ? "/a" : "/x")
      let (fa, fb, fc) = ("fd.name = /a", "proc.name = cat", "fd.num = 3")
      #expect(holds("\(fa) and \(fb) or \(fc)", on: open) == (a && b || c))
      #expect(holds("\(fa) and (\(fb) or \(fc))", on: open) == (a && (b || c)))
      #expect(holds("not (\(fa) and \(fb)) and not \(fc)", on: open) == (!(a && b) && !c))
      #expect(holds("not (\(fa) or not (\(fb) and \(fc)))", on: open) == !(a || !(b && c)))
      #expect(holds("(\(fa) or \(fb)) and (\(fb) or \(fc)) and (\(fa) or \(fc))", on: open) == ((a || b) && (b || c) && (a || c)))
      #expect(holds("not not not \(fa)", on: open) == !a)
    }
  }

  @Test func moreSetsThanAWordHasBitsStayApart() {
    let text = (0..<200).map { rule("r\($0)", "evt.type = openat and fd.name in (/f\($0), /g\($0 / 2))") }.joined()
    var world = World(compile(text))
    #expect(world.see(Event.openat(200, at: 7_000, fd: 3, name: "/f70")) == ["r70"])
    #expect(world.see(Event.openat(200, at: 7_001, fd: 3, name: "/g64")) == ["r128", "r129"])
    #expect(world.see(Event.openat(200, at: 7_002, fd: 3, name: "/f200")) == [])
  }

  /// Neither the event path of the state nor the rules may ask the heap for anything where nothing is to be said.
  @Test(.enabled(if: isOptimised, "unoptimised code boxes what it lends; run: swift test -c release"))
  func nothingIsAllocatedForAnEventThatMatchesNoRule() throws {
    let rules = compile(
      """
      \(rule("file", "evt.type in (open, openat) and fd.name pmatch (/root, /home/*/.ssh) and not proc.name in (sshd, vi)"))
      \(rule("text", "proc.cmdline contains nosuch or proc.aname = nosuch or fd.name glob *.nosuch or user.name = nobody"))
      \(rule("net", "fd.ip = 10.9.8.7 or fd.port in (1, 2) or fd.snet in (10.0.0.0/8)"))
      \(rule("args", "evt.type = read and evt.buffer contains nosuch or evt.rawarg.res = -77"))
      \(rule("call", "evt.type = getpid and proc.name = anyof (dog, cow)"))
      """)
    try #require(!rules.hasErrors, "\(rules.loaded.report())")
    var state = SystemState()
    for event in World.past + [Sample.open, Sample.connect] { state.apply(event) }
    var evaluator = RuleEvaluator(rules.program)
    let events = [Sample.read, Sample.getpid, Event.write(200, at: 7_000, fd: 5, data: "GET /")]
    var matched = 0
    var before: UInt = 0
    for round in 0..<10_100 {
      // The first rounds let buffers grow to the size that they keep.
      if round == 100 { before = allocations_of_this_thread() }
      for event in events {
        let view = try EventView(validating: event.span.bytes)
        state.apply(view)
        if evaluator.evaluate(view, state) { matched += 1 }
      }
    }
    let allocations = allocations_of_this_thread() - before
    #expect(matched == 0)
    #expect(before > 0, "the counter counts")
    #expect(allocations == 0)
  }
}
