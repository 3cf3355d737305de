/// Between the pool and a buffer. Both belong to one owner, and a span of the one would keep the owner from changing
/// the other; these take the buffer or pool itself.
extension TextPool {
  mutating func store(_ buffer: borrowing ByteBuffer) -> TextHandle { store(buffer.bytes) }

  mutating func store(_ buffer: borrowing ByteBuffer, _ range: Range<Int>) -> TextHandle {
    store(buffer.bytes.extracting(range))
  }

  mutating func store(_ buffer: borrowing ByteBuffer, sharing candidate: TextHandle) -> TextHandle {
    store(buffer.bytes, sharing: candidate)
  }

  mutating func replace(_ handle: inout TextHandle, with buffer: borrowing ByteBuffer) {
    replace(&handle, with: buffer.bytes)
  }

  mutating func store(_ bytes: [UInt8]) -> TextHandle { unsafe store(bytes.span.bytes) }

  func holds(_ handle: TextHandle, _ buffer: borrowing ByteBuffer) -> Bool { bytes(handle).equals(buffer.bytes) }
}

extension ByteBuffer {
  mutating func append(_ handle: TextHandle, in pool: borrowing TextPool) { append(pool.bytes(handle)) }

  /// A path and the directory it is seen from, see ``setPath(_:isKnown:_:)``.
  mutating func setPath(_ directory: Directory, _ path: borrowing RawSpan, in pool: borrowing TextPool) {
    setPath(pool.bytes(directory.text), isKnown: directory.isKnown, path)
  }

  mutating func setPath(_ directory: Directory, _ path: TextHandle, in pool: borrowing TextPool) {
    setPath(pool.bytes(directory.text), isKnown: directory.isKnown, pool.bytes(path))
  }

  /// Replaces the buffer by a command line: `comm`, then each of the NUL-terminated arguments behind a blank.
  mutating func setCommandLine(_ comm: TextHandle, _ arguments: TextHandle, in pool: borrowing TextPool) {
    removeAll()
    append(pool.bytes(comm))
    let arguments = pool.bytes(arguments)
    var at = 0
    while at < arguments.byteCount {
      let end = arguments.firstIndex(of: 0, from: at)
      append(UInt8(ascii: " "))
      append(arguments.extracting(at..<end))
      at = end + 1
    }
  }
}
