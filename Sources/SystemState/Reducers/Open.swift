internal import EventSchema

/// Portable open flags that the state acts on; `file_flags` of the schema.
enum OpenFlags {
  static let write: UInt32 = 1 << 1
  static let directory: UInt32 = 1 << 10
  static let closeOnExec: UInt32 = 1 << 12
  /// From here on bits say what the kernel found, not what the program asked.
  static let kernelBits: UInt32 = ~0 << 14
  static let upperLayer: UInt32 = 1 << 15
  static let lowerLayer: UInt32 = 1 << 16
}

extension SystemState {
  /// The most frequent event that changes the state, with its numbers written out, so that the walk over the length table
  /// is unrolled.
  mutating func openAt(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    finishOpen(
      number: number, directory: event.int64(1, or: -100), path: event.bytes(2), flags: event.uint32(3, or: 0),
      device: event.uint32(5, or: 0), inode: event.uint64(6, or: 0), real: event.bytes(7), exit: .openat)
  }

  mutating func openAt2(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    finishOpen(
      number: number, directory: event.int64(1, or: -100), path: event.bytes(2), flags: event.uint32(3, or: 0),
      device: event.uint32(6, or: 0), inode: event.uint64(7, or: 0), real: event.bytes(8), exit: .openat2)
  }

  mutating func open(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    finishOpen(
      number: number, directory: -100, path: event.bytes(1), flags: event.uint32(2, or: 0),
      device: event.uint32(4, or: 0), inode: event.uint64(5, or: 0), real: event.bytes(6),
      exit: .open)
  }

  mutating func creat(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    // The two bits are those of `creat_flags`: upper layer, lower layer.
    let layers = UInt32(event.value(5, as: UInt16.self) ?? 0) & 3
    finishOpen(
      number: number, directory: -100, path: event.bytes(1), flags: layers << 15,
      device: event.uint32(3, or: 0), inode: event.uint64(4, or: 0), real: event.bytes(6),
      exit: .creat)
  }

  /// The path comes from the new descriptor: it is absolute already.
  mutating func openByHandle(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    finishOpen(
      number: number, directory: -100, path: event.bytes(3), flags: event.uint32(2, or: 0),
      device: event.uint32(4, or: 0), inode: event.uint64(5, or: 0), real: event.bytes(3),
      exit: .open_by_handle_at)
  }

  /// Adds the descriptor of a successful open.
  ///
  /// The entry side of the call, if it was seen, decides about path, directory and flags.
  private mutating func finishOpen(
    number: Int64, directory: Int64, path: borrowing RawSpan, flags: UInt32, device: UInt32, inode: UInt64,
    real: borrowing RawSpan, exit: EventType
  ) {
    current.descriptorNumber = number
    guard current.files != Slot.none else { return }
    current.changedName = true
    let entry = threads[current.thread].pendingEntry
    if entry != Slot.none, callEntries[entry].exit == exit, !callEntries[entry].name.isEmpty,
      !texts.bytes(callEntries[entry].name).equals("<NA>")
    {
      let said = callEntries[entry]
      if path.byteCount > 0, !path.holdsText(texts.bytes(said.name)) { counters.pathsRewritten &+= 1 }
      var descriptor = makeFile(
        number: number, flags: said.flags | (flags & OpenFlags.kernelBits), device: device, inode: inode)
      if isAbsoluteAndPlain(said.name) {
        texts.retain(said.name)
        descriptor.name = said.name
      } else {
        let start = self.directory(said.directory)
        scratch.setPath(start, said.name, in: texts)
        descriptor.name = texts.store(scratch, sharing: said.name)
      }
      // The descriptor takes over the entry's share.
      callEntries[entry].name = .empty
      descriptor.rawName = said.name
      setRealName(of: &descriptor, real)
      markIfNaming(&descriptor)
      open(descriptor)
      return
    }

    var descriptor = makeFile(number: number, flags: flags, device: device, inode: inode)
    let shape = path.pathShape()
    let raw = path.extracting(0..<shape.length)
    if shape.isPlain, shape.length < ByteBuffer.pathLimit, raw.byte(0) == UInt8(ascii: "/") {
      // The common case: both names are the bytes of the event.
      descriptor.name = texts.store(raw)
      texts.retain(descriptor.name)
      descriptor.rawName = descriptor.name
    } else {
      let start = self.directory(directory)
      scratch.setPath(start, raw, in: texts)
      descriptor.name = texts.store(scratch)
      descriptor.rawName = texts.store(raw, sharing: descriptor.name)
    }
    setRealName(of: &descriptor, real)
    markIfNaming(&descriptor)
    open(descriptor)
  }

  /// Whether a path, not an empty one, is its own normal form.
  @inline(__always) private func isAbsoluteAndPlain(_ path: TextHandle) -> Bool {
    let bytes = texts.bytes(path)
    return bytes.byteCount < ByteBuffer.pathLimit && bytes.byte(0) == UInt8(ascii: "/") && bytes.pathShape().isPlain
  }

  /// Most files are opened by their own name: no second text then. Most captures do not ask: no bytes.
  @inline(__always) private mutating func setRealName(of descriptor: inout Descriptor, _ path: borrowing RawSpan) {
    guard path.byteCount > 0 else { return }
    if path.holdsText(texts.bytes(descriptor.name)) {
      texts.retain(descriptor.name)
      descriptor.realName = descriptor.name
    } else {
      descriptor.realName = texts.store(path.untilNUL())
    }
  }

  @inline(__always)
  private func makeFile(number: Int64, flags: UInt32, device: UInt32, inode: UInt64) -> Descriptor {
    var descriptor = Descriptor(number: number, kind: flags & OpenFlags.directory != 0 ? .directory : .file)
    descriptor.openFlags = flags
    descriptor.device = device
    descriptor.inode = inode
    if flags & (OpenFlags.closeOnExec | OpenFlags.upperLayer | OpenFlags.lowerLayer) != 0 {
      if flags & OpenFlags.closeOnExec != 0 { descriptor.flags.insert(.closeOnExec) }
      if flags & OpenFlags.upperLayer != 0 { descriptor.flags.insert(.upperLayer) }
      if flags & OpenFlags.lowerLayer != 0 { descriptor.flags.insert(.lowerLayer) }
    }
    return descriptor
  }
}
