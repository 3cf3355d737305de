/// Names a text in a ``TextPool``. Plain data: copying it does not keep the text alive, ``TextPool/retain(_:)`` does.
public struct TextHandle: BitwiseCopyable, Sendable, Equatable {
  /// Which 16-byte granule of the pool the block begins at; 0 for the empty text.
  @usableFromInline let granule: UInt32
  /// Bytes of the text; no NUL is stored behind it.
  public let length: UInt32

  @usableFromInline init(granule: UInt32, length: UInt32) {
    self.granule = granule
    self.length = length
  }
  /// The text without bytes. Needs no retain and no release.
  public static let empty = TextHandle(granule: 0, length: 0)
  @inlinable public var isEmpty: Bool { length == 0 }
}

/// The bytes of names, paths, arguments and environments, shared by count between entries.
///
/// A forked process shares its parent's texts: one addition per text instead of a copy. Entries therefore hold
/// handles and stay plain data, and nothing on the event path touches an object's reference count. A block is a
/// 32-bit count, then the bytes, rounded up to a size class.
///
/// Blocks of one class lie together in chunks of 128 KiB. The lowest free block of the lowest chunk is used first, so
/// that chunks at the high end run empty, and pages without blocks go back to the system: ``endPeriod()``,
/// ``giveBack(_:)``. An empty chunk is free for any class.
@safe public struct TextPool: ~Copyable {
  private struct Chunk: BitwiseCopyable {
    var sizeClass: UInt8
    /// A block was freed since pages were given back last.
    var isDirty: Bool
    var used: UInt16
    /// Blocks from here on were not used since the chunk belongs to its class.
    var fresh: UInt16
    var blocks: UInt16
  }

  @usableFromInline let region: Region
  private var chunks: Cells<Chunk>
  /// Of each chunk, the blocks below its first fresh one that are free.
  private var freeBlocks: BitSets
  /// Of each class, the chunks with room.
  private var rooms: BitSets
  private var freeChunks: BitSets
  /// Of each class of short texts, the block that was freed last and still counts as used in its chunk, by its first
  /// granule; 0 for none. Most texts come and go with one descriptor, and need no search then.
  private var spares = InlineArray<32, UInt32>(repeating: 0)
  /// The first chunk that was never used. Chunk 0 stays unused: granule 0 means "empty".
  private var freshChunk = 1
  /// Bytes in blocks that are in use, headers and rounding included.
  public private(set) var bytesInUse = 0
  /// Texts that were not stored because the pool was full; their entries read as empty.
  public private(set) var refused: UInt64 = 0
  private var water = HighWater()
  /// Chunks that are still to be looked at for pages to give back.
  private var sweep = 0..<0

  /// The longest text that is stored; a longer one is cut.
  public static let maximumLength = 65_535
  private static let granulesPerChunk = 8192

  public init(limitBytes: Int = 512 << 20) {
    let chunkBytes = TextPool.granulesPerChunk << 4
    let count = max(1, limitBytes / chunkBytes) + 1
    precondition(count <= Int(UInt32.max) / TextPool.granulesPerChunk, "more text than handles can name")
    region = Region(reserving: count * chunkBytes)
    chunks = Cells(count: count)
    freeBlocks = BitSets(sets: count, capacity: TextPool.granulesPerChunk)
    rooms = BitSets(sets: TextPool.classCount, capacity: count)
    freeChunks = BitSets(capacity: count)
  }

  private static let classCount = 32 + 4 * 8

  /// Blocks of up to 512 bytes come in steps of 16, longer ones in four steps per doubling.
  private static func sizeClass(_ bytes: Int) -> (index: Int, granules: UInt32) {
    let granules = UInt32((bytes + 15) >> 4)
    if granules <= 32 { return (Int(granules) - 1, granules) }
    let top = 31 - granules.leadingZeroBitCount
    let step = UInt32(1) << UInt32(top - 2)
    let rounded = (granules + step - 1) & ~(step - 1)
    let roundedTop = 31 - rounded.leadingZeroBitCount
    let quarter = Int((rounded >> UInt32(roundedTop - 2)) & 3)
    return (32 + (roundedTop - 5) * 4 + quarter, rounded)
  }

  private static func blockBytes(ofClass index: Int) -> Int {
    if index < 32 { return (index + 1) << 4 }
    return (4 + (index - 32) % 4) << ((index - 32) / 4 + 3 + 4)
  }

  /// Keeps a copy of the bytes, with a count of one.
  ///
  /// - Returns: A handle to release when done; the empty one for no bytes, or if the pool is full (counted).
  public mutating func store(_ bytes: borrowing RawSpan) -> TextHandle {
    let length = min(bytes.byteCount, TextPool.maximumLength)
    if length == 0 { return .empty }
    let (index, granules) = TextPool.sizeClass(length + 4)
    guard let granule = allocate(index, granules) else {
      refused += 1
      return .empty
    }
    bytesInUse += Int(granules) << 4
    water.note(bytesInUse)
    let block = unsafe address(granule)
    unsafe block.storeBytes(of: 1, as: UInt32.self)
    unsafe bytes.withUnsafeBytes { source in
      unsafe (block + 4).copyMemory(from: source.baseAddress!, byteCount: length)
    }
    return TextHandle(granule: granule, length: UInt32(length))
  }

  /// Adds an owner. Each needs its own ``release(_:)``.
  @inlinable public mutating func retain(_ handle: TextHandle) {
    if handle.granule == 0 { return }
    let block = unsafe address(handle.granule)
    unsafe block.storeBytes(of: block.load(as: UInt32.self) &+ 1, as: UInt32.self)
  }

  /// Gives up an owner's share; the block is free with the last one.
  @inlinable public mutating func release(_ handle: TextHandle) {
    if handle.granule == 0 { return }
    let block = unsafe address(handle.granule)
    let count = unsafe block.load(as: UInt32.self)
    precondition(count > 0, "a text released more often than retained")
    unsafe block.storeBytes(of: count &- 1, as: UInt32.self)
    if count == 1 { recycle(handle) }
  }

  @usableFromInline mutating func recycle(_ handle: TextHandle) {
    let (index, granules) = TextPool.sizeClass(Int(handle.length) + 4)
    bytesInUse -= Int(granules) << 4
    if index < 32, spares[index] == 0 {
      spares[index] = handle.granule
      return
    }
    let chunk = Int(handle.granule) / TextPool.granulesPerChunk
    let block = (handle.granule % UInt32(TextPool.granulesPerChunk)) / granules
    precondition(Int(chunks[chunk].sizeClass) == index && chunks[chunk].used > 0, "a text that is not in its chunk")
    release(block, of: chunk, index)
  }

  /// Gives a block back to its chunk.
  private mutating func release(_ block: UInt32, of chunk: Int, _ index: Int) {
    if chunks[chunk].used == chunks[chunk].blocks { rooms.insert(chunk, in: index) }
    chunks[chunk].used -= 1
    chunks[chunk].isDirty = true
    if chunks[chunk].used > 0 {
      freeBlocks.insert(Int(block), in: chunk)
    } else {
      freeBlocks.removeAll(below: Int(chunks[chunk].fresh), in: chunk)
      chunks[chunk].fresh = 0
      rooms.remove(chunk, in: index)
      freeChunks.insert(chunk)
    }
  }

  /// - Returns: A block's first granule, or `nil` if the pool is full.
  private mutating func allocate(_ index: Int, _ granules: UInt32) -> UInt32? {
    if index < 32, spares[index] != 0 {
      let granule = spares[index]
      spares[index] = 0
      return granule
    }
    guard let chunk = rooms.lowest(of: index) ?? takeChunk(index, granules) else { return nil }
    let block: Int
    if chunks[chunk].used < chunks[chunk].fresh, let lowest = freeBlocks.lowest(of: chunk) {
      freeBlocks.remove(lowest, in: chunk)
      block = lowest
    } else {
      block = Int(chunks[chunk].fresh)
      chunks[chunk].fresh += 1
    }
    chunks[chunk].used += 1
    if chunks[chunk].used == chunks[chunk].blocks { rooms.remove(chunk, in: index) }
    return UInt32(chunk * TextPool.granulesPerChunk) + UInt32(block) * granules
  }

  /// Gives a free chunk to a class.
  private mutating func takeChunk(_ index: Int, _ granules: UInt32) -> Int? {
    let chunk: Int
    if let lowest = freeChunks.lowest() {
      freeChunks.remove(lowest)
      chunk = lowest
    } else {
      guard freshChunk < chunks.count else { return nil }
      chunk = freshChunk
      freshChunk += 1
    }
    chunks[chunk].sizeClass = UInt8(index)
    chunks[chunk].used = 0
    chunks[chunk].fresh = 0
    chunks[chunk].blocks = UInt16(TextPool.granulesPerChunk / Int(granules))
    rooms.insert(chunk, in: index)
    return chunk
  }

  /// Decides whether memory is to be given back; call it every few seconds.
  mutating func endPeriod() {
    for index in 0..<32 where spares[index] != 0 {
      let granule = Int(spares[index])
      spares[index] = 0
      let block = (granule % TextPool.granulesPerChunk) / (index + 1)
      release(UInt32(block), of: granule / TextPool.granulesPerChunk, index)
    }
    if water.endPeriod(use: bytesInUse, slack: 128 << 10) { sweep = 1..<freshChunk }
  }

  var isGivingBack: Bool { !sweep.isEmpty }

  /// Gives pages that hold no text back to the system.
  ///
  /// - Parameter budget: Bytes that may still be given back in this step.
  mutating func giveBack(_ budget: inout Int) {
    while !sweep.isEmpty, budget > 0 {
      let chunk = sweep.lowerBound
      sweep = chunk + 1..<sweep.upperBound
      guard chunks[chunk].isDirty else { continue }
      chunks[chunk].isDirty = false
      let start = chunk * TextPool.granulesPerChunk << 4
      let end = start + TextPool.granulesPerChunk << 4
      budget -= end - start
      let fresh = Int(chunks[chunk].fresh)
      let blockBytes = TextPool.blockBytes(ofClass: Int(chunks[chunk].sizeClass))
      var block = freeBlocks.next(from: 0, below: fresh, in: chunk, isMember: true)
      while block < fresh {
        let last = freeBlocks.next(from: block, below: fresh, in: chunk, isMember: false)
        region.discard(from: start + block * blockBytes, to: start + last * blockBytes)
        block = freeBlocks.next(from: last, below: fresh, in: chunk, isMember: true)
      }
      // What an earlier life of the chunk touched.
      region.discard(from: start + fresh * blockBytes, to: end)
    }
  }

  /// Bytes of texts' pages that are backed by memory, for tests.
  var residentBytes: Int { region.residentBytes(below: freshChunk * TextPool.granulesPerChunk << 4) }

  /// Another owner's share of `candidate` if it holds the same bytes, a new text otherwise.
  ///
  /// What a fork or exec reports is mostly what the parent has already.
  mutating func store(_ bytes: borrowing RawSpan, sharing candidate: TextHandle) -> TextHandle {
    if Int(candidate.length) == bytes.byteCount, self.bytes(candidate).equals(bytes) {
      retain(candidate)
      return candidate
    }
    return store(bytes)
  }

  /// Releases what `handle` named and stores `bytes` in its place.
  public mutating func replace(_ handle: inout TextHandle, with bytes: borrowing RawSpan) {
    let old = handle
    handle = store(bytes)
    release(old)
  }

  /// The bytes of a text, good until the pool is next changed.
  @inlinable @inline(__always) @_lifetime(borrow self)
  public func bytes(_ handle: TextHandle) -> RawSpan {
    let span = unsafe RawSpan(_unsafeStart: address(handle.granule) + 4, byteCount: Int(handle.length))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  @inlinable @inline(__always)
  func address(_ granule: UInt32) -> UnsafeMutableRawPointer { unsafe region.base + Int(granule) &<< 4 }
}
