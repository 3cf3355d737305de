internal import CCaptureFormat

/// Makes records of older versions current, step by step, as the tables of CCaptureFormat say.
///
/// Since 2013 a call had two events, its entry and its exit; today's exit carries what both did. So entries are kept, one
/// per thread, until the exit that they belong to.
struct EventConverter {
  /// What a record of a file becomes.
  enum Outcome {
    /// Delivered as it is.
    case unchanged
    case converted([UInt8])
    /// Kept for later, or of a kind that is no longer delivered.
    case dropped
    /// Of a version after this one.
    case unknown
  }

  /// The entry that each thread made last. Bounded: beyond it, entries are not kept, and their exits get defaults.
  private var entries: [Int64: [UInt8]] = [:]
  private var entryBytes = 0
  private(set) var entriesRefused = 0
  private static let entriesLimit = 64 << 20
  private static let stepLimit = 50
  private static let largestConvertible = 65_536

  /// - Parameters:
  ///   - record: In version 2 layout and checked: lengths fit.
  ///   - offset: Where it is in the file, for errors.
  mutating func convert(_ record: borrowing RawSpan, at offset: UInt64) throws(CaptureFileError) -> Outcome {
    let type = unsafe record.unsafeLoadUnaligned(fromByteOffset: 20, as: UInt16.self)
    let count = unsafe record.unsafeLoadUnaligned(fromByteOffset: 22, as: UInt32.self)
    switch try Self.verdict(type, count, at: offset) {
    case .unknown: return .unknown
    case .drop: return .dropped
    case .deliver: return .unchanged
    case .step: break
    }
    guard record.byteCount <= Self.largestConvertible else {
      throw CaptureFileError(
        .badEventLength(type: type, length: UInt32(record.byteCount), available: Self.largestConvertible), at: offset)
    }
    var bytes = Array(record)
    for _ in 0..<Self.stepLimit {
      let current = RecordParts(bytes)
      switch try Self.verdict(current.type, UInt32(current.values.count), at: offset) {
      case .unknown: return .unknown
      case .drop: return .dropped
      case .deliver: return .converted(bytes)
      case .step: break
      }
      guard let step = unsafe wh_conversion(current.type, UInt32(current.values.count)) else {
        throw CaptureFileError(.unknownForm(type: current.type, parameters: UInt32(current.values.count)), at: offset)
      }
      let row = unsafe step.pointee
      switch unsafe wh_conversion_action(UInt32(row.action)) {
      case WH_CONVERSION_DONE: return .converted(bytes)
      case WH_CONVERSION_STORE:
        store(bytes, of: current.thread)
        return .dropped
      case WH_CONVERSION_STORE_DONE:
        store(bytes, of: current.thread)
        return .converted(bytes)
      default: bytes = unsafe apply(row, to: current)
      }
      guard bytes.count <= Self.largestConvertible else {
        throw CaptureFileError(
          .badEventLength(type: type, length: UInt32(bytes.count), available: Self.largestConvertible), at: offset)
      }
    }
    throw CaptureFileError(.endlessConversion(type: type), at: offset)
  }

  private enum Verdict { case deliver, drop, step, unknown }

  private static func verdict(_ type: UInt16, _ count: UInt32, at offset: UInt64) throws(CaptureFileError) -> Verdict {
    guard let event = unsafe wh_past_event(type)?.pointee else { return .unknown }
    func has(_ flag: wh_past_event_flags) -> Bool { unsafe UInt32(event.flags) & flag.rawValue != 0 }
    if has(WH_PAST_UNUSED) { return .drop }
    let isExit = has(WH_PAST_EXIT)
    guard has(WH_PAST_MANAGED) else { return has(WH_PAST_OLD) && !isExit ? .drop : .deliver }
    guard isExit else { return .step }
    let known = unsafe UInt32(event.nparams)
    if count > known { throw CaptureFileError(.unknownForm(type: type, parameters: count), at: offset) }
    return has(WH_PAST_OLD) || count < known ? .step : .deliver
  }

  // MARK: - Entries

  private mutating func store(_ bytes: [UInt8], of thread: Int64) {
    let replaced = entries[thread]?.count ?? 0
    guard entryBytes - replaced + bytes.count <= Self.entriesLimit else {
      entriesRefused += 1
      return
    }
    entryBytes += bytes.count - replaced
    entries[thread] = bytes
  }

  /// The entry of the call that this exit ends; an entry of another call stays unused.
  private func entry(for exit: borrowing RecordParts) -> RecordParts? {
    guard let bytes = entries[exit.thread] else { return nil }
    let parts = RecordParts(bytes)
    return parts.type == exit.type &- 1 ? parts : nil
  }

  private mutating func release(_ thread: Int64) {
    entryBytes -= entries.removeValue(forKey: thread)?.count ?? 0
  }

  // MARK: - Steps

  private mutating func apply(_ row: wh_conversion, to record: RecordParts) -> [UInt8] {
    var values = unsafe UInt32(row.action) == WH_CONVERSION_APPEND.rawValue ? record.values : []
    let target = unsafe wh_past_event(row.new_code)!
    var usedEntry = false
    for index in unsafe 0..<Int(row.rule_count) {
      let rule = unsafe row.rules[index]
      let size = unsafe Int(wh_past_size(target, UInt32(values.count)))
      var value: [UInt8]
      switch wh_conversion_source(UInt32(rule.source)) {
      case WH_CONVERSION_OLD: value = record.value(Int(rule.index))
      case WH_CONVERSION_ENTRY:
        if let entry = entry(for: record), Int(rule.index) < entry.values.count {
          value = entry.value(Int(rule.index))
          usedEntry = true
        } else {
          value = [UInt8](repeating: 0, count: Int(rule.size))
        }
      case WH_CONVERSION_VALUE: value = (0..<Int(rule.size)).map { UInt8(truncatingIfNeeded: rule.value >> (8 * UInt64($0))) }
      case WH_CONVERSION_CONTAINER: value = Self.containerJSON(record)
      default: value = []
      }
      if size > 0, value.count > size { value.removeLast(value.count - size) }
      values.append(value)
    }
    if usedEntry { release(record.thread) }
    let isLarge = unsafe UInt32(target.pointee.flags) & WH_PAST_LARGE.rawValue != 0
    return unsafe record.rebuilt(type: row.new_code, values: values, isLarge: isLarge)
  }

  /// id, type, name and image of an old container event as the object that replaced them.
  private static func containerJSON(_ record: RecordParts) -> [UInt8] {
    guard record.values.count >= 4, record.value(1).count >= 4 else { return [] }
    func text(_ index: Int) -> String { String(decoding: record.value(index).prefix { $0 != 0 }, as: UTF8.self) }
    let type = record.value(1).prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return Array("{\"id\":\"\(text(0))\",\"type\":\(type),\"name\":\"\(text(2))\",\"image\":\"\(text(3))\"}".utf8) + [0]
  }
}

/// A record taken apart.
struct RecordParts {
  let header: ArraySlice<UInt8>
  let type: UInt16
  let thread: Int64
  let values: [[UInt8]]

  /// - Parameter record: Lengths were checked.
  init(copying record: RawSpan) { self.init(Array(record)) }

  /// - Parameter bytes: A record whose lengths were checked.
  init(_ bytes: [UInt8]) {
    func number(_ at: Int, _ size: Int) -> UInt64 { bytes[at..<at + size].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    header = bytes[0..<16]
    thread = Int64(bitPattern: number(8, 8))
    let type = UInt16(number(20, 2))
    self.type = type
    let count = Int(number(22, 4))
    let width = unsafe (wh_past_event(type)?.pointee.flags ?? 0) & UInt8(WH_PAST_LARGE.rawValue) != 0 ? 4 : 2
    var at = 26 + count * width
    var values: [[UInt8]] = []
    for index in 0..<count {
      let length = Int(number(26 + index * width, width))
      values.append(Array(bytes[at..<at + length]))
      at += length
    }
    self.values = values
  }

  func value(_ index: Int) -> [UInt8] { index < values.count ? values[index] : [] }

  /// The same moment and thread with another type and other values.
  func rebuilt(type: UInt16, values: [[UInt8]], isLarge: Bool) -> [UInt8] {
    func wire(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let width = isLarge ? 4 : 2
    let length = 26 + values.reduce(0) { $0 + width + $1.count }
    var bytes = Array(header) + wire(length, 4) + wire(Int(type), 2) + wire(values.count, 4)
    for value in values { bytes += wire(value.count, width) }
    for value in values { bytes += value }
    return bytes
  }
}

extension [UInt8] {
  init(_ bytes: borrowing RawSpan) {
    self = (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
  }
}
