public import CLinux

/// When the next event of a lane was, as of a batch's last look.
@usableFromInline struct LaneRank: BitwiseCopyable {
  @usableFromInline var time: UInt64
  @usableFromInline var lane: Int

  @inlinable init(time: UInt64, lane: Int) {
    self.time = time
    self.lane = lane
  }

  /// Of no lane: before all that there are.
  @inlinable static var none: LaneRank { LaneRank(time: 0, lane: -1) }
  @inlinable var isNone: Bool { lane < 0 }

  /// What turns this one into the other and the other into this one, if this one comes first: the one with the older
  /// event, of equals the first lane. Else nothing.
  @inlinable @inline(__always)
  func exchange(with other: LaneRank) -> LaneRank {
    let key = UInt128(time) << 64 | UInt128(UInt64(bitPattern: Int64(lane)))
    let otherKey = UInt128(other.time) << 64 | UInt128(UInt64(bitPattern: Int64(other.lane)))
    let mask = key.subtractingReportingOverflow(otherKey).overflow ? UInt64.max : 0
    return LaneRank(time: (time ^ other.time) & mask, lane: (lane ^ other.lane) & Int(truncatingIfNeeded: mask))
  }

  @inlinable @inline(__always)
  func applying(_ exchange: LaneRank) -> LaneRank { LaneRank(time: time ^ exchange.time, lane: lane ^ exchange.lane) }
}

/// The unread records of one producer: a ring shared by some CPUs, or a block of memory, as of one poll.
///
/// A window owns nothing. Its source guarantees that the memory stays mapped, and that bytes between `position` and
/// `end` are not written, for as long as the batch that the window is lent to.
@safe public struct LaneWindow: BitwiseCopyable {
  /// How records follow each other in the lane's memory.
  public enum Framing: UInt8, BitwiseCopyable, Sendable {
    /// Back to back, each as long as its header says.
    case packed
    /// As in a BPF ring buffer: an 8-byte header (length, busy and discard bits), then 8 bytes of ours (CPU number in the
    /// low 32 bits), then the record, all padded to 8 bytes. A record that begins before the end of the data is
    /// contiguous: the mapping goes on behind it. Source of the header: kernel/bpf/ringbuf.c, Linux 6.18.
    case bpfRing
    /// A perf buffer: records of an 8-byte header (type, flags, size) and, in a sample, its length in 32 bits, 8 bytes of
    /// ours (CPU number in the low 32 bits) and the record, all padded to 8 bytes. The kernel does not let a perf buffer
    /// be mapped twice in a row (mappings of it cannot be split), so a record that wraps is copied together; only where
    /// it begins is a header sure to be in one piece. Source: kernel/events/ring_buffer.c and core.c, Linux 6.18.
    case perf
    /// Of a capture file: 4 bytes of origin (see ``EventView``) and 4 bytes of length, then the record, back to back.
    case originated
  }

  @usableFromInline let base: UnsafeRawPointer
  @usableFromInline let mask: UInt64
  @usableFromInline let framing: Framing
  /// Where the next record is; after a batch, everything before it may be given back to the producer.
  @usableFromInline var next: UInt64
  @inlinable public var position: UInt64 { next }
  /// Records taken since the window was made, and how many of those did not decode. The source adds them up.
  @usableFromInline var taken: UInt64 = 0
  @usableFromInline var malformed: UInt64 = 0
  @inlinable public var takenCount: UInt64 { taken }
  @inlinable public var malformedCount: UInt64 { malformed }
  @usableFromInline let end: UInt64
  /// The batch's own: when this lane's next event was, or where there are many lanes a node of the tournament.
  @usableFromInline var rank = LaneRank.none
  /// Room for the one record of a perf buffer that wraps, 64 KiB; the record is good as long as the batch.
  @usableFromInline let bounce: UnsafeMutableRawPointer?
  /// Records that the kernel could not write, as its own records between the others say.
  @usableFromInline var reportedLost: UInt64 = 0
  @inlinable public var reportedLostCount: UInt64 { reportedLost }

  /// Nothing to read.
  @inlinable public init(empty: Void) {
    unsafe base = unsafe UnsafeRawPointer(bitPattern: 8)!
    mask = .max
    framing = .packed
    next = 0
    end = 0
    unsafe bounce = nil
  }

  /// Packed records in memory.
  @inlinable public init(packed base: UnsafeRawPointer, count: Int) {
    unsafe self.base = unsafe base
    mask = .max
    framing = .packed
    unsafe bounce = nil
    next = 0
    end = UInt64(count)
  }

  /// Records of a capture file in memory.
  @inlinable public init(originated base: UnsafeRawPointer, count: Int) {
    unsafe self.base = unsafe base
    mask = .max
    framing = .originated
    next = 0
    end = UInt64(count)
    unsafe bounce = nil
  }

  /// The filled part of a ring with such frames.
  ///
  /// - Parameters:
  ///   - data: Start of the mapped data pages.
  ///   - size: The ring's size, a power of two.
  ///   - consumed: The consumer position, which only the reader moves.
  ///   - produced: The producer position, loaded with acquire after `consumed`.
  @inlinable public init(bpfRing data: UnsafeRawPointer, size: Int, consumed: UInt64, produced: UInt64) {
    unsafe base = unsafe data
    mask = UInt64(size) &- 1
    framing = .bpfRing
    unsafe bounce = nil
    next = consumed
    end = produced
  }

  /// The filled part of a perf buffer.
  ///
  /// - Parameters:
  ///   - data: Start of the mapped data pages.
  ///   - size: The buffer's size, a power of two.
  ///   - consumed: The tail, which only the reader moves.
  ///   - produced: The head, loaded with acquire after `consumed`.
  ///   - bounce: 64 KiB of the reader's own, for the record that wraps.
  @inlinable public init(
    perf data: UnsafeRawPointer, size: Int, consumed: UInt64, produced: UInt64, bounce: UnsafeMutableRawPointer
  ) {
    unsafe base = unsafe data
    mask = UInt64(size) &- 1
    framing = .perf
    next = consumed
    end = produced
    unsafe self.bounce = unsafe bounce
  }

  @inlinable @inline(__always)
  var head: UnsafeRawPointer { unsafe base.advanced(by: Int(truncatingIfNeeded: next & mask)) }

  /// The timestamp of the next record, or `.max` if there is none that is complete.
  ///
  /// A record that claims `.max` itself counts as one nanosecond earlier, or it would hold up its lane for ever.
  /// Steps over records that the producer discarded. A record that is still being written ends the lane for this
  /// batch: a producer that shows such records clears the busy bit with a release, and our load is an acquire.
  @inlinable @inline(__always)
  mutating func headTimestamp() -> UInt64 {
    switch framing {
    case .packed:
      // A tail too short for a header sorts first, so that reading it reports the damage at once.
      guard next &+ 26 <= end else { return next < end ? 0 : .max }
      return unsafe min(head.loadUnaligned(as: UInt64.self), .max - 1)
    case .bpfRing:
      while next < end {
        let header = unsafe wh_load_acquire_32(head)
        if header & 0x8000_0000 != 0 { return .max }
        let length = UInt64(header & 0x3fff_ffff)
        if header & 0x4000_0000 == 0 {
          guard length >= 34 else { return 0 }
          return unsafe min(head.loadUnaligned(fromByteOffset: 16, as: UInt64.self), .max - 1)
        }
        next &+= (length &+ 15) & ~7
      }
      return .max
    case .perf:
      while next < end {
        let (type, size) = perfHeader
        guard size >= 8, next &+ size <= end else { return 0 }
        if type == Perf.sample {
          guard size >= 46 else { return 0 }
          return min(UInt64(word(at: 20)) | UInt64(word(at: 24)) << 32, .max - 1)
        }
        if type == Perf.lost, size >= 24 { reportedLost &+= UInt64(word(at: 16)) | UInt64(word(at: 20)) << 32 }
        next &+= size
      }
      return .max
    case .originated:
      guard next < end else { return .max }
      return unsafe min(head.loadUnaligned(fromByteOffset: 8, as: UInt64.self), .max - 1)
    }
  }

  /// Numbers of include/uapi/linux/perf_event.h.
  @usableFromInline enum Perf {
    @usableFromInline static var lost: UInt32 { 2 }
    @usableFromInline static var sample: UInt32 { 9 }
  }

  /// Type and size of the perf record at `next`; records are a multiple of 8 bytes, as the buffer is.
  @inlinable @inline(__always)
  var perfHeader: (type: UInt32, size: UInt64) {
    let header = unsafe head.loadUnaligned(as: UInt64.self)
    return (UInt32(truncatingIfNeeded: header), (header >> 48) & ~7)
  }

  /// Four bytes behind `next`, at an offset that is a multiple of 4: those never wrap.
  @inlinable @inline(__always)
  func word(at offset: UInt64) -> UInt32 {
    unsafe base.loadUnaligned(fromByteOffset: Int(truncatingIfNeeded: (next &+ offset) & mask), as: UInt32.self)
  }

  /// The next `length` bytes from `offset` behind `next`, in one piece.
  @inlinable
  func piece(at offset: UInt64, length: Int) -> UnsafeRawPointer {
    let start = Int(truncatingIfNeeded: (next &+ offset) & mask)
    let untilEnd = Int(truncatingIfNeeded: mask) &+ 1 &- start
    guard length > untilEnd, let bounce = unsafe bounce else { return unsafe base + start }
    unsafe bounce.copyMemory(from: base + start, byteCount: untilEnd)
    unsafe (bounce + untilEnd).copyMemory(from: base, byteCount: length &- untilEnd)
    return UnsafeRawPointer(bounce)
  }

  /// The timestamp of the next complete record, or `.max`: what a source looks at to decide whether to wait.
  @inlinable public mutating func oldestTimestamp() -> UInt64 { headTimestamp() }

  /// Takes the next record: its first byte, its length in the frame, its CPU. Call only after ``headTimestamp()``.
  @inlinable @inline(__always)
  mutating func take() -> (start: UnsafeRawPointer, length: Int, cpu: UInt16) {
    taken &+= 1
    switch framing {
    case .packed:
      let start = unsafe head
      let remaining = Int(end &- next)
      guard remaining >= 26 else {
        next = end
        return unsafe (start, remaining, 0)
      }
      let length = Int(unsafe start.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
      guard length >= 26, length <= remaining else {
        next = end
        return unsafe (start, min(max(length, 0), remaining), 0)
      }
      next &+= UInt64(length)
      return unsafe (start, length, 0)
    case .bpfRing:
      let start = unsafe head
      let length = UInt64(unsafe start.loadUnaligned(as: UInt32.self) & 0x3fff_ffff)
      let following = next &+ ((length &+ 15) & ~7)
      // A frame that leaves what was produced is damaged: what comes next begins behind all of it.
      guard following <= end else {
        next = end
        return unsafe (start, 0, 0)
      }
      next = following
      guard length >= 8 else { return unsafe (start, 0, 0) }
      let cpu = unsafe start.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
      return unsafe (start + 16, Int(length) &- 8, UInt16(truncatingIfNeeded: cpu))
    case .perf:
      let (_, size) = perfHeader
      guard size >= 8, next &+ size <= end else {
        next = end
        return unsafe (base, 0, 0)
      }
      defer { next &+= size }
      let sample = UInt64(word(at: 8))
      // Four bytes of length and eight of ours come first.
      guard size >= 46, sample >= 34, sample <= size &- 12 else { return unsafe (base, 0, 0) }
      let padded = Int(sample) &- 8
      let claimed = Int(word(at: 36))
      let length = claimed <= padded && padded &- claimed < 8 ? claimed : padded
      return unsafe (piece(at: 20, length: length), length, UInt16(truncatingIfNeeded: word(at: 12)))
    case .originated:
      let start = unsafe head
      let origin = unsafe start.loadUnaligned(as: UInt16.self)
      let length = unsafe start.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
      next &+= 8 &+ UInt64(length)
      return unsafe (start + 8, Int(length), origin)
    }
  }
}
