import Glibc
import Outputs
import Synchronization
import Testing

@Suite struct AlertWriterTests {
  /// Counts what it gets; waits for permission before each line if told to.
  private final class CountingChannel: OutputChannel, @unchecked Sendable {
    let name = "counting"
    let lines = Mutex<[[UInt8]]>([])
    let isBlocked = Atomic<Bool>(false)
    let reopenings = Atomic<Int>(0)
    let fails: Bool
    init(fails: Bool = false) { self.fails = fails }

    func write(_ line: [UInt8]) throws(OutputError) {
      while isBlocked.load(ordering: .acquiring) { usleep(200) }
      if fails { throw .system(ENOSPC, operation: "write") }
      lines.withLock { $0.append(line) }
    }
    func reopen() throws(OutputError) { reopenings.add(1, ordering: .relaxed) }
    func flush() throws(OutputError) {}
  }

  @Test func linesArriveInOrderBeforeTheEnd() {
    let channel = CountingChannel()
    let writer = AlertWriter([channel])
    for number in 0..<1000 { writer.offer([UInt8(number & 0xff)]) }
    #expect(writer.finish())
    #expect(channel.lines.withLock { $0 } == (0..<1000).map { [UInt8($0 & 0xff)] })
    #expect(writer.statistics.written == 1000)
    #expect(!writer.offer([1]), "nothing is taken after the end")
  }

  @Test func aFullQueueDropsCountsAndReportsOnce() {
    let channel = CountingChannel()
    channel.isBlocked.store(true, ordering: .releasing)
    let reports = Mutex<[String]>([])
    let reportsBox = Box(reports)
    let writer = AlertWriter([channel], capacity: 10) { message in reportsBox.value.withLock { $0.append(message) } }
    var taken = 0
    for number in 0..<25 where writer.offer([UInt8(number)]) { taken += 1 }
    #expect(taken == 10)
    #expect(writer.statistics.dropped == 15)
    #expect(reportsBox.value.withLock { $0.count } == 1)
    channel.isBlocked.store(false, ordering: .releasing)
    #expect(writer.finish())
    #expect(writer.statistics.written == 10)
  }

  @Test func aHangingChannelDoesNotHoldUpTheEnd() {
    let channel = CountingChannel()
    channel.isBlocked.store(true, ordering: .releasing)
    let writer = AlertWriter([channel])
    for number in 0..<3 { writer.offer([UInt8(number)]) }
    #expect(!writer.finish(limitMilliseconds: 20))
    #expect(writer.statistics.abandoned == 3)
    channel.isBlocked.store(false, ordering: .releasing)
  }

  @Test func oneChannelsFailureIsCountedAndDoesNotStopTheOthers() {
    let good = CountingChannel()
    let reports = Box(Mutex<[String]>([]))
    let writer = AlertWriter([CountingChannel(fails: true), good]) { message in
      reports.value.withLock { $0.append(message) }
    }
    writer.offer([1])
    #expect(writer.finish())
    #expect(good.lines.withLock { $0.count } == 1)
    #expect(writer.statistics.failed == 1)
    #expect(reports.value.withLock { $0 } == ["counting: write: No space left on device"])
  }

  @Test func aFileIsAppendedToAndFollowsItsNameAfterReopening() throws {
    let path = "/tmp/windhover-output-\(getpid())"
    defer {
      unlink(path)
      unlink(path + ".1")
    }
    let writer = AlertWriter([try FileChannel(appendingTo: path, staysOpen: true)])
    writer.offer(Array("one\n".utf8))
    while writer.waiting > 0 { usleep(100) }
    rename(path, path + ".1")
    writer.reopen()
    usleep(20_000)
    writer.offer(Array("two\n".utf8))
    #expect(writer.finish())
    #expect(contents(path + ".1") == "one\n")
    #expect(contents(path) == "two\n")
  }

  @Test func aFileThatCannotBeOpenedIsAnErrorAtOnce() {
    #expect(throws: OutputError.system(ENOENT, operation: "open /nonexistent/x to append")) {
      try FileChannel(appendingTo: "/nonexistent/x", staysOpen: false)
    }
  }

  private func contents(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  private final class Box<Value: ~Copyable & Sendable>: Sendable {
    let value: Value
    init(_ value: consuming Value) { self.value = value }
  }
}
