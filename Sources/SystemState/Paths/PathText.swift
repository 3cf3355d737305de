/// Where a relative path starts.
struct Directory {
  /// The working directory, or the name of the directory's descriptor. Not owned.
  var text: TextHandle = .empty
  /// False for a descriptor that nothing is known about.
  var isKnown = true
}

extension ByteBuffer {
  /// Joined lengths from here on are not resolved; a fixed text stands for them.
  static var pathLimit: Int { 1024 }

  /// Replaces the buffer by `path` seen from `directory`, normalised by its text alone: `//` and `.` go, `..` takes
  /// the component before it, no trailing slash. Symbolic links are not followed: that would ask a file system which
  /// may have changed since.
  ///
  /// An absolute or empty path drops the directory. Bytes after a NUL in `path` do not count.
  mutating func setPath(_ directory: borrowing RawSpan, isKnown: Bool, _ path: borrowing RawSpan) {
    removeAll()
    let shape = path.pathShape()
    let isRelative = shape.length > 0 && path.byte(0) != UInt8(ascii: "/")
    if shape.length + (isRelative ? directory.byteCount : 0) >= ByteBuffer.pathLimit {
      append("/DIR_TOO_LONG/FILENAME_TOO_LONG")
      return
    }
    if isRelative {
      if !isKnown {
        append("<UNKNOWN>")
      } else if directory.byteCount > 0 {
        append(directory)
        if self[count - 1] != UInt8(ascii: "/") { append(UInt8(ascii: "/")) }
      }
    }
    append(path.extracting(0..<shape.length))
    if !shape.isPlain { normalise() }
  }

  /// Rewrites the path in the buffer without `//`, `.`, `..` and a trailing slash.
  mutating func normalise() {
    let slash = UInt8(ascii: "/")
    let dot = UInt8(ascii: ".")
    let length = count
    let base = length > 0 && self[0] == slash ? 1 : 0
    var out = base
    var at = base
    while at < length {
      var end = at
      while end < length, self[end] != slash { end &+= 1 }
      let size = end &- at
      if size == 2, self[at] == dot, self[at + 1] == dot {
        while out > base, self[out - 1] != slash { out &-= 1 }
        if out > base { out &-= 1 }
      } else if size > 0, !(size == 1 && self[at] == dot) {
        if out > base {
          self[out] = slash
          out &+= 1
        }
        for offset in 0..<size { self[out &+ offset] = self[at &+ offset] }
        out &+= size
      }
      at = end &+ 1
    }
    truncate(to: out)
  }
}

extension SystemState {
  /// The directory that a descriptor argument names: AT_FDCWD (-100) is the working directory.
  func directory(_ number: Int64) -> Directory {
    if number == -100 {
      let process = current.mainThread
      return Directory(text: process == Slot.none ? .empty : threads[process].cwd)
    }
    let slot = descriptors.find(current.files, number)
    if slot == Slot.none { return Directory(isKnown: false) }
    return Directory(text: descriptors[slot].name)
  }
}
