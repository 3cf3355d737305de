import CAllocations
import Capture
import EventSchema
import Glibc
import RuleCompiler
import RuleEngine
import SystemState
import Testing

@testable import Agent

/// Nothing is allocated for an event that no rule wants: with the rules that the program comes with, over events of a
/// running kernel.
@Suite struct AllocationTests {
  @Test(arguments: ["builtin:stable", "builtin:sandbox"])
  func anEventThatMatchesNoRuleAllocatesNothing(rules path: String) throws {
    let rules = try RuleSet.load([path])
    let records = try Self.recorded()
    var evaluator = RuleEvaluator(rules.program)
    var state = SystemState()
    var heap = HeapUse()
    // The first rounds make the processes known and let buffers grow to the size that they keep.
    for round in 0..<4 {
      if round == 3 { heap = HeapUse() }
      for record in records {
        let event = try EventView(validating: record.span.bytes)
        let before = allocations_of_this_thread()
        state.apply(event)
        let between = allocations_of_this_thread()
        let isMatch = evaluator.evaluate(event, state)
        heap.note(event.type, byState: between - before, byRules: allocations_of_this_thread() - between, isMatch)
      }
    }
    #expect(heap.events > 10_000, "the workload was captured")
    #expect(heap.unmatched > heap.events / 2)
    #expect(heap.byRules == 0, "blocks that rules asked for on events that none matched")
    #expect(heap.byState.isEmpty, "blocks that the state asked for, by type of event")
    #expect(allocations_of_this_thread() > 0, "the counter counts")
  }

  private struct HeapUse {
    var events = 0
    var unmatched = 0
    var byRules: UInt = 0
    var byState: [String: UInt] = [:]

    mutating func note(_ type: EventType, byState: UInt, byRules: UInt, _ isMatch: Bool) {
      events += 1
      if isMatch { return }
      unmatched += 1
      self.byRules += byRules
      if byState > 0 { self.byState["\(Schema.event(type)?.symbol ?? "?")", default: 0] += byState }
    }
  }

  /// What shells, searches and their children do, as the driver tells it.
  private static func recorded() throws -> [[UInt8]] {
    let rules = try RuleSet.load(["builtin:sandbox"])
    let interest = Interest(rules: rules)
    var driver = try LiveCapture.open(Settings(), interest, log: Log(level: .error))
    try driver.capture(interest)
    var records: [[UInt8]] = []
    let script = "for i in 1 2 3; do ls -lR /etc; grep -rl root /etc /usr/include/linux; cat /etc/passwd; "
      + "sh -c 'id | sort; getent hosts localhost'; done > /dev/null 2>&1"
    var child: pid_t = 0
    let texts: [String] = ["/bin/sh", "-c", script]
    let words: [UnsafeMutablePointer<CChar>?] = texts.map { (text: String) in strdup(text) } + [nil]
    defer { for word in words { free(word) } }
    guard posix_spawn(&child, "/bin/sh", nil, nil, words, environ) == 0 else { throw Failure("cannot start /bin/sh") }
    var isOver = false
    // After the last of it: other programs may never be silent.
    var batchesLeft = 20
    while batchesLeft > 0 {
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(100))
      var isEmpty = true
      while let event = try batch.next() {
        records.append(event.record.withUnsafeBytes { Array($0) })
        isEmpty = false
      }
      if isOver, isEmpty { break }
      if isOver { batchesLeft -= 1 } else { isOver = waitpid(child, nil, WNOHANG) != 0 }
    }
    return records
  }
}
