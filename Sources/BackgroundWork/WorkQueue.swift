/// Items for one thread that works through them, from any other: bounded, and with a time to wake up at.
public final class WorkQueue<Item: Sendable>: @unchecked Sendable {
  private let monitor = Monitor()
  private var items: [Item] = []
  private var isClosed = false
  private let capacity: Int

  public init(capacity: Int) { self.capacity = capacity }

  /// - Returns: False if there is no room.
  @discardableResult
  public func add(_ item: Item) -> Bool {
    monitor.locked {
      guard items.count < capacity, !isClosed else { return false }
      items.append(item)
      monitor.wakeAll()
      return true
    }
  }

  /// What was added since the last call. Cheap if nothing was.
  public func take() -> [Item] {
    monitor.locked {
      if items.isEmpty { return [] }
      defer { items = [] }
      return items
    }
  }

  /// Waits for items, or until a time.
  ///
  /// - Parameter due: Monotonic nanoseconds; `nil` to wait without end.
  /// - Returns: `nil` for the end.
  public func next(dueAt due: UInt64?) -> [Item]? {
    monitor.locked {
      while items.isEmpty, !isClosed, monitor.wait(until: due) {}
      if isClosed { return nil }
      defer { items = [] }
      return items
    }
  }

  public func close() {
    monitor.locked {
      isClosed = true
      monitor.wakeAll()
    }
  }
}
