import CaptureTesting
import EventSchema
import SystemState

/// A state under test with process 100, child of 1, cwd unknown, and short ways to look at it.
struct Host: ~Copyable {
  var state: SystemState

  init(limits: StateLimits = StateLimits(), machine: Machine = Machine()) {
    state = SystemState(limits: limits, machine: machine)
  }

  /// With `init` (pid 1) and a shell (pid 100) whose working directory is known.
  static func withShell(cwd: String = "/home/user", machine: Machine = Machine()) -> Host {
    var host = Host(machine: machine)
    host.apply(Event.execve(1, at: 1, exe: "/sbin/init", ptid: 0, comm: "init"))
    host.apply(Event.clone(100, at: 2, result: 0, ptid: 1))
    host.apply(Event.chdir(100, at: 3, cwd))
    return host
  }

  mutating func apply(_ record: [UInt8]) {
    do {
      let view = try EventView(validating: record.span.bytes)
      state.apply(view)
    } catch { preconditionFailure("the test made a bad record: \(error)") }
  }

  func text(_ handle: TextHandle) -> String {
    let bytes = state.texts.bytes(handle)
    return bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  func thread(_ tid: Int32) -> ThreadEntry? {
    let slot = state.threads.find(tid)
    return slot == Slot.none ? nil : state.threads[slot]
  }

  func descriptor(_ pid: Int32, _ number: Int64) -> Descriptor? {
    let slot = state.descriptors.find(state.threads.files(of: state.threads.find(pid)), number)
    return slot == Slot.none ? nil : state.descriptors[slot]
  }

  func name(_ pid: Int32, _ number: Int64) -> String? { descriptor(pid, number).map { text($0.name) } }
  func cwd(_ pid: Int32) -> String? { thread(pid).map { text($0.cwd) } }

  /// The descriptor that the last event is about.
  var current: Descriptor? {
    state.current.descriptor == Slot.none ? nil : state.descriptors[state.current.descriptor]
  }
  var currentThread: ThreadEntry? {
    state.current.thread == Slot.none ? nil : state.threads[state.current.thread]
  }
  func parent(_ tid: Int32) -> Int32? {
    guard let entry = thread(tid), entry.parent != Slot.none else { return nil }
    return state.threads[entry.parent].tid
  }
}
