internal import ByteText
internal import EventSchema
internal import SystemState

/// Makes paths absolute: pure text, nothing is asked of the file system.
enum PathText {
  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")

  static func isAbsolute(_ path: RawSpan) -> Bool {
    path.byteCount > 0 && byte(path, 0) == slash
  }

  @inline(__always)
  static func byte(_ span: RawSpan, _ index: Int) -> UInt8 { unsafe span.unsafeLoad(fromByteOffset: index, as: UInt8.self) }

  /// Appends `path` below `base`, or alone if it is absolute, without empty components, `.` and `..`.
  ///
  /// A base that is not absolute itself (`<UNKNOWN>`) is put in front as it is, the path unchanged behind it: nothing
  /// true can be said of the result.
  static func append(_ path: RawSpan, below base: RawSpan, into text: inout [UInt8]) {
    if isAbsolute(path) {
      let start = text.count
      appendComponents(path, from: start, into: &text)
      if text.count == start { text.append(slash) }
    } else if isAbsolute(base) {
      let start = text.count
      appendComponents(base, from: start, into: &text)
      appendComponents(path, from: start, into: &text)
      if text.count == start { text.append(slash) }
    } else {
      text.append(base)
      text.append(path)
    }
  }

  /// Whether the normalised path is the path itself: absolute, no `//`, `/./`, `/../`, no slash at the end.
  static func isNormal(_ path: RawSpan) -> Bool {
    let count = path.byteCount
    guard isAbsolute(path) else { return false }
    var index = 1
    while index < count {
      let byte = byte(path, index)
      if byte == slash && self.byte(path, index - 1) == slash { return false }
      if byte == dot && self.byte(path, index - 1) == slash {
        let next = index + 1 == count ? slash : self.byte(path, index + 1)
        if next == slash || next == dot { return false }
      }
      index += 1
    }
    return count == 1 || byte(path, count - 1) != slash
  }

  /// Whether there is a `//` in a path, eight bytes at a time; wrongly also for a `/` followed by a `.`, which costs the
  /// caller a second look.
  static func mayHoldRuns(_ path: RawSpan) -> Bool {
    let slashes: UInt64 = 0x2f2f_2f2f_2f2f_2f2f
    let ones: UInt64 = 0x0101_0101_0101_0101
    let count = path.byteCount
    var at = 0
    while at &+ 9 <= count {
      // Bit 7 of each byte that is a slash, here and one byte further on. The subtraction may borrow from the byte above
      // a slash, which is then marked if it is one more than a slash less one: a dot.
      let first = unsafe path.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self) ^ slashes
      let second = unsafe path.unsafeLoadUnaligned(fromUncheckedByteOffset: at &+ 1, as: UInt64.self) ^ slashes
      if (first &- ones) & ~first & (second &- ones) & ~second & (ones &<< 7) != 0 { return true }
      at &+= 8
    }
    while at &+ 1 < count {
      if byte(path, at) == slash, byte(path, at &+ 1) == slash { return true }
      at &+= 1
    }
    return false
  }

  private static func appendComponents(_ path: RawSpan, from start: Int, into text: inout [UInt8]) {
    var index = 0
    let count = path.byteCount
    while index < count {
      if byte(path, index) == slash {
        index += 1
        continue
      }
      var end = index
      while end < count, byte(path, end) != slash { end += 1 }
      if end - index == 1, byte(path, index) == dot {
      } else if end - index == 2, byte(path, index) == dot, byte(path, index + 1) == dot {
        while text.count > start, text.removeLast() != slash {}
      } else {
        text.append(slash)
        text.append(path.extracting(index..<end))
      }
      index = end
    }
  }

  /// Appends the path of a directory that relative paths start from: that of descriptor `number`, or the working
  /// directory for `AT_FDCWD`; `<UNKNOWN>` if it is not known.
  static func append(_ path: RawSpan, belowDescriptor number: Int64, _ state: borrowing SystemState, into text: inout [UInt8]) {
    if number == Int64(WH_AT_FDCWD) {
      append(path, belowWorkingDirectory: state, into: &text)
      return
    }
    let slot = state.descriptors.find(state.current.files, number)
    if slot != Slot.none, !isAbsolute(path) {
      append(path, below: state.texts.bytes(state.descriptors[slot].name), into: &text)
    } else if isAbsolute(path) {
      append(path, below: path, into: &text)
    } else {
      text.append("<UNKNOWN>")
      text.append(path)
    }
  }

  static func append(_ path: RawSpan, belowWorkingDirectory state: borrowing SystemState, into text: inout [UInt8]) {
    let main = state.current.mainThread
    if main != Slot.none, !state.threads[main].cwd.isEmpty {
      append(path, below: state.texts.bytes(state.threads[main].cwd), into: &text)
    } else if isAbsolute(path) {
      append(path, below: path, into: &text)
    } else {
      text.append("./")
      text.append(path)
    }
  }
}
