internal import ByteText
internal import SystemState

/// Which process it is: beyond its number, by its ancestors, and by what it runs.
extension FieldExtractor {
  /// Processes that ``FieldID/procAncestry`` names at most.
  private var ancestryLength: Int { 32 }

  mutating func identityValue(_ field: Int, _ state: borrowing SystemState) -> FieldValue {
    let plan = plans[field]
    // For an alert that waited: the hash that it waited for.
    if let subject { return digest(subject.digest, subject.digestSerial, state) }
    let main = state.current.mainThread
    guard main != Slot.none else { return .missing }
    switch plan.id {
    case .procPidStart:
      guard let start = state.startTicks(of: main) else { return .missing }
      return .unsigned(start, plan.type)
    case .procId:
      guard let processStart = state.startTicks(of: main), state.threads[main].pid > 0 else { return .missing }
      let start = scratch.count
      scratch.append(hex: UInt64(state.machine.bootID), uppercase: false, width: 8)
      scratch.append(UInt8(ascii: "-"))
      scratch.append(decimal: Int64(processStart))
      scratch.append(UInt8(ascii: "-"))
      scratch.append(decimal: Int64(state.threads[main].pid))
      return text(from: start)
    case .procAncestry: return ancestry(of: main, state)
    default:
      let slot = state.threads[main].digest
      return slot == Slot.none ? .missing : digest(slot, state.digests[slot].serial, state)
    }
  }

  private mutating func ancestry(of main: UInt32, _ state: borrowing SystemState) -> FieldValue {
    var depth = 0
    var slot = state.threads.parentProcess(of: main)
    while slot != Slot.none, depth < ancestryLength {
      depth += 1
      slot = state.threads.parentProcess(of: slot)
    }
    let isCut = depth == ancestryLength
    let start = scratch.count
    if isCut { scratch.append("...->") }
    // From the oldest that is shown; the walk up is short, and nothing is kept of it.
    for steps in stride(from: isCut ? depth - 1 : depth, through: 0, by: -1) {
      slot = main
      for _ in 0..<steps { slot = state.threads.parentProcess(of: slot) }
      append(state.threads[slot].comm, state)
      if steps > 0 { scratch.append("->") }
    }
    return text(from: start)
  }

  private mutating func digest(_ slot: UInt32, _ serial: UInt64, _ state: borrowing SystemState) -> FieldValue {
    guard state.digests.holds(slot, serial), state.digests[slot].knowledge == .known else { return .missing }
    let digest = state.digests[slot].value
    let start = scratch.count
    for index in 0..<32 { scratch.append(hex: UInt64(digest[index]), uppercase: false, width: 2) }
    return text(from: start)
  }
}
