import Capture
import EventSchema
import Glibc
import Testing

@testable import CaptureFile

@Suite struct ReaderTests {
  private let close = ScapBuilder.record(5, [ScapBuilder.number(Int64(0)), ScapBuilder.number(Int64(3))])

  @Test func currentEventsComeUnchangedWithTheirCPU() throws {
    var file = ScapBuilder()
    file.section()
    file.event(close, cpu: 3)
    file.block(0x217, ScapBuilder.number(UInt16(1)) + ScapBuilder.number(UInt32(1)) + close)
    let read = try read(file)
    #expect(read.damage == nil)
    let values = [ScapBuilder.number(Int64(0)), ScapBuilder.number(Int64(3))]
    #expect(
      read.events == [
        ReadEvent(type: .close, cpu: 3, isStateOnly: false, values: values),
        ReadEvent(type: .close, cpu: 1, isStateOnly: true, values: values),
      ])
  }

  @Test func anExitGetsTheArgumentsOfItsEntry() throws {
    var file = ScapBuilder()
    file.section()
    // 2013: close's entry had the descriptor, its exit only the result.
    file.oldEvent(ScapBuilder.oldRecord(4, [ScapBuilder.number(Int64(9))]))
    file.oldEvent(ScapBuilder.oldRecord(4, tid: 8, [ScapBuilder.number(Int64(10))]))
    file.oldEvent(ScapBuilder.oldRecord(5, [ScapBuilder.number(Int64(-9))]))
    file.oldEvent(ScapBuilder.oldRecord(5, tid: 8, [ScapBuilder.number(Int64(0))]))
    // Begun before the capture: nothing is known of the entry.
    file.oldEvent(ScapBuilder.oldRecord(5, tid: 9, [ScapBuilder.number(Int64(0))]))
    let read = try read(file)
    #expect(read.damage == nil)
    #expect(
      read.events.map(\.values) == [
        [ScapBuilder.number(Int64(-9)), ScapBuilder.number(Int64(9))],
        [ScapBuilder.number(Int64(0)), ScapBuilder.number(Int64(10))],
        [ScapBuilder.number(Int64(0)), ScapBuilder.number(Int64(0))],
      ])
  }

  @Test func theOldestExecBecomesTodaysInSteps() throws {
    var file = ScapBuilder()
    file.section()
    let values = [
      ScapBuilder.number(Int64(0)), Array("/bin/cat\0".utf8), Array("x\0".utf8), ScapBuilder.number(Int64(7)),
      ScapBuilder.number(Int64(7)), ScapBuilder.number(Int64(1)), Array("/tmp\0".utf8), ScapBuilder.number(Int64(1024)),
    ]
    file.oldEvent(ScapBuilder.oldRecord(13, values))
    let read = try read(file)
    #expect(read.damage == nil)
    let event = try #require(read.events.first)
    #expect(event.type == .execve)
    #expect(event.values.count == Schema.event(.execve)!.parameters.count)
    #expect(Array(event.values.prefix(8)) == values)
    #expect(event.values.dropFirst(8).filter { !$0.isEmpty } == [])
  }

  @Test func oldContainersBecomeJSON() throws {
    var file = ScapBuilder()
    file.section()
    file.oldEvent(
      ScapBuilder.oldRecord(
        228, [Array("abc\0".utf8), ScapBuilder.number(UInt32(1)), Array("web\0".utf8), Array("nginx\0".utf8)]))
    let read = try read(file)
    #expect(read.damage == nil)
    let text = String(decoding: read.events.first?.values.first?.dropLast() ?? [], as: UTF8.self)
    #expect(text == #"{"id":"abc","type":1,"name":"web","image":"nginx"}"#)
  }

  @Test func eventsOfLaterVersionsAreCountedAndPassedOver() throws {
    var file = ScapBuilder()
    file.section()
    file.event(ScapBuilder.record(900, []))
    file.event(close)
    let scratch = ScratchFile(file.bytes)
    var source = try CaptureFileSource(path: scratch.path)
    let type = try firstType(&source)
    #expect(type == .close)
    #expect(source.unknownEvents == 1)
  }

  @Test func filesOneBehindTheOtherAreSections() throws {
    var file = ScapBuilder()
    file.section()
    file.event(close)
    file.section()
    file.event(close)
    let read = try read(file)
    #expect(read.damage == nil)
    #expect(read.events.count == 2)
    #expect(read.sections == 2)
  }

  @Test func aSectionBeginsWithAnEmptyBatch() throws {
    var file = ScapBuilder()
    for _ in 0..<2 {
      file.section()
      file.event(close)
    }
    let scratch = ScratchFile(file.bytes)
    var source = try CaptureFileSource(path: scratch.path)
    var seen: [String] = []
    while true {
      do throws(CaptureError) {
        var count = 0
        do {
          var batch = try source.nextBatch(waitingUpTo: .zero)
          while (try? batch.next()) != nil { count += 1 }
        }
        seen.append("\(count) in \(source.section)")
      } catch {
        break
      }
    }
    #expect(seen == ["1 in 1", "0 in 2", "1 in 2"])
  }

  @Test func whatIsNoCaptureIsSaidToBeNone() throws {
    let text = ScratchFile(Array("#!/bin/sh\necho this is a script, not a capture\n".utf8))
    #expect(performing: { try read(text.path) }, throws: { "\($0)".contains("is no capture file") })
    let empty = ScratchFile()
    #expect(performing: { try read(empty.path) }, throws: { "\($0)".contains("no events") })
    #expect(performing: { try read("/no/such.scap") }, throws: { "\($0)" == "/no/such.scap: at byte 0: cannot be opened: No such file or directory" })
  }

  @Test func otherVersionsAndByteOrdersAreRefused() throws {
    var newer = ScapBuilder()
    newer.block(0x0A0D_0D0A, ScapBuilder.number(UInt32(0x1A2B_3C4D)) + ScapBuilder.number(UInt16(2)) + [UInt8](repeating: 0, count: 10))
    #expect(performing: { try read(newer) }, throws: { "\($0)".contains("format 2.0 is newer") })
    var swapped = ScapBuilder()
    swapped.block(0x0A0D_0D0A, ScapBuilder.number(UInt32(0x1A2B_3C4D).byteSwapped) + [UInt8](repeating: 0, count: 12))
    #expect(performing: { try read(swapped) }, throws: { "\($0)".contains("other byte order") })
  }

  @Test func damageIsNamedWithItsPlaceAndTheEventsBeforeItCome() throws {
    var file = ScapBuilder()
    file.section()
    file.event(close)
    let place = file.bytes.count
    file.event(Array(close.prefix(16)) + ScapBuilder.number(UInt32(5000)) + close.dropFirst(20))
    let read = try read(file)
    #expect(read.events.count == 1)
    #expect("\(try #require(read.damage))".contains("at byte \(place + 10): event 5 claims 5000 bytes"))
  }

  @Test func unexpectedBlocksAmongEventsAreErrors() throws {
    var file = ScapBuilder()
    file.section()
    file.event(close)
    file.block(0x201, [UInt8](repeating: 0, count: 180))
    let read = try read(file)
    #expect(read.events.count == 1)
    #expect("\(try #require(read.damage))".contains("block 0x201 is among the events"))
  }

  @Test func aLengthWithoutDataCostsNoMemory() throws {
    var file = ScapBuilder()
    file.section()
    file.bytes += ScapBuilder.number(UInt32(0x215)) + ScapBuilder.number(UInt32(0xffff_fffc))
    #expect(performing: { try read(file) }, throws: { "\($0)".contains("at most 268435456 are accepted") })
    var truncated = ScapBuilder()
    truncated.section()
    truncated.bytes += ScapBuilder.number(UInt32(0x215)) + ScapBuilder.number(UInt32(100 << 20))
    #expect(performing: { try read(truncated) }, throws: { "\($0)".contains("ends in the middle of a block") })
  }

  private func firstType(_ source: inout CaptureFileSource) throws -> EventType? {
    var batch = try source.nextBatch(waitingUpTo: .zero)
    return try batch.next()?.type
  }
}
