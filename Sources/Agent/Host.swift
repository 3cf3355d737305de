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
    switch result.hiddenProcesses {
    case 0: break
    case 1:
      log(
        .notice,
        "process \(result.firstHidden) may not be read in full in /proc: what it had open is known once it opens it anew")
    default:
      log(
        .notice,
        "\(result.hiddenProcesses) processes, the first is \(result.firstHidden), may not be read in full in /proc: "
          + "what they had open is known once they open it anew")
    }
    return state
  }
}
