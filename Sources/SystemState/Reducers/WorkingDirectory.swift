internal import EventSchema

extension SystemState {
  mutating func chdir(_ event: borrowing EventView) {
    guard event.int64(0, or: -1) >= 0, current.mainThread != Slot.none, !isOlderThanReading else { return }
    scratch.setPath(directory(-100), event.bytes(1), in: texts)
    setWorkingDirectory()
  }

  /// The new directory is the name of the descriptor; an unknown one leaves the old directory.
  mutating func fchdir(_ event: borrowing EventView) {
    use(event, 1)
    guard event.int64(0, or: -1) >= 0, current.descriptor != Slot.none, !isOlderThanReading else { return }
    scratch.removeAll()
    scratch.append(descriptors[current.descriptor].name, in: texts)
    setWorkingDirectory()
  }

  /// The kernel's own word; repairs what was missed.
  mutating func getcwd(_ event: borrowing EventView) {
    guard event.int64(0, or: -1) >= 0, current.mainThread != Slot.none, !isOlderThanReading else { return }
    let path = event.bytes(1).untilNUL()
    // "(unreachable)/..." is a directory outside the root.
    guard path.byteCount > 0, path.byte(0) == UInt8(ascii: "/") else { return }
    scratch.removeAll()
    scratch.append(path)
    setWorkingDirectory()
  }

  /// Takes the directory in the scratch buffer; it then ends with a slash.
  private mutating func setWorkingDirectory() {
    guard scratch.count > 0 else { return }
    if scratch[scratch.count - 1] != UInt8(ascii: "/") { scratch.append(UInt8(ascii: "/")) }
    let old = threads[current.mainThread].cwd
    threads[current.mainThread].cwd = texts.store(scratch, sharing: old)
    texts.release(old)
  }

  /// Only the root changes: the working directory stays where it was, outside the new root perhaps.
  mutating func chroot(_ event: borrowing EventView) {
    guard event.int64(0, or: -1) == 0, current.thread != Slot.none, !isOlderThanReading else { return }
    scratch.setPath(directory(-100), event.bytes(1), in: texts)
    texts.replace(&threads[current.thread].root, with: scratch)
  }
}
