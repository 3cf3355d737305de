public import EventSchema

/// Events of all lanes in timestamp order, borrowed from the source until the next poll.
///
/// The batch stays on one lane until that lane's next event is younger than the best event of the others, and looks
/// at all lanes only then. Reading less than everything is fine: what was not taken comes again.
public struct EventBatch: ~Escapable, ~Copyable {
  @usableFromInline var lanes: MutableSpan<LaneWindow>
  /// The lane that is read; -1 for none. Only ``select()`` sets it, to one that exists.
  @usableFromInline var current = -1
  @usableFromInline var runnerUp: UInt64 = 0
  /// Events from this time on stay for the next batch: one of another lane, older than they are, may still be on
  /// its way into its ring. `.max` where the lanes can gain nothing any more.
  @usableFromInline let horizon: UInt64
  @usableFromInline var lastTimestamp: UInt64 = .max

  @inlinable @_lifetime(copy lanes)
  public init(_ lanes: consuming MutableSpan<LaneWindow>, horizon: UInt64 = .max) {
    self.lanes = lanes
    self.horizon = horizon
  }

  /// The next event, or `nil` at the end of the batch. The view is good until the next call.
  ///
  /// - Throws: ``RecordError`` for a record that does not decode. It is skipped and counted; call again for the next.
  ///
  /// Inlined into the few loops over events: a call would pass the view through memory.
  @inlinable @inline(__always) @_lifetime(&self)
  public mutating func next() throws(RecordError) -> EventView? {
    if current >= 0 { lastTimestamp = unsafe lanes[unchecked: current].headTimestamp() }
    if current < 0 || lastTimestamp > runnerUp || lastTimestamp >= horizon { select() }
    guard current >= 0 else { return nil }
    let (start, length, cpu) = unsafe lanes[unchecked: current].take()
    let span = unsafe RawSpan(_unsafeStart: start, byteCount: length)
    do throws(RecordError) {
      let view = try EventView(validating: span, cpu: cpu)
      return unsafe _overrideLifetime(view, mutating: &self)
    } catch {
      lanes[current].malformed &+= 1
      throw error
    }
  }

  @usableFromInline mutating func select() {
    var best = horizon
    var second = horizon
    var which = -1
    for index in lanes.indices {
      let timestamp = lanes[index].headTimestamp()
      if timestamp < best {
        second = best
        best = timestamp
        which = index
      } else if timestamp < second {
        second = timestamp
      }
    }
    current = which
    runnerUp = second
    lastTimestamp = best
  }
}
