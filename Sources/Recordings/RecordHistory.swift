internal import EventSchema

/// The last seconds of records in memory, in blocks; the oldest go first, by age and by size.
///
/// Once as many blocks are there as are kept, their memory is used over and over: an event costs the copy of its record.
struct RecordHistory: ~Copyable {
  /// Nanoseconds of event time, and bytes of blocks, that are kept.
  private let span: UInt64
  private let limitBytes: Int
  /// Complete ones, the oldest first, from `head` on.
  private var complete: [RecordBlock] = []
  private var head = 0
  private var completeBytes = 0
  private var current: RecordBlock
  private var spare: RecordBlock?

  init(span: UInt64, limitBytes: Int) {
    self.span = span
    self.limitBytes = limitBytes
    current = RecordBlock(holding: 0)
  }

  /// What is kept, without the block that is being filled.
  var blocks: ArraySlice<RecordBlock> { complete[head...] }
  /// The time of the oldest record that may be there; `nil` if nothing was forgotten yet.
  private(set) var forgottenUntil: UInt64?

  /// Keeps a record.
  ///
  /// - Returns: The block that was complete before it, if there was no room in it.
  mutating func append(_ event: borrowing EventView) -> RecordBlock? {
    let needed = RecordBlock.room(for: event.record)
    var done: RecordBlock?
    if !current.hasRoom(needed) { done = complete(holding: needed, at: event.timestamp) }
    current.append(event)
    return done
  }

  /// Ends the block that is being filled.
  ///
  /// - Returns: `nil` if it has no records.
  mutating func completeBlock(at time: UInt64) -> RecordBlock? { complete(holding: 0, at: time) }

  private mutating func complete(holding needed: Int, at time: UInt64) -> RecordBlock? {
    guard current.count > 0 else {
      if !current.hasRoom(needed) { current = RecordBlock(holding: needed) }
      return nil
    }
    let done = current
    complete.append(done)
    completeBytes += done.capacity
    forget(before: time)
    if let block = spare, needed <= block.capacity {
      spare = nil
      current = block
    } else {
      current = RecordBlock(holding: needed)
    }
    return done
  }

  private mutating func forget(before time: UInt64) {
    // The block that was just completed stays: its caller reads it.
    while head < complete.count - 1 {
      let oldest = complete[head]
      guard completeBytes > limitBytes || oldest.lastTime + span < time else { break }
      forgottenUntil = oldest.lastTime
      completeBytes -= oldest.capacity
      head += 1
    }
    guard head > 32 || head * 2 > complete.count else { return }
    // Only a block that nobody else reads any more may be written again.
    var last: RecordBlock? = head > 0 ? complete[head - 1] : nil
    complete.removeFirst(head)
    head = 0
    if last?.capacity == RecordBlock.size, isKnownUniquelyReferenced(&last) {
      last?.removeAll()
      spare = last
    }
  }
}
