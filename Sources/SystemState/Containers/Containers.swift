internal import EventSchema
internal import JSONText
public import ProcFS

/// Containers come and go with their threads, and learn what they are from events.
extension SystemState {
  // MARK: Threads enter and leave

  /// Puts a thread into the container of an id that its cgroups show, known or new.
  mutating func enterContainer(_ slot: UInt32, id: TextHandle, fullID: TextHandle, _ found: ContainerID?) {
    var container = Slot.none
    if let found {
      container = containers.find(texts.bytes(id), in: texts)
      if container == Slot.none { container = addContainer(id: id, fullID: fullID, found) }
    }
    move(slot, toContainer: container)
  }

  /// Takes a thread out of its container and puts it into another; ``Slot/none`` is the host.
  mutating func move(_ slot: UInt32, toContainer container: UInt32) {
    let old = threads[slot].container
    if old == container { return }
    threads[slot].container = container
    if container != Slot.none {
      if containers[container].threadCount == 0 { containers.emptyCount -= 1 }
      containers[container].threadCount += 1
      // A runtime sets a container up by processes that end soon: whoever wants to look into it needs the latest.
      if !containers[container].hasAccounts, containers[container].process != threads[slot].pid {
        containers[container].process = threads[slot].pid
        if containers[container].wasTaken {
          containers[container].wasTaken = false
          containers.newCount += 1
        }
      }
    }
    if old != Slot.none {
      containers[old].threadCount -= 1
      if containers[old].threadCount == 0 {
        containers[old].emptySince = current.timestamp
        containers.emptyCount += 1
      }
    }
  }

  private mutating func addContainer(id: TextHandle, fullID: TextHandle, _ found: ContainerID) -> UInt32 {
    var container = Container(id: id, fullID: fullID, shape: found.shape, at: current.timestamp)
    if let kind = found.shape.kind {
      container.kind = kind
      container.knowledge = .known
    }
    guard let slot = insert(container) else { return Slot.none }
    if container.knowledge == .known { containers[slot].name = texts.store(unescaped(id)) }
    if let namespace = found.namespace { containers[slot].namespace = texts.store(scratch, namespace) }
    texts.retain(id)
    texts.retain(fullID)
    return slot
  }

  /// A name without what systemd escapes in names of units: `\x2d` for a dash.
  private func unescaped(_ name: TextHandle) -> [UInt8] {
    let bytes = texts.bytes(name)
    func digit(_ at: Int) -> UInt8? {
      guard at < bytes.byteCount else { return nil }
      switch bytes.byte(at) {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): return bytes.byte(at) - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): return bytes.byte(at) - UInt8(ascii: "a") + 10
      default: return nil
      }
    }
    var text: [UInt8] = []
    var at = 0
    while at < bytes.byteCount {
      if bytes.extracting(at..<bytes.byteCount).hasPrefix("\\x"), let high = digit(at + 2), let low = digit(at + 3) {
        text.append(high << 4 | low)
        at += 4
      } else {
        text.append(bytes.byte(at))
        at += 1
      }
    }
    return text
  }

  /// - Returns: `nil` if there is no room, counted; the caller's handles stay the caller's.
  private mutating func insert(_ container: Container) -> UInt32? {
    if containers.count >= limits.containers { removeGoneContainers(at: .max) }
    let slot = containers.insert(container, in: texts)
    guard slot != Slot.none else {
      counters.containersRefused &+= 1
      return nil
    }
    containers.emptyCount += 1
    if !container.wasTaken { containers.newCount += 1 }
    counters.containersAdded &+= 1
    return slot
  }

  /// Removes containers that no thread has been in for ``ContainerTable/graceTime``. Cheap if there is none.
  ///
  /// - Parameter time: Event time; `.max` to remove all without threads.
  public mutating func removeGoneContainers(at time: UInt64) {
    guard containers.emptyCount > 0, time >= containers.nextSweep else { return }
    containers.nextSweep = time == .max ? 0 : time + 1_000_000_000
    for slot in 0..<containers.slotsEverUsed where containers.isLive(slot) {
      guard containers[slot].threadCount == 0,
        time == .max || time &- min(time, containers[slot].emptySince) >= ContainerTable.graceTime
      else { continue }
      removeContainer(slot)
    }
  }

  private mutating func removeContainer(_ slot: UInt32) {
    let container = containers[slot]
    precondition(container.threadCount == 0, "a container is removed under its threads")
    containers.emptyCount -= 1
    if !container.wasTaken { containers.newCount -= 1 }
    containers.remove(slot, in: texts)
    texts.releaseMetadata(of: container)
    texts.release(container.accounts)
    texts.release(container.namespace)
    texts.release(container.fullID)
    texts.release(container.id)
    counters.containersRemoved &+= 1
    if current.container == slot { current.container = Slot.none }
  }

  /// Whether a slot still holds the container that was first seen at this time.
  public func holdsContainer(_ slot: UInt32, since time: UInt64) -> Bool {
    containers.isLive(slot) && containers[slot].firstSeen == time
  }

  // MARK: What is asked

  /// Containers that were seen since the last call, for whoever asks their runtimes: they count as asked from now on. And
  /// those whose users are not known yet that have a new process.
  public mutating func takeNewContainers() -> [NewContainer] {
    guard containers.newCount > 0 else { return [] }
    var new: [NewContainer] = []
    for slot in 0..<containers.slotsEverUsed where containers.isLive(slot) && !containers[slot].wasTaken {
      let container = containers[slot]
      containers[slot].wasTaken = true
      containers[slot].wasEverTaken = true
      if container.knowledge == .unasked { containers[slot].knowledge = .asked }
      new.append(
        NewContainer(
          id: string(container.id), fullID: string(container.fullID), namespace: string(container.namespace),
          shape: container.shape, process: container.process, isKnown: container.wasEverTaken))
    }
    containers.newCount = 0
    return new
  }

  /// Nobody can tell what the container is: alerts need not wait for it.
  public mutating func giveUpContainer(_ id: String) {
    let slot = findContainer(id)
    guard slot != Slot.none, containers[slot].knowledge == .asked else { return }
    containers[slot].knowledge = .unavailable
  }

  /// Its own users cannot be read, or it has the host's.
  public mutating func giveUpAccounts(of id: String) {
    let slot = findContainer(id)
    if slot != Slot.none { containers[slot].hasAccounts = true }
  }

  /// The slot of a container by the id that `container.id` shows, or ``Slot/none``.
  public func findContainer(_ id: String) -> UInt32 { containers.find(unsafe id.utf8.span.bytes, in: texts) }

  /// The slot of a container by the first `length` bytes of a text of the pool.
  public func findContainer(_ text: TextHandle, prefix length: Int) -> UInt32 {
    let bytes = texts.bytes(text)
    return containers.find(bytes.extracting(0..<min(length, bytes.byteCount)), in: texts)
  }

  func string(_ text: TextHandle) -> String {
    unsafe texts.bytes(text).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  // MARK: What is told

  /// An event of the container side: `container` tells what one is, `container_removed` that it is gone.
  mutating func applyContainerEvent(_ event: borrowing EventView) {
    let (name, payload) = (event.bytes(1).untilNUL(), event.bytes(2))
    let isRemoval = name.equals("container_removed")
    guard isRemoval || name.equals("container") else { return }
    apply(payload, isRemoval: isRemoval)
  }

  /// The container events of old captures, whose only parameter is the payload.
  mutating func applyOldContainerEvent(_ event: borrowing EventView) { apply(event.bytes(0), isRemoval: false) }

  private mutating func apply(_ payload: borrowing RawSpan, isRemoval: Bool) {
    guard payload.byteCount <= SystemState.longestPayload, let json = try? JSONValue(parsing: payload),
      let metadata = ContainerMetadata(eventPayload: json)
    else {
      counters.containerEventsUnreadable &+= 1
      return
    }
    if isRemoval {
      // Its entry stays for the events that are still on their way, and goes when no thread is left in it.
      current.container = findContainer(metadata.id)
    } else {
      current.container = setContainer(metadata)
    }
  }

  /// The longest payload of a container event that is read: 1 MiB.
  private static let longestPayload = 1 << 20

  /// Takes over what is told about a container, in place of what was told before; adds it if no thread was seen in it.
  ///
  /// - Returns: Its slot, or ``Slot/none`` if there is no room (counted).
  @discardableResult
  public mutating func setContainer(_ metadata: ContainerMetadata) -> UInt32 {
    var slot = findContainer(metadata.id)
    if slot == Slot.none {
      let id = texts.store(bounded: metadata.id)
      var container = Container(id: id, fullID: texts.store(bounded: metadata.fullID), shape: .none, at: current.timestamp)
      container.wasTaken = true
      guard let added = insert(container) else {
        texts.release(container.id)
        texts.release(container.fullID)
        return Slot.none
      }
      slot = added
    }
    var container = containers[slot]
    let old = container
    container.take(metadata, into: &texts)
    texts.releaseMetadata(of: old)
    if !metadata.fullID.isEmpty {
      container.fullID = texts.store(bounded: metadata.fullID)
      texts.release(old.fullID)
    }
    containers[slot] = container
    return slot
  }

  /// Takes over the users and groups of a container's own files; does nothing if it is gone.
  public mutating func setAccounts(of id: String, users: [UserReading], groups: [GroupReading]) {
    let slot = findContainer(id)
    guard slot != Slot.none else { return }
    texts.release(containers[slot].accounts)
    containers[slot].accounts = texts.store(AccountList.packed(users: users, groups: groups))
    containers[slot].hasAccounts = true
  }

  /// Adds a user or a group to a container's list, or takes it out: events of a capture file.
  mutating func changeAccounts(of slot: UInt32, _ change: (inout [UserReading], inout [GroupReading]) -> Void) {
    guard slot != Slot.none else { return }
    var (users, groups) = AccountList.unpacked(texts.bytes(containers[slot].accounts))
    change(&users, &groups)
    texts.release(containers[slot].accounts)
    containers[slot].accounts = texts.store(AccountList.packed(users: users, groups: groups))
  }
}

/// A container whose runtime has not been asked yet.
public struct NewContainer: Sendable, Equatable {
  public var id: String
  public var fullID: String
  public var namespace: String
  public var shape: ContainerShape
  /// The latest process that was seen in it; 0 for none.
  public var process: Int32
  /// It was handed out before, with another process.
  public var isKnown: Bool

  public init(
    id: String, fullID: String, namespace: String = "", shape: ContainerShape, process: Int32 = 0, isKnown: Bool = false
  ) {
    self.isKnown = isKnown
    self.id = id
    self.fullID = fullID
    self.namespace = namespace
    self.shape = shape
    self.process = process
  }
}
