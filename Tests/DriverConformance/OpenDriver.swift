import CCalls
import Capture
import EventSchema
import Foundation
import Testing

/// A driver that is open, and what the kernel refused while it was opened.
///
/// Opening takes the verifier long enough (seconds on an emulated machine) that the tests share one per kind. That is
/// also a test of ``CaptureDriver/capture(_:)``: each one switches the same driver from the interest of the one before.
final class OpenDriver<Driver: CaptureDriver & ~Copyable> {
  private var driver: Driver
  let refusals: Refusals

  init(_ options: CaptureOptions) throws {
    let refusals = Refusals()
    var options = options
    options.onDegraded = { program, reason in
      // Smaller rings than asked for are no refusal: what they lose is counted.
      if program != CaptureOptions.ringsAreDegraded { refusals.add("\(program): \(reason)") }
    }
    driver = try Driver(opening: options)
    self.refusals = refusals
  }

  /// The one that every test uses which needs no options of its own. It can make every event, or those that
  /// `WINDHOVER_EVENTS` names: emulated machines that run a part of the tests need not look at every program.
  ///
  /// A failure is kept too: a host that refuses the driver is asked once, and each test fails with its words.
  static func forAllTests() throws -> OpenDriver {
    let opened = openDrivers[Driver.kind] ?? Result { try OpenDriver(options) as AnyObject }
    openDrivers[Driver.kind] = opened
    return try opened.get() as! OpenDriver
  }

  private static var options: CaptureOptions {
    var options = CaptureOptions()
    guard let list = getenv("WINDHOVER_EVENTS") else { return options }
    let names = Set(String(cString: list).split(separator: " "))
    let events = Schema.events.filter { names.contains($0.symbol[...]) }.map(\.type)
    precondition(events.count == names.count, "WINDHOVER_EVENTS names what is no event: \(names)")
    options.loadable = Interest(events: EventTypeSet(events + [.generic]), genericCalls: .all, resolvesPaths: true)
    return options
  }

  /// What the driver sees while `body` runs. Nothing may be lost meanwhile.
  func record(_ interest: Interest, _ body: () throws -> Void) throws -> [RecordedEvent] {
    let before = try driver.statistics().lost
    try driver.capture(Self.withMark(interest))
    call(Self.mark)
    let outcome = Result { try body() }
    // Off again even if the body threw: the next test begins with nothing of this one in the rings.
    try driver.capture(.none)
    var recorded: [RecordedEvent] = []
    try drain(&driver) { recorded.append(RecordedEvent($0)) }
    let lost = try driver.statistics().lost
    try outcome.get()
    if Self.mayBePreempted {
      // Whoever's runs were skipped: a test whose own event was among them does not find it.
      skippedRuns += lost.recursion - before.recursion
      #expect(lost.total - lost.recursion == before.total - before.recursion, "lost: \(lost)")
    } else {
      #expect(lost.total == before.total, "lost: \(lost)")
    }
    // A driver that leaves this process out leaves the mark out too.
    guard
      let mark = recorded.firstIndex(where: {
        $0.type == .generic && $0.thread == wh_thread_id() && $0["ID"] == Int64(Self.mark.rawValue)
      })
    else { return recorded }
    return Array(recorded[(mark + 1)...])
  }

  /// Kernels after 6.18 let programs at system calls be preempted, and skip those of others on the same CPU meanwhile: see
  /// "Preemption" in docs/KERNELS.md.
  static var mayBePreempted: Bool {
    let release = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return [.modernEBPF, .ebpf].contains(Driver.kind) && !numbers.lexicographicallyPrecedes([6, 19])
  }

  /// Made by the test itself once capture is on. What came before it is the driver's own: attaching its programs one
  /// after the other, it opens and closes files that the first of them already sees.
  private static var mark: SyscallCode { .sched_get_priority_min }

  /// An interest that sees the mark too.
  static func withMark(_ interest: Interest) -> Interest {
    var marked = interest
    if !marked.events.contains(.generic) { marked.genericCalls = SyscallSet() }
    marked.events.insert(.generic)
    marked.genericCalls.insert(mark)
    return marked
  }
}

/// By kind; the tests run one after the other.
nonisolated(unsafe) private var openDrivers: [DriverKind: Result<AnyObject, any Error>] = [:]

/// What was refused, as told from the loader's callback.
final class Refusals: @unchecked Sendable {
  private(set) var all: [String] = []
  func add(_ text: String) { all.append(text) }
}
