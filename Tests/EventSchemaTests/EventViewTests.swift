import EventSchema
import Testing

/// An openat as it lies on the wire, written byte by byte from the layout of a record.
private let openat: [UInt8] =
  [0x15, 0xcd, 0x5b, 0x07, 0, 0, 0, 0]  // 123456789 ns
  + [0xc8, 0, 0, 0, 0, 0, 0, 0]  // thread 200
  + [84, 0, 0, 0]  // 26 + 7 * 2 + 44 bytes
  + [0x33, 0x01]  // 307
  + [7, 0, 0, 0]
  + [8, 0, 8, 0, 8, 0, 4, 0, 4, 0, 4, 0, 8, 0]
  + [3, 0, 0, 0, 0, 0, 0, 0]  // fd
  + [0x9c, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]  // AT_FDCWD, -100
  + Array("/a/b/cd".utf8) + [0]
  + [0x01, 0x10, 0, 0]  // O_RDONLY|O_CLOEXEC
  + [0, 0, 0, 0]
  + [0, 0xfe, 0, 0]
  + [77, 0, 0, 0, 0, 0, 0, 0]

private func bytes(_ span: RawSpan) -> [UInt8] { span.withUnsafeBytes { Array($0) } }

private func problem(_ record: [UInt8]) -> RecordError? {
  do throws(RecordError) {
    _ = try EventView(validating: record.span.bytes)
    return nil
  } catch {
    return error
  }
}

@Suite struct EventViewTests {
  @Test func aRecordIsReadWhereItLies() throws {
    let view = try EventView(validating: openat.span.bytes, cpu: 3)
    #expect(view.timestamp == 123_456_789)
    #expect(view.threadID == 200)
    #expect(view.type == .openat)
    #expect(view.parameterCount == 7)
    #expect(view.cpu == 3)
    #expect(view.int64(0, or: 0) == 3)
    #expect(view.int64(1, or: 0) == -100)
    #expect(bytes(view.text(2)) == Array("/a/b/cd".utf8))
    #expect(bytes(view.bytes(2)) == Array("/a/b/cd".utf8) + [0])
    #expect(view.textRange(of: 2) == 56..<63)
    #expect(view.uint32(3, or: 0) == 0x1001)
    #expect(view.value(5, as: UInt32.self) == 0xfe00)
    #expect(view.uint64(6, or: 0) == 77)
  }

  @Test func theBuilderWritesTheSameBytes() {
    var builder = EventBuilder(.openat, timestamp: 123_456_789, threadID: 200)
    builder.append(Int64(3))
    builder.append(Int64(-100))
    builder.append(text: "/a/b/cd")
    builder.append(UInt32(0x1001))
    builder.append(UInt32(0))
    builder.append(UInt32(0xfe00))
    builder.append(UInt64(77))
    #expect(builder.count == 7)
    #expect(builder.finish() == openat)
  }

  @Test func parametersThatARecordLacksHaveNoValue() throws {
    var builder = EventBuilder(.openat)
    builder.append(Int64(3))
    let record = builder.finish()
    #expect(record.count == 26 + 2 + 8)
    let view = try EventView(validating: record.span.bytes)
    #expect(view.int64(0, or: 0) == 3)
    for index in [1, 6, 31, 1_000_000] { #expect(view.isEmpty(index) == true) }
    #expect(view.int64(1, or: -7) == -7)
    #expect(view.value(6, as: UInt64.self) == nil)
    #expect(bytes(view.text(2)) == [])
  }

  @Test func anEmptyTextIsNotAMissingOne() throws {
    var builder = EventBuilder(.openat)
    builder.append(Int64(3))
    builder.appendEmpty()
    builder.append(text: "")
    let record = builder.finish()
    let view = try EventView(validating: record.span.bytes)
    #expect(view.isEmpty(1) == true)
    #expect(view.isEmpty(2) == false)
    #expect(bytes(view.text(2)) == [])
    #expect(bytes(view.bytes(2)) == [0])
  }

  @Test func aTextEndsAtItsFirstNULOrWithItsParameter() throws {
    var builder = EventBuilder(.openat)
    builder.append(bytes: Array("ab\0cd\0".utf8))
    builder.append(bytes: Array("unterminated".utf8))
    builder.append(strings: ["x", "", "yz"])
    let record = builder.finish()
    let view = try EventView(validating: record.span.bytes)
    #expect(bytes(view.text(0)) == Array("ab".utf8))
    #expect(bytes(view.text(1)) == Array("unterminated".utf8))
    #expect(bytes(view.bytes(2)) == Array("x\0\0yz\0".utf8))
  }

  @Test func aValueNarrowerThanAskedForIsNone() throws {
    var builder = EventBuilder(.openat)
    builder.append(UInt16(5))
    let record = builder.finish()
    let view = try EventView(validating: record.span.bytes)
    #expect(view.value(0, as: UInt16.self) == 5)
    #expect(view.value(0, as: UInt8.self) == 5)
    #expect(view.value(0, as: UInt32.self) == nil)
    #expect(view.int64(0, or: -1) == -1)
  }

  @Test func largePayloadsHaveLengthsOfFourBytes() throws {
    let data = [UInt8](repeating: 0x5a, count: 70_000)
    var builder = EventBuilder(.asyncevent, timestamp: 9, threadID: .max)
    builder.append(UInt32(1))
    builder.append(text: "container")
    builder.append(bytes: data)
    let record = builder.finish()
    #expect(record.count == 26 + 3 * 4 + 4 + 10 + 70_000)
    #expect(Array(record[26..<38]) == [4, 0, 0, 0, 10, 0, 0, 0, 0x70, 0x11, 0x01, 0])
    let view = try EventView(validating: record.span.bytes)
    #expect(view.threadID == .max)
    #expect(bytes(view.text(1)) == Array("container".utf8))
    #expect(bytes(view.bytes(2)) == data)
  }

  @Test func damagedRecordsAreRefusedWithTheirNumbers() {
    #expect(problem([]) == .tooShort(length: 0, needed: 26))
    #expect(problem(Array(openat.prefix(25))) == .tooShort(length: 25, needed: 26))
    #expect(problem(Array(openat.dropLast())) == .wrongLength(claimed: 84, length: 83))
    #expect(problem(openat + [0]) == .wrongLength(claimed: 84, length: 85))
    var record = openat
    record[22] = 33
    #expect(problem(record) == .tooManyParameters(33))
    record = openat
    record[25] = 0xff
    #expect(problem(record) == .tooManyParameters(7 + 0xff00_0000))
    record = openat
    record[30] = 9
    #expect(problem(record) == .tooShort(length: 84, needed: 85))
    record[31] = 0xff
    #expect(problem(record) == .tooShort(length: 84, needed: 84 + 1 + 0xff00))
    // A header alone that claims 32 parameters has no room for their lengths.
    record = Array(openat.prefix(26))
    record[16] = 26
    record[22] = 32
    #expect(problem(record) == .tooShort(length: 26, needed: 26 + 64))
  }

  @Test func hugeLengthsOfALargePayloadDoNotWrapAround() {
    var builder = EventBuilder(.asyncevent)
    for _ in 0..<32 { builder.appendEmpty() }
    var record = builder.finish()
    for offset in 26..<record.count { record[offset] = 0xff }
    #expect(problem(record) == .tooShort(length: 26 + 128, needed: 26 + 128 + 32 * 0xffff_ffff))
  }

  @Test func errorsSayWhatWasFound() {
    #expect("\(RecordError.tooShort(length: 3, needed: 26))" == "record of 3 bytes where 26 are needed")
    #expect("\(RecordError.wrongLength(claimed: 9, length: 8))".contains("9"))
    #expect("\(RecordError.tooManyParameters(40))".contains("40"))
  }

  /// Whatever the bytes are: a record is refused, or every parameter of it lies inside it, one behind the other.
  @Test func mutatedRecordsNeverReachBeyondTheirBytes() {
    var random = SplitMix(state: 20_260_611)
    var large = EventBuilder(.asyncevent)
    large.append(UInt32(1))
    large.append(text: "name")
    large.append(bytes: [1, 2, 3])
    let originals = [openat, large.finish(), EventBuilder(.procexit).finish()]
    var accepted = 0
    for round in 0..<60_000 {
      var record = originals[round % originals.count]
      for _ in 0...Int(random.next() % 4) {
        switch random.next() % 4 {
        case 0: record[Int(random.next() % UInt64(record.count))] = UInt8(truncatingIfNeeded: random.next())
        case 1: record[Int(random.next() % UInt64(min(record.count, 42)))] ^= 1 << UInt8(random.next() % 8)
        case 2: record.removeLast(Int(random.next() % UInt64(record.count)))
        default: record += [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(random.next() % 9))
        }
        if record.isEmpty { break }
      }
      // Half of them with the right length, so that the checks behind it are reached.
      if round % 2 == 0, record.count >= 26 {
        for byte in 0..<4 { record[16 + byte] = UInt8(truncatingIfNeeded: record.count >> (8 * byte)) }
      }
      guard let view = try? EventView(validating: record.span.bytes) else { continue }
      accepted += 1
      #expect(view.parameterCount <= 32)
      var end = 0
      for index in 0..<34 {
        let range = view.range(of: index)
        guard index < view.parameterCount else {
          #expect(range.isEmpty)
          continue
        }
        if index > 0 { #expect(range.lowerBound == end) }
        end = range.upperBound
        #expect(range.lowerBound >= 26 && range.upperBound <= record.count)
        let text = view.textRange(of: index)
        #expect(text.lowerBound == range.lowerBound && text.upperBound <= range.upperBound)
        #expect(view.bytes(index).byteCount == range.count)
        _ = view.value(index, as: UInt64.self)
      }
    }
    #expect(accepted > 5_000, "the mutations must leave enough records whole")
  }
}

/// Numbers that are the same in every run.
private struct SplitMix {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
