internal import EventSchema

/// What the entry side of a system call said, kept until the call returns.
///
/// The exit side reads the same memory of the program again, and another thread may have changed it in between; the
/// kernel acted on what was there at the entry. Plain data in its own slab: few threads are inside such a call.
struct CallEntry: BitwiseCopyable {
  /// The exit event that belongs to it.
  var exit: EventType
  var directory: Int64 = -100
  var flags: UInt32 = 0
  /// A path for the open family, a socket path for connect. Owned.
  var name: TextHandle = .empty
  var address = SocketAddress()

  init(exit: EventType) { self.exit = exit }
}
