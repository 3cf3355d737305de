public import Capture
internal import EventSchema

/// A capture file as a source of events: `.scap`, plain or compressed with gzip, of any version since 2013.
///
/// Events come in the order of the file, converted to today's form. What the file says of its machine, processes, users
/// and addresses is in ``contents`` before the first event. A file can be several captures one behind the other: where one
/// begins comes an empty batch, and ``section`` has counted on; the reader then starts anew from ``contents``.
@safe public struct CaptureFileSource: CaptureSource, ~Copyable {
  public let path: String
  public private(set) var contents: CaptureContents
  /// Which of the captures in the file is being read, from 1.
  public private(set) var section = 1
  /// Records of versions after this one, which nothing here can read.
  public var unknownEvents: UInt64 { events.unknown }
  /// Records that are not delivered any more: mostly the entries of calls, whose exits tell it all today.
  public var droppedEvents: UInt64 { events.dropped }
  /// How much of the file is read, in tenths of a percent; `nil` for what has no length, such as a pipe.
  public var progress: Int? { blocks.progress }

  private var blocks: BlockReader
  private var events = CurrentEvents()
  private var lanes: [LaneWindow] = [LaneWindow(empty: ())]
  private var seen: UInt64 = 0
  private var malformed: UInt64 = 0
  /// What comes when the batch in the buffer is used up.
  private var next = Next.events

  private enum Next {
    case events
    case section
    case end
    case failure(CaptureFileError)
  }

  /// Opens a file and reads what precedes its events.
  ///
  /// - Throws: ``CaptureError/damaged(source:problem:)`` with the place in the file.
  public init(path: String) throws(CaptureError) {
    var blocks = try Self.open(path)
    contents = try Self.naming(path) { () throws(CaptureFileError) in try Self.readMetadata(&blocks) }
    self.blocks = blocks
    self.path = path
  }

  private static func open(_ path: String) throws(CaptureError) -> BlockReader {
    do throws(CaptureFileError) {
      return try BlockReader(path: path)
    } catch {
      throw .damaged(source: path, problem: error.description)
    }
  }

  private static func naming<T>(_ path: String, _ body: () throws(CaptureFileError) -> T) throws(CaptureError) -> T {
    do throws(CaptureFileError) {
      return try body()
    } catch {
      throw .damaged(source: path, problem: error.description)
    }
  }

  /// - Parameter limit: A file never makes its reader wait.
  @_lifetime(&self)
  public mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    // What the reader left of the last batch comes again.
    if lanes[0].position >= UInt64(events.filled) {
      seen += lanes[0].takenCount
      malformed += lanes[0].malformedCount
      lanes[0] = LaneWindow(empty: ())
      try fillBatch()
      lanes[0] = events.window
    }
    return EventBatch(lanes.mutableSpan)
  }

  private mutating func fillBatch() throws(CaptureError) {
    events.removeAll()
    while events.filled == 0 {
      switch next {
      case .events: fill()
      case .section:
        contents = try Self.naming(path) { () throws(CaptureFileError) in try Self.readMetadata(&blocks) }
        events.beginSection()
        section += 1
        next = .events
        return
      case .end: throw .endOfStream
      case .failure(let error): throw .damaged(source: path, problem: error.description)
      }
    }
  }

  public borrowing func statistics() throws(CaptureError) -> CaptureStatistics {
    var statistics = CaptureStatistics()
    statistics.lost.malformed = malformed + lanes[0].malformedCount
    statistics.seen = seen + lanes[0].takenCount - statistics.lost.malformed
    statistics.filtered = events.dropped + events.unknown
    return statistics
  }

  // MARK: - Blocks before events

  private static func readMetadata(_ blocks: inout BlockReader) throws(CaptureFileError) -> CaptureContents {
    try readSectionHeader(&blocks)
    var metadata = MetadataReader()
    while let header = try blocks.peek() {
      guard let kind = BlockKind(header.type) else {
        try blocks.skip(header)
        continue
      }
      if case .event = kind { return metadata.contents }
      let offset = header.bodyOffset
      let body = try blocks.take(header, checksTrailer: true)
      try metadata.read(kind, body, at: offset)
    }
    throw CaptureFileError(.noEvents, at: blocks.offset)
  }

  private static func readSectionHeader(_ blocks: inout BlockReader) throws(CaptureFileError) {
    guard let header = try blocks.peek() else { throw CaptureFileError(.noEvents, at: blocks.offset) }
    guard BlockKind(header.type) == .section else {
      throw CaptureFileError(.notACapture(firstBlock: header.type), at: header.offset)
    }
    guard header.bodyLength >= SectionHeader.bodyLength else {
      throw CaptureFileError(.badBlockLength(type: header.type, length: header.length), at: header.offset)
    }
    // Whatever is behind the fields are options.
    let body = try blocks.take(header, checksTrailer: false)
    let magic = unsafe body.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
    let major = unsafe body.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt16.self)
    let minor = unsafe body.unsafeLoadUnaligned(fromByteOffset: 6, as: UInt16.self)
    if magic == SectionHeader.magic.byteSwapped { throw CaptureFileError(.otherByteOrder, at: header.offset) }
    guard magic == SectionHeader.magic else { throw CaptureFileError(.wrongMagic(magic), at: header.bodyOffset) }
    guard major <= 1 else { throw CaptureFileError(.unknownVersion(major: major, minor: minor), at: header.bodyOffset) }
  }

  // MARK: - Events

  /// Fills the buffer until it is full or something other than an event comes; says in `next` what comes then.
  private mutating func fill() {
    do throws(CaptureFileError) {
      while events.filled < CurrentEvents.batchBytes {
        guard let header = try blocks.peek() else {
          next = .end
          return
        }
        guard case .event(let layout)? = BlockKind(header.type) else {
          guard BlockKind(header.type) == .section else {
            throw CaptureFileError(.unexpectedBlock(type: header.type), at: header.offset)
          }
          next = .section
          return
        }
        try Self.readEvent(header, layout, of: &blocks, into: &events)
      }
    } catch {
      next = .failure(error)
    }
  }

  private static func readEvent(
    _ header: BlockHeader, _ layout: EventBlock, of blocks: inout BlockReader, into events: inout CurrentEvents
  ) throws(CaptureFileError) {
    let limit = layout.isLarge ? BlockReader.largestLargeEvent : BlockReader.largestEventBlock
    let body = try blocks.take(header, checksTrailer: false, limit: limit)
    let start = layout.hasFlags ? 6 : 2
    let headerSize = layout.hasParameterCount ? 26 : 22
    let offset = header.bodyOffset + UInt64(start)
    guard body.byteCount >= start + headerSize else {
      throw CaptureFileError(.badBlockLength(type: header.type, length: header.length), at: header.offset)
    }
    // Some recorders number their CPUs in other ways; the top bit is ours.
    var origin = unsafe body.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self) & 0x7fff
    if layout.hasFlags {
      let flags = unsafe body.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt32.self)
      if flags & EventBlock.stateOnly != 0 { origin |= EventOrigin.stateOnly }
    }
    let rest = body.extracting(start..<body.byteCount)
    if layout.hasParameterCount {
      try events.take(rest, origin, at: offset)
    } else {
      let completed = try OldRecord.withParameterCount(rest, at: offset)
      unsafe try events.take(completed.span.bytes, origin, at: offset)
    }
  }
}
