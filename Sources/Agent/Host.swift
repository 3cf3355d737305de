internal import ProcFS
internal import SystemState

extension SystemState {
  /// A state of this host: its facts, its users, and what runs already.
  ///
  /// Call it once the driver captures: nothing can then start unseen between the scan and the first event.
  static func ofThisHost(log: Log) -> SystemState {
    var state = SystemState(machine: .current())
    let procfs = ProcFS()
    state.loadNames(procfs)
    let result = state.scanProcesses(procfs)
    state.lookUpThreads(in: procfs)
    log(
      .debug,
      "scanned /proc: \(result.processes) processes, \(result.threads) threads, \(result.descriptors) descriptors")
    if !result.isComplete {
      log(.warning, "scanning /proc took too long; what was left out is looked up when it makes an event")
    }
    if result.errors.denied > 0 {
      log(
        .notice,
        "\(result.errors.denied) entries of /proc may not be read: what those processes had open is known once they open it anew")
    }
    return state
  }
}
