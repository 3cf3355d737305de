import CCalls
import CaptureTesting
import EventSchema
import Glibc
import ProcFS
import SystemState
import Testing

/// Events that were captured before and while /proc was read, applied afterwards: nothing twice, nothing lost.
@Suite struct ScanAndEventsTests {
  private let second: UInt64 = 1_000_000_000

  private func apply(_ record: [UInt8], to state: inout SystemState) {
    do {
      let view = try EventView(validating: record.span.bytes)
      state.apply(view)
    } catch { preconditionFailure("\(error)") }
  }

  private func text(_ handle: TextHandle, _ state: borrowing SystemState) -> String {
    state.texts.bytes(handle).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// A scan that begins long after the events' times, as they are counted from 0.
  private func scanned(_ fake: borrowing FakeProcFS) -> SystemState {
    var state = SystemState()
    state.scanProcesses(ProcFS(root: fake.root))
    return state
  }

  private func makeHost() -> FakeProcFS {
    let fake = FakeProcFS()
    fake.process(1, parent: 0, comm: "init", arguments: ["/sbin/init"])
    fake.process(200, parent: 100, comm: "worker", arguments: ["worker", "now"], uid: 33, cwd: "/srv")
    fake.process(100, parent: 1, comm: "server", arguments: ["server"], threads: [101])
    fake.link("proc/200/fd/3", to: "/srv/now.db")
    return fake
  }

  @Test func parentsAreLinkedWhateverTheOrderOfTheIds() {
    let fake = FakeProcFS()
    fake.process(1, parent: 0, comm: "init")
    fake.process(50, parent: 300, comm: "child")
    fake.process(300, parent: 1, comm: "parent", threads: [301])
    let state = scanned(fake)
    let child = state.threads.find(50)
    #expect(state.threads.parentProcess(of: child) == state.threads.find(300))
    #expect(state.threads[state.threads.find(301)].main == state.threads.find(300))
    #expect(state.threads[state.threads.find(300)].liveThreads == 2)
    #expect(state.threads[state.threads.find(1)].isReaper)
    #expect(state.threads.count == 4)
  }

  @Test func eventsFromBeforeTheScanDoNotUndoIt() {
    let fake = makeHost()
    var state = scanned(fake)
    let count = state.threads.count
    let bytes = state.texts.bytesInUse
    // The child was made, ran exec, changed its directory and user before it was scanned.
    apply(Event.clone(100, at: 10, result: 200, ptid: 1, comm: "server"), to: &state)
    apply(Event.clone(200, at: 11, result: 0, ptid: 100, comm: "server"), to: &state)
    apply(Event.execve(200, at: 12, exe: "old", ptid: 100, comm: "old", uid: 0), to: &state)
    apply(Event.chdir(200, at: 13, "/old"), to: &state)
    apply(
      Event.make(.setuid, 200, at: 14) {
        $0.append(Int64(0)); $0.append(UInt32(7))
      }, to: &state)
    // The end of the process that had the id before.
    apply(Event.procexit(200, at: 15), to: &state)
    apply(Event.read(200, at: 16, fd: 3), to: &state)
    let slot = state.threads.find(200)
    #expect(slot != Slot.none)
    #expect(state.threads.count == count)
    #expect(text(state.threads[slot].cmdline, state) == "worker now")
    #expect(text(state.threads[slot].cwd, state) == "/srv/")
    #expect(state.threads[slot].uid == 33)
    #expect(state.threads[slot].isDead == false)
    #expect(state.texts.bytesInUse == bytes)
  }

  @Test func descriptorsFromBeforeTheScanAreSeenAndThenGone() {
    let fake = makeHost()
    var state = scanned(fake)
    // Number 3 was another file, was closed, and is now the one that /proc shows; the last open was lost.
    apply(Event.close(200, at: 10, fd: 3), to: &state)
    apply(Event.read(200, at: 11, fd: 3), to: &state)
    #expect(text(state.descriptors[state.current.descriptor].name, state) == "/srv/now.db")
    // Number 4 was open for a moment.
    apply(Event.openat(200, at: 12, fd: 4, name: "/etc/passwd"), to: &state)
    #expect(text(state.descriptors[state.current.descriptor].name, state) == "/etc/passwd")
    apply(Event.close(200, at: 13, fd: 4), to: &state)
    apply(Event.read(200, at: 14, fd: 4), to: &state)
    #expect(state.current.descriptor == Slot.none)
    // A copy onto a number that /proc shows.
    apply(Event.openat(200, at: 15, fd: 5, name: "/tmp/x"), to: &state)
    apply(Event.dup2(200, at: 16, 5, to: 3), to: &state)
    #expect(text(state.descriptors[state.current.descriptor].name, state) == "/srv/now.db")
  }

  @Test func eventsAfterTheScanApply() {
    let fake = makeHost()
    var state = scanned(fake)
    let later: UInt64 = 4_000_000_000 * second
    apply(Event.close(200, at: later, fd: 3), to: &state)
    apply(Event.execve(200, at: later + 1, exe: "new", ptid: 100, comm: "new"), to: &state)
    #expect(state.descriptors.count == 0)
    #expect(text(state.threads[state.threads.find(200)].comm, state) == "new")
    apply(Event.procexit(200, at: later + 2), to: &state)
    apply(Event.read(1, at: later + 3, fd: 0), to: &state)
    #expect(state.threads.find(200) == Slot.none)
  }

  @Test func aScanReplacesPlaceholdersOnly() {
    let fake = makeHost()
    var state = SystemState()
    apply(Event.read(200, at: 1, fd: 3), to: &state)
    apply(Event.execve(100, at: 2, exe: "seen", ptid: 1, comm: "seen"), to: &state)
    let result = state.scanProcesses(ProcFS(root: fake.root))
    #expect(result.isComplete)
    #expect(state.threads[state.threads.find(200)].isPlaceholder == false)
    #expect(text(state.threads[state.threads.find(100)].comm, state) == "seen")
  }

  /// As another user, whom the kernel lets look at a process's descriptors as little.
  @Test func aScanCountsTheProcessesThatHideSomething() throws {
    let setfsuid = try #require(Schema.syscalls.first { $0.name == "setfsuid" }?.nativeNumber)
    let fake = makeHost()
    var state = SystemState()
    #expect(chmod(fake.root, 0o755) == 0)
    for pid in [100, 200] { #expect(chmod("\(fake.root)/proc/\(pid)/fd", 0o700) == 0) }
    // Of this thread alone, and with it its capabilities to read what it may not.
    let own = wh_call(Int64(setfsuid), 65534, 0, 0, 0, 0, 0)
    let result = state.scanProcesses(ProcFS(root: fake.root))
    _ = wh_call(Int64(setfsuid), UInt64(own), 0, 0, 0, 0, 0)
    #expect(result.hiddenProcesses == 2)
    #expect(result.firstHidden == 100)
    var again = SystemState()
    #expect(again.scanProcesses(ProcFS(root: fake.root)).hiddenProcesses == 0, "root sees all")
  }

  @Test func aScanStopsAtItsDeadline() {
    let fake = makeHost()
    var state = SystemState()
    let result = state.scanProcesses(ProcFS(root: fake.root), deadline: .zero)
    #expect(!result.isComplete)
    #expect(result.processes < 3)
  }

  @Test func anUnknownThreadIsReadOnDemandAndNotTooOften() {
    let fake = makeHost()
    var limits = StateLimits()
    limits.lookupsPerSecond = 2
    var state = SystemState(limits: limits)
    state.lookUpThreads(in: ProcFS(root: fake.root))
    apply(Event.read(101, at: 100 * second, fd: 0), to: &state)
    let slot = state.current.thread
    #expect(state.threads[slot].pid == 100)
    #expect(state.current.mainThread == state.threads.find(100))
    #expect(text(state.threads[slot].comm, state) == "server")
    apply(Event.read(999, at: 100 * second + 1, fd: 0), to: &state)
    #expect(state.threads[state.current.thread].isPlaceholder)
    #expect(state.counters.threadLookupsFailed == 1)
    apply(Event.read(200, at: 100 * second + 2, fd: 0), to: &state)
    #expect(state.threads[state.current.thread].isPlaceholder)
    #expect(state.counters.threadLookupsLimited == 1)
    // A placeholder is not looked up again; a new one in the next second is.
    apply(Event.read(1, at: 101 * second, fd: 0), to: &state)
    #expect(text(state.threads[state.current.thread].comm, state) == "init")
    // The event is the reading's: an exec right now is not older than it.
    apply(Event.execve(1, at: 101 * second + 1, exe: "x", ptid: 0, comm: "x"), to: &state)
    #expect(text(state.threads[state.current.thread].comm, state) == "x")
  }

  @Test func aProcessThatBeganAfterTheEventIsAnother() {
    let fake = FakeProcFS()
    fake.process(300, comm: "late", startTicks: 1000)
    var machine = Machine()
    machine.bootTime = 1_000 * second
    var state = SystemState(machine: machine)
    state.lookUpThreads(in: ProcFS(root: fake.root))
    apply(Event.read(300, at: 1_005 * second, fd: 0), to: &state)
    #expect(state.threads[state.current.thread].isPlaceholder)
  }
}
