/// Health checks of containers are run by the runtime, in the container, from outside.
extension SystemState {
  /// Marks a process that has just executed the command of one of its container's checks.
  ///
  /// It must have come from outside: a process whose parent is in the container may call itself anything. What the
  /// check starts in turn inherits the mark at its clone.
  mutating func recogniseProbes(_ slot: UInt32) {
    let container = threads[slot].container
    let (health, liveness, readiness) =
      (containers[container].healthCheck, containers[container].livenessProbe, containers[container].readinessProbe)
    guard !health.isEmpty || !liveness.isEmpty || !readiness.isEmpty, threads[slot].probes.isEmpty,
      threads[slot].vpid != 1
    else { return }
    let parent = threads.parentProcess(of: slot)
    if parent != Slot.none, threads[parent].container == container { return }
    if runs(slot, health) { threads[slot].probes.insert(.health) }
    if runs(slot, liveness) { threads[slot].probes.insert(.liveness) }
    if runs(slot, readiness) { threads[slot].probes.insert(.readiness) }
  }

  /// Whether program and arguments are those of a command, each string with its NUL.
  private func runs(_ slot: UInt32, _ command: TextHandle) -> Bool {
    let bytes = texts.bytes(command)
    let end = bytes.firstIndex(of: 0, from: 0)
    guard end > 0, end < bytes.byteCount else { return false }
    return texts.bytes(threads[slot].exe).equals(bytes.extracting(0..<end))
      && texts.bytes(threads[slot].args).equals(bytes.extracting(end + 1..<bytes.byteCount))
  }
}
