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
/// 32-bit count, then the bytes, rounded up to a size class; free blocks of a class form a list.
@safe public struct TextPool: ~Copyable {
  @usableFromInline let region: Region
  /// First granule of a free block by size class, 0 for none.
  private var free: [UInt32]
  /// The first granule that was never used. Granule 0 stays unused: it means "empty".
  private var fresh: UInt32 = 1
  private let limit: UInt32
  /// Bytes in blocks that are in use, headers and rounding included.
  public private(set) var bytesInUse = 0
  /// Texts that were not stored because the pool was full; their entries read as empty.
  public private(set) var refused: UInt64 = 0

  /// The longest text that is stored; a longer one is cut.
  public static let maximumLength = 65_535

  public init(limitBytes: Int = 512 << 20) {
    region = Region(reserving: limitBytes)
    limit = UInt32(limitBytes >> 4)
    free = Array(repeating: 0, count: TextPool.classCount)
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

  /// Keeps a copy of the bytes, with a count of one.
  ///
  /// - Returns: A handle to release when done; the empty one for no bytes, or if the pool is full (counted).
  public mutating func store(_ bytes: borrowing RawSpan) -> TextHandle {
    let length = min(bytes.byteCount, TextPool.maximumLength)
    if length == 0 { return .empty }
    let (index, granules) = TextPool.sizeClass(length + 4)
    let granule: UInt32
    if free[index] != 0 {
      granule = free[index]
      free[index] = unsafe address(granule).load(fromByteOffset: 4, as: UInt32.self)
    } else {
      guard limit - fresh > granules else {
        refused += 1
        return .empty
      }
      granule = fresh
      fresh += granules
    }
    bytesInUse += Int(granules) << 4
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
    unsafe address(handle.granule).storeBytes(of: free[index], toByteOffset: 4, as: UInt32.self)
    free[index] = handle.granule
    bytesInUse -= Int(granules) << 4
  }

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
