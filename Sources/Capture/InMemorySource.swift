/// A finite source over records in memory: for tests, and for data that was read whole.
@safe public struct InMemorySource: CaptureSource, ~Copyable {
  private let bytes: UnsafeMutableRawBufferPointer
  private var lanes: [LaneWindow]

  /// Lends everything in one batch; what the reader leaves of it comes again.
  ///
  /// - Parameter records: Whole records in wire format, each as ``EventBuilder/finish()`` gives it.
  public init(_ records: [[UInt8]]) { self.init(packed: Array(records.joined())) }

  /// - Parameter records: Whole records in wire format, back to back.
  public init(packed records: [UInt8]) {
    let count = records.count
    unsafe bytes = .allocate(byteCount: count, alignment: 8)
    unsafe bytes.copyBytes(from: records)
    lanes = []
    if count > 0 { unsafe lanes.append(LaneWindow(packed: bytes.baseAddress!, count: count)) }
  }

  deinit { unsafe bytes.deallocate() }

  @_lifetime(&self)
  public mutating func nextBatch(waitingUpTo limit: Duration) throws(CaptureError) -> EventBatch {
    var isSpent = true
    for index in lanes.indices where lanes[index].oldestTimestamp() != .max { isSpent = false }
    if isSpent { throw .endOfStream }
    return EventBatch(lanes.mutableSpan)
  }

  public borrowing func statistics() throws(CaptureError) -> CaptureStatistics {
    var statistics = CaptureStatistics()
    for lane in lanes {
      statistics.seen += lane.takenCount - lane.malformedCount
      statistics.lost.malformed += lane.malformedCount
    }
    return statistics
  }
}
