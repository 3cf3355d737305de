import Agent
import Capture
import EventSchema
import RuleCompiler
import RuleEngine
import Testing

/// What the driver is asked to capture for one rule with this condition and output.
private func interest(_ condition: String, output: String = "o", usesEntryHooks: Bool = true) throws -> Interest {
  let rule = "- rule: r\n  desc: d\n  condition: \(condition)\n  output: \"\(output)\"\n  priority: INFO\n"
  let compiled = load([RuleSource(name: "a.yaml", contents: Array(rule.utf8))]).compiled()
  try #require(!compiled.hasErrors, "\(compiled.loaded.report())")
  return Interest(
    events: compiled.program.eventTypes, genericCalls: compiled.program.genericCalls, namedEvents: compiled.namedEvents,
    fields: compiled.fields, usesEntryHooks: usesEntryHooks)
}

@Suite struct InterestTests {
  @Test func theEventsThatRulesNameAreCaptured() throws {
    let interest = try interest("evt.type in (ptrace, mount)")
    #expect(interest.events.contains(.ptrace) && interest.events.contains(.mount))
    #expect(!interest.events.contains(.umount2))
  }

  @Test func processesAreAlwaysFollowed() throws {
    let interest = try interest("evt.type = ptrace")
    for type in [EventType.clone, .clone3, .fork, .vfork, .execve, .execveat, .procexit, .chdir, .setuid] {
      #expect(interest.events.contains(type), "\(type)")
    }
  }

  @Test func descriptorsAreFollowedOnlyIfAFieldNeedsThem() throws {
    #expect(!(try interest("evt.type = ptrace and proc.name = x").events.contains(.openat)))
    #expect(!(try interest("evt.type = ptrace and user.name = root").events.contains(.close)))
    #expect(try interest("evt.type = read and fd.name = /etc/shadow").events.contains(.openat))
    #expect(try interest("evt.type = ptrace", output: "%fd.name").events.contains(.close))
    #expect(try interest("evt.type = ptrace", output: "%evt.args").events.contains(.dup))
  }

  /// A driver may leave out closes then, if stopping at each is dear.
  @Test func closesAreForTheStateOnlyUnlessSomethingLooksAtThem() throws {
    #expect(try interest("evt.type = ptrace", output: "%fd.name").forState.contains(.close))
    #expect(try interest("evt.type = execve and proc.stdin.type = ipv4").forState.contains(.close))
    #expect(try !interest("evt.type in (close, ptrace)", output: "%fd.name").forState.contains(.close))
    #expect(try !interest("evt.type = ptrace and proc.fdopencount > 100").forState.contains(.close))
    #expect(try !interest("evt.type = ptrace", output: "%fd.name").forState.contains(.ptrace))
  }

  @Test func pathsAreResolvedOnlyIfSomethingShowsThem() throws {
    #expect(!(try interest("evt.type = openat and fd.name = /etc/shadow", output: "%evt.args").resolvesPaths))
    #expect(!(try interest("evt.type = execve and proc.exerealpath = /bin/sh").resolvesPaths), "every exec tells it")
    #expect(try interest("evt.type = openat and fd.realpath = /etc/shadow").resolvesPaths)
    #expect(try interest("evt.type = read and proc.name = x", output: "%fd.realpath").resolvesPaths)
    #expect(try interest("evt.type = openat and evt.arg.realpath startswith /etc").resolvesPaths)
  }

  @Test func entriesAreLookedAtWhereARuleShowsWhatCanBeRewritten() throws {
    let opens: [EventType] = [.open_enter, .openat_enter, .openat2_enter, .creat_enter]
    let path = try interest("evt.type = read and fd.name startswith /etc")
    for type in opens { #expect(path.events.contains(type), "\(type)") }
    #expect(path.events.contains(.connect_enter), "a name can be an address")
    let file = try interest("evt.type = openat and fd.filename = shadow")
    #expect(file.events.contains(.openat_enter) && !file.events.contains(.connect_enter))
    let address = try interest("evt.type = connect and fd.sport = 53")
    #expect(address.events.contains(.connect_enter) && !address.events.contains(.openat_enter))
    for rule in ["evt.type = ptrace and proc.name = x", "evt.type = openat and evt.arg.name = x"] {
      let none = try interest(rule)
      for type in opens + [.connect_enter] { #expect(!none.events.contains(type), "\(rule): \(type)") }
    }
    let off = try interest("evt.type = read and fd.name startswith /etc", usesEntryHooks: false)
    for type in opens + [.connect_enter] { #expect(!off.events.contains(type), "\(type)") }
  }

  @Test func readsAndWritesAreCapturedOnlyIfARuleNamesThem() throws {
    let all = try interest("proc.name = x")
    #expect(!all.events.contains(.read) && !all.events.contains(.write) && !all.events.contains(.recvfrom))
    #expect(!all.events.contains(.futex) && !all.events.contains(.sched_switch))
    #expect(all.events.contains(.unlink), "a rule for every type sees the others")
    let named = try interest("evt.type = read and proc.name = x")
    #expect(named.events.contains(.read))
    #expect(!named.events.contains(.write))
  }

  @Test func genericCallsAreTheOnesThatRulesName() throws {
    let getpid = try interest("evt.type = getpid")
    #expect(getpid.events.contains(.generic))
    #expect(getpid.genericCalls == SyscallSet([.getpid]))
    let none = try interest("evt.type = openat")
    #expect(!none.events.contains(.generic))
    #expect(none.genericCalls.isEmpty)
    #expect(try interest("proc.name = x").genericCalls.isEmpty, "a rule for every type names no call")
  }
}
