import CaptureTesting
import EventSchema
import ProcFS
import SystemState
import Testing

/// A time without events, and what /proc says after it.
@Suite struct ReconcileTests {
  private let second: UInt64 = 1_000_000_000
  private let boot: UInt64 = 1_000_000_000_000

  private func apply(_ record: [UInt8], to state: inout SystemState) {
    do {
      let view = try EventView(validating: record.span.bytes)
      state.apply(view)
    } catch { preconditionFailure("\(error)") }
  }

  private func text(_ handle: TextHandle, _ state: borrowing SystemState) -> String {
    state.texts.bytes(handle).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// A host with a server (100, threads 100 and 101) and its child (200), as a scan saw it.
  private func scanned(_ fake: borrowing FakeProcFS) -> SystemState {
    var machine = Machine()
    machine.bootTime = boot
    var state = SystemState(machine: machine)
    state.scanProcesses(ProcFS(root: fake.root))
    return state
  }

  private func before() -> FakeProcFS {
    let fake = FakeProcFS()
    fake.process(1, parent: 0, comm: "init", arguments: ["/sbin/init"])
    fake.process(100, parent: 1, comm: "server", arguments: ["server"], startTicks: 500, threads: [101])
    fake.process(200, parent: 100, comm: "worker", arguments: ["worker"], startTicks: 600, cwd: "/srv")
    fake.link("proc/200/fd/3", to: "/srv/kept.db")
    fake.link("proc/200/fd/4", to: "/srv/closed.db")
    return fake
  }

  @Test func theSameProcessKeepsWhatOnlyEventsTold() {
    var state = scanned(before())
    apply(Event.openat(200, at: 4_000_000 * second, fd: 5, name: "relative"), to: &state)
    let slot = state.threads.find(200)
    let after = FakeProcFS()
    after.process(1, parent: 0, comm: "init", arguments: ["/sbin/init"])
    after.process(100, parent: 1, comm: "server", arguments: ["server"], startTicks: 500, threads: [101])
    after.process(200, parent: 100, comm: "worker", arguments: ["worker"], uid: 33, startTicks: 600, cwd: "/var")
    after.link("proc/200/fd/3", to: "/srv/kept.db")
    after.link("proc/200/fd/5", to: "/srv/relative")
    after.link("proc/200/fd/6", to: "/srv/new.db")
    let result = state.reconcile(ProcFS(root: after.root))
    #expect(result.kept == 3)
    #expect(result.added == 0 && result.replaced == 0 && result.removed == 0)
    #expect(result.descriptorsAdded == 1 && result.descriptorsRemoved == 1)
    #expect(state.threads.find(200) == slot, "the entry stays where it is")
    #expect(state.threads[slot].uid == 33)
    #expect(text(state.threads[slot].cwd, state) == "/var/")
    let opened = state.descriptors.find(state.threads.files(of: slot), 5)
    #expect(text(state.descriptors[opened].rawName, state) == "relative")
    #expect(state.descriptors.find(state.threads.files(of: slot), 4) == Slot.none)
    #expect(text(state.descriptors[state.descriptors.find(state.threads.files(of: slot), 6)].name, state) == "/srv/new.db")
  }

  @Test func anotherStartTimeIsAnotherOwnerOfTheId() {
    var state = scanned(before())
    let after = FakeProcFS()
    after.process(1, parent: 0, comm: "init", arguments: ["/sbin/init"])
    after.process(100, parent: 1, comm: "server", arguments: ["server"], startTicks: 500, threads: [101])
    after.process(200, parent: 1, comm: "intruder", arguments: ["intruder"], startTicks: 90_000)
    let result = state.reconcile(ProcFS(root: after.root))
    #expect(result.replaced == 1 && result.kept == 2)
    let slot = state.threads.find(200)
    #expect(text(state.threads[slot].comm, state) == "intruder")
    #expect(state.descriptors.find(state.threads.files(of: slot), 3) == Slot.none, "nothing of the last owner is left")
    #expect(state.threads.parentProcess(of: slot) == state.threads.find(1))
  }

  @Test func anExecInTheGapIsTaken() {
    var state = scanned(before())
    let after = FakeProcFS()
    after.process(1, parent: 0, comm: "init", arguments: ["/sbin/init"])
    after.process(100, parent: 1, comm: "server", arguments: ["server"], startTicks: 500, threads: [101])
    after.process(200, parent: 100, comm: "sh", arguments: ["sh", "-i"], startTicks: 600)
    #expect(state.reconcile(ProcFS(root: after.root)).kept == 3)
    #expect(text(state.threads[state.threads.find(200)].cmdline, state) == "sh -i")
  }

  @Test func whatIsGoneIsRemovedAndOrphansGetTheirNewParent() {
    var state = scanned(before())
    let after = FakeProcFS()
    after.process(1, parent: 0, comm: "init", arguments: ["/sbin/init"])
    after.process(200, parent: 1, comm: "worker", arguments: ["worker"], startTicks: 600, cwd: "/srv")
    after.process(300, parent: 200, comm: "late", arguments: ["late"], startTicks: 700, threads: [301])
    let result = state.reconcile(ProcFS(root: after.root))
    #expect(result.kept == 2 && result.added == 1)
    #expect(state.threads.find(100) == Slot.none && state.threads.find(101) == Slot.none)
    let orphan = state.threads.find(200)
    #expect(state.threads.parentProcess(of: orphan) == state.threads.find(1))
    let late = state.threads.find(300)
    #expect(state.threads.parentProcess(of: late) == orphan)
    #expect(state.threads[state.threads.find(301)].main == late)
    #expect(state.threads.count == 4)
  }

  @Test func threadsOfAProcessComeAndGo() {
    var state = scanned(before())
    let after = FakeProcFS()
    after.process(1, parent: 0, comm: "init", arguments: ["/sbin/init"])
    after.process(100, parent: 1, comm: "server", arguments: ["server"], startTicks: 500, threads: [102, 103])
    after.process(200, parent: 100, comm: "worker", arguments: ["worker"], startTicks: 600, cwd: "/srv")
    _ = state.reconcile(ProcFS(root: after.root))
    let main = state.threads.find(100)
    #expect(state.threads.find(101) == Slot.none)
    #expect(state.threads[state.threads.find(102)].main == main)
    #expect(state.threads[main].liveThreads == 3)
  }

  @Test func eventsFromBeforeTheReadingDoNotUndoIt() {
    var state = scanned(before())
    let after = before()
    _ = state.reconcile(ProcFS(root: after.root))
    // As the new driver captured them while /proc was read.
    apply(Event.chdir(200, at: boot + second, "/old"), to: &state)
    apply(Event.procexit(200, at: boot + second), to: &state)
    apply(Event.read(1, at: boot + 2 * second, fd: 0), to: &state)
    #expect(text(state.threads[state.threads.find(200)].cwd, state) == "/srv/")
  }

  @Test func textsAreReleased() {
    var state = scanned(before())
    let after = before()
    _ = state.reconcile(ProcFS(root: after.root))
    let bytes = state.texts.bytesInUse
    for _ in 0..<3 { _ = state.reconcile(ProcFS(root: after.root)) }
    #expect(state.texts.bytesInUse == bytes)
  }
}
