internal import EventSchema

/// Threads that rename themselves, or others of their process.
///
/// prctl tells the new name. pthread_setname_np of another thread writes to its `comm` file instead, which no event tells
/// unless a rule asks for writes: the name is then read from /proc when the file is closed. Nobody can rename threads of
/// another process. Source: fs/proc/base.c, `comm_write`.
extension SystemState {
  /// TASK_COMM_LEN without its NUL.
  private static var longestName: Int { 15 }

  mutating func setName(of slot: UInt32, _ name: borrowing RawSpan) {
    guard followsNames else { return }
    let text = name.untilNUL()
    let cut = text.extracting(0..<min(text.byteCount, SystemState.longestName))
    texts.replace(&threads[slot].comm, with: cut)
  }

  /// A write, if somebody wanted it captured; its data may be the beginning only, but a name is short.
  mutating func write(_ event: borrowing EventView) {
    use(event, 2)
    guard current.descriptor != Slot.none, descriptors[current.descriptor].flags.contains(.namesThread),
      event.int64(0, or: -1) > 0, !isOlderThanReading
    else { return }
    let thread = threads.find(Int32(truncatingIfNeeded: descriptors[current.descriptor].sourcePointer))
    if thread != Slot.none { setName(of: thread, event.bytes(1)) }
  }

  /// Marks a file that was opened for writing if it is the `comm` file of a thread of the event's process.
  @inline(__always) mutating func markIfNaming(_ descriptor: inout Descriptor) {
    guard descriptor.openFlags & OpenFlags.write != 0, texts.bytes(descriptor.name).hasSuffix("/comm") else { return }
    let thread = threadNamed(by: texts.bytes(descriptor.name))
    guard thread != Slot.none else { return }
    descriptor.flags.insert(.namesThread)
    descriptor.sourcePointer = UInt64(UInt32(bitPattern: threads[thread].tid))
  }

  /// - Parameter path: `/proc/PID/comm` or `/proc/PID/task/TID/comm`, where PID may be `self` or `thread-self`.
  private func threadNamed(by path: borrowing RawSpan) -> UInt32 {
    var words = PathWords(path)
    guard current.mainThread != Slot.none, words.take("proc") else { return Slot.none }
    let main = threads[current.mainThread]
    var found = current.mainThread
    if words.take("thread-self") {
      found = current.thread
    } else if !words.take("self") {
      guard let number = words.number(), number == main.pid || number == main.vpid else { return Slot.none }
    }
    if words.take("task") {
      guard let number = words.number() else { return Slot.none }
      // As the namespace of the process numbers it: its own numbers come first.
      while found != Slot.none, threads[found].vtid != number { found = threads[found].nextInGroup }
    }
    return words.take("comm") ? found : Slot.none
  }

  /// A file that names a thread is closed: it may have another name by now.
  @inline(never) mutating func readName(of descriptor: borrowing Descriptor) {
    let thread = threads.find(Int32(truncatingIfNeeded: descriptor.sourcePointer))
    guard thread != Slot.none, !threads[thread].isDead, let name = readName(threads[thread].tid) else { return }
    unsafe setName(of: thread, name.span.bytes)
  }
}

/// Walks over the parts of an absolute path.
private struct PathWords: ~Escapable {
  private let path: RawSpan
  private var at = 0

  @_lifetime(copy path) init(_ path: borrowing RawSpan) { self.path = copy path }

  private var end: Int {
    var end = at + 1
    while end < path.byteCount, path.byte(end) != UInt8(ascii: "/") { end += 1 }
    return end
  }

  /// Goes on if the next part is this.
  @_lifetime(self: copy self) mutating func take(_ word: StaticString) -> Bool {
    guard at < path.byteCount, path.byte(at) == UInt8(ascii: "/") else { return false }
    let end = end
    guard path.extracting((at + 1)..<end).equals(word) else { return false }
    at = end
    return true
  }

  /// Goes on if the next part is a number.
  @_lifetime(self: copy self) mutating func number() -> Int32? {
    guard at < path.byteCount, path.byte(at) == UInt8(ascii: "/") else { return nil }
    let end = end
    guard end > at + 1, end - at <= 11 else { return nil }
    var number = 0
    for place in (at + 1)..<end {
      let digit = path.byte(place) &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      number = number * 10 + Int(digit)
    }
    at = end
    return Int32(exactly: number)
  }
}
