public import EventSchema

/// Events of all lanes in timestamp order, borrowed from the source until the next poll.
///
/// The batch stays on one lane until that lane's next event is younger than the best event of the others. Only then it
/// looks for the next: for many lanes that takes as many steps as their number has binary digits, and it touches the
/// memory of no other ring. Reading less than everything is fine: what was not taken comes again.
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

  /// Up to so many lanes are looked at one by one: a tournament's steps each wait for the one before.
  private static var few: Int { 16 }

  /// Finds the lane with the oldest next event, the first of equals, and how old the best of all others is.
  @usableFromInline mutating func select() {
    if lanes.count <= EventBatch.few { scan() } else { playMatches() }
  }

  /// Each lane keeps its own next time.
  private mutating func scan() {
    if current >= 0 {
      unsafe lanes[unchecked: current].rank.time = lastTimestamp
    } else {
      for lane in lanes.indices { lanes[lane].rank.time = lanes[lane].headTimestamp() }
    }
    var best = horizon
    var second = horizon
    var which = -1
    for lane in lanes.indices {
      let time = unsafe lanes[unchecked: lane].rank.time
      if time < best {
        second = best
        best = time
        which = lane
      } else if time < second {
        second = time
      }
    }
    current = which
    runnerUp = second
    lastTimestamp = best
  }

  /// A tournament: inner node n has 2n and 2n + 1 below it, and behind the inner nodes come the lanes. Each node keeps
  /// the loser of the match that was played there, the one at 0 the winner of all. A lane that has moved on plays its
  /// matches again on the way up; the second best has lost to the best, so it is on the best one's way.
  private mutating func playMatches() {
    let count = lanes.count
    if current >= 0 {
      play(LaneRank(time: lastTimestamp, lane: current), in: count)
    } else {
      for node in 0..<count { unsafe lanes[unchecked: node].rank = .none }
      for lane in 0..<count {
        play(LaneRank(time: unsafe lanes[unchecked: lane].headTimestamp(), lane: lane), in: count)
      }
    }
    let best = unsafe lanes[unchecked: 0].rank
    lastTimestamp = min(best.time, horizon)
    current = best.time < horizon ? best.lane : -1
    var second = horizon
    var node = (best.lane + count) / 2
    while node > 0 {
      second = min(second, unsafe lanes[unchecked: node].rank.time)
      node /= 2
    }
    runnerUp = second
  }

  /// Lets a lane play on its way up. In the first round it waits at a node where nobody has come yet.
  @inline(__always)
  private mutating func play(_ lane: LaneRank, in count: Int) {
    var winner = lane
    var node = (lane.lane + count) / 2
    while node > 0 {
      let opponent = unsafe lanes[unchecked: node].rank
      if opponent.isNone {
        unsafe lanes[unchecked: node].rank = winner
        return
      }
      // Nobody can predict who wins: both change places under a mask, without a branch.
      let exchange = winner.exchange(with: opponent)
      unsafe lanes[unchecked: node].rank = winner.applying(exchange)
      winner = opponent.applying(exchange)
      node /= 2
    }
    unsafe lanes[unchecked: 0].rank = winner
  }
}
