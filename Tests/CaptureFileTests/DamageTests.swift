import Capture
import EventSchema
import ProcFS
import Testing

@testable import CaptureFile

extension ProcessReading {
  fileprivate static var sample: ProcessReading {
    var process = ProcessReading(main: ThreadReading(tid: 7))
    process.main.pid = 7
    process.descriptors = [DescriptorReading(number: 3, kind: .file), DescriptorReading(number: 4, kind: .fifo)]
    return process
  }
}

@Suite struct DamageTests {
  /// A small capture with all kinds of blocks.
  private func sample() throws -> [UInt8] {
    var file = ScapBuilder()
    file.section()
    var contents = CaptureContents()
    contents.processes = [.sample]
    for block in contents.blocks() { file.block(block.type, block.body) }
    file.oldEvent(ScapBuilder.oldRecord(4, [ScapBuilder.number(Int64(9))]))
    file.oldEvent(ScapBuilder.oldRecord(5, [ScapBuilder.number(Int64(-9))]))
    file.event(ScapBuilder.record(5, [ScapBuilder.number(Int64(0)), ScapBuilder.number(Int64(3))]))
    return file.bytes
  }

  @Test func everyTruncationIsAnErrorOrAShorterCapture() throws {
    let whole = try sample()
    for length in 0..<whole.count {
      let file = ScratchFile(Array(whole.prefix(length)))
      do {
        let read = try read(file.path)
        #expect(read.events.count < 2 || read.damage != nil, "cut to \(length)")
      } catch {
        #expect("\(error)".contains("at byte"), "cut to \(length)")
      }
    }
  }

  @Test func listsOfGigabytesTakeNoGigabytes() throws {
    // Each block is read and forgotten; the entries add up.
    var file = ScapBuilder()
    file.section()
    var contents = CaptureContents()
    for tid in Int32(1)...2000 {
      var process = ProcessReading(main: ThreadReading(tid: tid))
      process.main.pid = tid
      process.main.environment = [UInt8](repeating: 1, count: 4095) + [0]
      process.main.arguments = process.main.environment
      process.main.cgroups = process.main.environment
      contents.processes.append(process)
    }
    let lists = contents.blocks().first { $0.type == 0x215 }!
    for _ in 0..<12 { file.block(lists.type, lists.body) }
    file.event(ScapBuilder.record(5, [ScapBuilder.number(Int64(0)), ScapBuilder.number(Int64(3))]))
    let read = try read(file)
    #expect(read.damage == nil && read.events.count == 1)
    // 24,000 entries of 13 KB are offered, 256 MB are taken.
    #expect(read.contents.refused > 2000)
  }

  @Test func noSingleChangedByteDoesHarm() throws {
    let whole = try sample()
    for index in whole.indices {
      for change: UInt8 in [0x01, 0x80, 0xff] {
        var changed = whole
        changed[index] ^= change
        let file = ScratchFile(changed)
        // Whatever it reads or says: it comes back.
        _ = try? read(file.path)
      }
    }
  }
}
