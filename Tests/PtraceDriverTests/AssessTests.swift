import Capture
import Testing

@testable import PtraceDriver

@Suite struct AssessTests {
  private func host(_ kernel: KernelVersion, scope: Int? = nil, capabilities: UInt64 = 0) -> HostFacts {
    var facts = HostFacts()
    facts.kernel = kernel
    facts.architecture = "x86_64"
    facts.yamaPtraceScope = scope
    facts.effectiveCapabilities = capabilities
    return facts
  }

  @Test func needsNoPrivileges() {
    #expect(PtraceDriver.assess(host(KernelVersion(6, 1))) == .supported)
    #expect(PtraceDriver.assess(host(KernelVersion(6, 1), scope: 1)) == .supported)
  }

  @Test func oldKernelsDoNotTellOfCalls() {
    let has = KernelVersion(5, 2)
    #expect(PtraceDriver.assess(host(has)) == .unsupported([.kernelTooOld(needs: KernelVersion(5, 3), has: has)]))
  }

  /// Where ptrace is refused, user notification still works, once the kernel has it.
  @Test func refusedTracingFallsBackToNotification() {
    #expect(PtraceDriver.assess(host(KernelVersion(5, 10), scope: 3)) == .supported)
    #expect(PtraceDriver.assess(host(KernelVersion(5, 4), scope: 3)) == .unsupported([.ptraceScope(3)]))
    #expect(PtraceDriver.assess(host(KernelVersion(5, 4), scope: 2)) == .unsupported([.ptraceScope(2)]))
    #expect(PtraceDriver.assess(host(KernelVersion(5, 4), scope: 2, capabilities: 1 << 19)) == .supported)
  }

  @Test func aBlockedCallIsLikeYamas() {
    var facts = host(KernelVersion(5, 4))
    facts.blockedCalls = ["ptrace"]
    #expect(PtraceDriver.assess(facts) == .unsupported([.callForbidden("ptrace")]))
    facts.kernel = KernelVersion(6, 1)
    #expect(PtraceDriver.assess(facts) == .supported)
  }

  @Test func commandsAreFoundAsShellsDo() throws {
    #expect(try CommandLookup.find("/no/such") == "/no/such")
    #expect(try CommandLookup.find("sh").hasSuffix("/sh"))
    #expect(throws: CaptureError.system(errno: 2, during: "running no-such-program")) {
      try CommandLookup.find("no-such-program")
    }
  }

  @Test func outcomesAreExitCodesOfShells() {
    #expect(CommandOutcome.exited(3).exitCode == 3)
    #expect(CommandOutcome.killed(signal: 9).exitCode == 137)
    #expect(CommandOutcome.notRun(errno: 2).exitCode == 127)
    #expect(CommandOutcome.notRun(errno: 13).exitCode == 126)
  }

  /// What a refused attachment is told, by Yama's scope.
  @Test(arguments: [
    (0, "more privileges"), (1, "only descendants may be traced"), (2, "only CAP_SYS_PTRACE may trace; run as root"),
    (3, "nobody may trace until the next boot"),
  ])
  func refusedAttachmentSaysWhatHelps(scope: Int, words: String) {
    let explanation = Refusal.explanation(scope: scope)
    #expect(explanation.contains(words))
    #expect(explanation.contains("run --engine ptrace -- COMMAND") == (scope > 0))
    #expect(scope < 3 || !explanation.contains("root"), "root may not either")
  }
}
