import BPFDriver
import CCalls
import Capture
import EventSchema
import Glibc
import KmodDriver
import ModernBPFDriver
import Testing

extension Conformance {
  /// Many events in a short time: none lost, none twice, none damaged.
  @Suite struct StormTests {
    @Test(arguments: drivers) func aMillionOpensAreSeenExactlyOnce(_ kind: DriverKind) throws {
      switch kind {
      case .modernEBPF: try storm(ModernBPFDriver.self)
      case .kmod: try storm(KmodDriver.self)
      case .ptrace: try tracedStorm()
      case .ebpf: try storm(BPFDriver.self)
      }
    }

    /// One ring per CPU, children on both: what the batches lend is still in the order of time.
    @Test(arguments: drivers) func severalLanesComeOutInTheOrderOfTime(_ kind: DriverKind) throws {
      var options = CaptureOptions()
      options.cpusPerLane = 1
      let allowed = leak([UInt8](repeating: 0, count: 128))
      // A tracer has one lane; each of its calls stops twice.
      let calls = kind == .ptrace ? 100 : 500
      let events = try record(kind, [.getuid, .execve, .procexit], options: options) {
        call(.sched_getaffinity, 0, 128, allowed)
        for round in 0..<20 {
          // Left alone, a busy machine may run all of them on one CPU.
          let mask = leak(.wire(UInt64(1) << UInt64(round % Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))))
          call(.sched_setaffinity, 0, 8, mask)
          var child: Int64 = 0
          child = wh_child_by(number(.fork), 0, 0)
          #expect(child > 0)
          for _ in 0..<calls { call(.getuid) }
        }
      }
      call(.sched_setaffinity, 0, 128, allowed)
      #expect(events.count >= 20 * (calls + 1))
      // A tracer has one lane and does not know where its tracee ran.
      if kind != .ptrace {
        #expect(Set(events.map(\.cpu)).count == Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), "all CPUs have made events")
      }
      // Two CPUs may stamp within a microsecond of each other and reserve the other way round.
      var latest: UInt64 = 0
      for event in events {
        #expect(event.timestamp + 100_000 > latest)
        latest = max(latest, event.timestamp)
      }
      for pair in zip(events.of(.getuid), events.of(.getuid).dropFirst()) {
        #expect(pair.0.timestamp < pair.1.timestamp)
      }
    }

    /// Without a filter every call stops twice: a hundredth of the other drivers' storm takes as long as theirs.
    private func tracedStorm() throws {
      let rounds = min(10_000, stormRounds)
      var failed: Int64 = -1
      let events = try record(.ptrace, [.openat, .close]) { failed = wh_open_and_close("/etc/passwd", rounds) }
      #expect(failed == 0)
      let own = events.filter { $0.thread == wh_thread_id() }
      let opens = own.filter { $0.type == .openat }, closes = own.filter { $0.type == .close }
      #expect(opens.count == Int(rounds))
      #expect(closes.count == Int(rounds))
      for (open, close) in zip(opens, closes) { #expect(open["fd"] == close["fd"]) }
    }

    private func storm<Driver: CaptureDriver & ~Copyable>(_: Driver.Type) throws {
      let rounds = stormRounds
      let path = "/proc/self/../../etc/./passwd"
      let interest = Interest(events: EventTypeSet([.openat, .close]))
      var options = CaptureOptions()
      // The reader shares two CPUs with the writer: room for the records of some tens of milliseconds.
      options.bufferBytesPerLane = 64 << 20
      options.loadable = interest
      var driver = try Driver(opening: options)
      try driver.capture(interest)
      let writer = try Writer(path: path, rounds: rounds)
      var opens: Int64 = 0, closes: Int64 = 0, wrong: Int64 = 0, unread: UInt64 = 0
      var openDescriptor: Int64?
      let expected = Array(path.utf8)
      var isRunning = true
      while true {
        let wasRunning = isRunning
        if isRunning, writer.hasEnded {
          isRunning = false
          try driver.capture(.none)
        }
        var batch = try driver.nextBatch(waitingUpTo: .milliseconds(10))
        var isEmpty = true
        while let event = try batch.next() {
          isEmpty = false
          guard event.threadID == writer.thread else { continue }
          if event.type == .openat {
            opens += 1
            let text = event.text(2)
            var matches = text.byteCount == expected.count
            if matches {
              for index in expected.indices
              where unsafe text.unsafeLoad(fromByteOffset: index, as: UInt8.self) != expected[index] {
                matches = false
              }
            }
            // A path whose memory could not be read is empty, and that has to be counted.
            if text.byteCount == 0 { unread += 1 }
            // Each pair comes in order: the close is of the descriptor that the open before it returned.
            if !matches && text.byteCount > 0 || openDescriptor != nil { wrong += 1 }
            openDescriptor = event.int64(0, or: -1)
          } else if event.type == .close {
            closes += 1
            if openDescriptor != event.int64(1, or: -2) { wrong += 1 }
            openDescriptor = nil
          }
        }
        if !wasRunning && isEmpty { break }
      }
      #expect(try writer.failures() == 0)
      #expect(opens == rounds)
      #expect(closes == rounds)
      #expect(wrong == 0)
      let statistics = try driver.statistics()
      #expect(unread <= statistics.unreadable && unread * 1000 <= UInt64(rounds), "\(unread) paths are empty")
      let lost = statistics.lost
      #expect(lost.total == 0 || (OpenDriver<Driver>.mayBePreempted && lost.total == lost.recursion), "\(lost)")
    }
  }
}

/// A million; `WINDHOVER_STORM_ROUNDS` sets another number, for machines that take minutes for so many.
let stormRounds: Int64 = getenv("WINDHOVER_STORM_ROUNDS").flatMap { Int64(String(cString: $0)) } ?? 1_000_000

/// A thread that opens and closes a file over and over.
private final class Writer: @unchecked Sendable {
  private let path: String
  private let rounds: Int64
  private var handle = pthread_t()
  private let state = UnsafeMutablePointer<Int64>.allocate(capacity: 3)
  private var failed: Int64?

  init(path: String, rounds: Int64) throws {
    self.path = path
    self.rounds = rounds
    state.initialize(repeating: 0, count: 3)
    let result = pthread_create(
      &handle, nil,
      { argument in
        let writer = Unmanaged<Writer>.fromOpaque(argument!).takeUnretainedValue()
        wh_store(writer.state, wh_thread_id())
        let failed = wh_open_and_close(writer.path, writer.rounds)
        wh_store(writer.state + 1, failed)
        wh_store(writer.state + 2, 1)
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
    guard result == 0 else { throw NoSuchEvent(description: "pthread_create: errno \(result)") }
    while wh_load(state) == 0 { usleep(100) }
  }

  var thread: UInt64 { UInt64(wh_load(state)) }
  var hasEnded: Bool { wh_load(state + 2) != 0 }

  func failures() throws -> Int64 {
    pthread_join(handle, nil)
    return wh_load(state + 1)
  }
}
