extension ByteBuffer {
  /// Replaces the buffer by the list in `list`, with the subsystems' names as users know them.
  ///
  /// The kernel's own names differ between versions: `cpu_cgroup`, `mem`, `io`, `perf` are `cpu`, `memory`, `blkio`,
  /// `perf_event`.
  ///
  /// - Parameter list: `subsystem=path` strings, each with its NUL.
  /// - Returns: False if a string has no `=`: the list is not usable then.
  mutating func setCgroups(_ list: borrowing RawSpan) -> Bool {
    removeAll()
    var at = 0
    while at < list.byteCount {
      let end = list.firstIndex(of: 0, from: at)
      let equals = list.firstIndex(of: UInt8(ascii: "="), from: at)
      guard equals < end else { return false }
      appendSubsystem(list.extracting(at..<equals))
      append(list.extracting(equals..<end))
      append(0)
      at = end + 1
    }
    return true
  }

  /// The container that the first cgroup in the list with one means; its range is one of the buffer.
  func findContainer() -> ContainerID? {
    let list = bytes
    var at = 0
    while at < list.byteCount {
      let end = list.firstIndex(of: 0, from: at)
      let start = list.firstIndex(of: UInt8(ascii: "="), from: at) + 1
      if let id = ContainerID.find(in: list.extracting(start..<end)) { return id.moved(by: start) }
      at = end + 1
    }
    return nil
  }

  private mutating func appendSubsystem(_ name: borrowing RawSpan) {
    var length = name.byteCount
    if name.hasSuffix("_cgroup") { length -= 7 }
    let name = name.extracting(0..<length)
    if name.equals("perf") {
      append("perf_event")
    } else if name.equals("mem") {
      append("memory")
    } else if name.equals("io") {
      append("blkio")
    } else {
      append(name)
    }
  }
}

extension SystemState {
  /// Takes over a cgroup list for a thread, and the container that it means.
  ///
  /// A child is mostly in its parent's cgroups: it then shares the texts and no path is looked at.
  ///
  /// - Parameter relative: A thread that may have the same list, ``Slot/none`` for none. May be the thread itself.
  mutating func setCgroups(of slot: UInt32, _ list: borrowing RawSpan, like relative: UInt32) {
    guard scratch.setCgroups(list) else { return }
    if relative != Slot.none {
      let known = threads[relative].cgroups
      if Int(known.length) == scratch.count, texts.holds(known, scratch) {
        if relative != slot { shareCgroups(of: relative, with: slot) }
        return
      }
    }
    texts.replace(&threads[slot].cgroups, with: scratch)
    var shown = TextHandle.empty
    var full = TextHandle.empty
    let found = scratch.findContainer()
    if let id = found {
      full = texts.store(scratch, id.range)
      if id.shownLength == id.range.count {
        texts.retain(full)
        shown = full
      } else {
        shown = texts.store(scratch, id.range.lowerBound..<id.range.lowerBound + id.shownLength)
      }
    }
    texts.release(threads[slot].containerID)
    texts.release(threads[slot].containerFullID)
    threads[slot].containerID = shown
    threads[slot].containerFullID = full
    enterContainer(slot, id: shown, fullID: full, found)
  }

  mutating func setCgroups(of slot: UInt32, _ list: [UInt8], like relative: UInt32) {
    unsafe setCgroups(of: slot, list.span.bytes, like: relative)
  }

  /// Gives a thread the cgroups and the container of another one.
  mutating func shareCgroups(of relative: UInt32, with slot: UInt32) {
    let (cgroups, shown, full) =
      (threads[relative].cgroups, threads[relative].containerID, threads[relative].containerFullID)
    texts.retain(cgroups)
    texts.retain(shown)
    texts.retain(full)
    texts.release(threads[slot].cgroups)
    texts.release(threads[slot].containerID)
    texts.release(threads[slot].containerFullID)
    threads[slot].cgroups = cgroups
    threads[slot].containerID = shown
    threads[slot].containerFullID = full
    move(slot, toContainer: threads[relative].container)
  }
}
