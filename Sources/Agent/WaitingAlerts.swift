internal import EventSchema
internal import Fields
internal import Outputs

/// Alerts about containers whose runtime has been asked and has not answered, or about executables whose hash is not
/// computed yet.
///
/// What such an alert shows of the event is looked up when it comes; what it shows beyond when that is known,
/// or after the limit with what is known then, and a note that says so. Bounded: beyond ``capacity``, or as many bytes as
/// ``byteCapacity``, alerts go out at once.
struct WaitingAlerts {
  struct Statistics: Sendable, Equatable {
    var waited: UInt64 = 0
    /// Sent without all that they should show.
    var incomplete: UInt64 = 0
    /// Not kept because too many were.
    var refused: UInt64 = 0
  }

  static let capacity = 4096
  static let byteCapacity = 8 << 20

  /// Monotonic nanoseconds; 0 if no alert waits.
  let limit: UInt64
  let note: String
  let digestNote: String
  private var alerts: [WaitingAlert] = []
  private var byteCount = 0
  private(set) var statistics = Statistics()

  init(waitMilliseconds: Int) {
    limit = UInt64(max(0, waitMilliseconds)) * 1_000_000
    digestNote = "proc.exe.sha256 not known within \(waitMilliseconds) ms"
    note = "container metadata incomplete, not told within \(waitMilliseconds) ms"
  }

  var isEmpty: Bool { alerts.isEmpty }
  var incompleteCount: UInt64 {
    get { statistics.incomplete }
    set { statistics.incomplete = newValue }
  }

  /// Whether an alert of this container waits; those of the host do not wait for each other.
  func holds(_ container: UInt32) -> Bool { container != .max && alerts.contains { $0.subject.container == container } }

  /// - Returns: False if there is no room.
  mutating func add(_ alert: WaitingAlert) -> Bool {
    guard alerts.count < WaitingAlerts.capacity, byteCount < WaitingAlerts.byteCapacity else {
      statistics.refused &+= 1
      return false
    }
    statistics.waited &+= 1
    keep(alert)
    return true
  }

  /// All of them, in their order, for ``keep(_:)`` or for good.
  mutating func takeAll() -> [WaitingAlert] {
    let taken = alerts
    alerts = []
    byteCount = 0
    return taken
  }

  mutating func keep(_ alert: WaitingAlert) {
    alerts.append(alert)
    byteCount += alert.frozen.byteCount
  }
}

/// One of them.
struct WaitingAlert {
  var rule: Int
  var subject: FieldSubject
  var frozen: FrozenFields
  /// The event without its parameters, for type, time and thread.
  var record: [UInt8]
  /// Monotonic nanoseconds.
  var until: UInt64
}

/// What an output shows that is not known with the first event.
struct OutputNeeds: OptionSet {
  let rawValue: UInt8
  static let metadata = OutputNeeds(rawValue: 1 << 0)
  /// Names of users and groups.
  static let accounts = OutputNeeds(rawValue: 1 << 1)

  /// The executable's hash.
  static let digest = OutputNeeds(rawValue: 1 << 2)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ fields: [ResolvedField]) {
    self = []
    if fields.contains(where: \.needsDigest) { insert(.digest) }
    for field in fields where field.needsContainerMetadata {
      insert(field.info.name.hasPrefix("user.") || field.info.name.hasPrefix("group.") ? .accounts : .metadata)
    }
  }
}
