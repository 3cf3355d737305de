/// What the state engine found out about the event that was applied last: the bridge from events to fields.
public struct CurrentEvent: BitwiseCopyable, Sendable {
  /// Counts from 1 every event that was applied.
  public var number: UInt64 = 0
  /// The event's thread, ``Slot/none`` for events without one.
  public var thread: UInt32 = Slot.none
  /// The main thread of the event's process; none if unknown.
  public var mainThread: UInt32 = Slot.none
  /// Where the thread's descriptors are: ``ThreadEntry/files``. None if its process is unknown.
  public var files: UInt32 = Slot.none
  /// The container that a container event is about; none for all others: theirs is the thread's.
  public var container: UInt32 = Slot.none
  /// The descriptor that the event is about, after it was applied: a successful open, dup or accept shows its new
  /// descriptor, a pipe or a pair of sockets its second end, a close the one that goes, a read or write, failed ones
  /// too, the one it used. None for failed opens, for events without a descriptor, and where no entry is known.
  public var descriptor: UInt32 = Slot.none
  /// The descriptor number of the event, also where no entry is known; -1 for none and for failed opens.
  public var descriptorNumber: Int64 = -1
  /// The event gave the descriptor a name, or another one (`fd.name_changed`).
  public var changedName = false
  /// The event's time and that of the first event, nanoseconds since the epoch.
  public var timestamp: UInt64 = 0
  public var firstTimestamp: UInt64 = 0

  public init() {}
}
