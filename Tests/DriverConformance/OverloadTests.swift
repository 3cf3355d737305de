import BPFDriver
import CCalls
import Capture
import EventSchema
import Glibc
import KmodDriver
import ModernBPFDriver
import Testing

extension Conformance {
  /// More events than the reader takes: each is either seen or counted as lost, under one reason, and none is both.
  ///
  /// The number that this is compared with comes from the loop that made the calls.
  @Suite struct OverloadTests {
    /// A tracer cannot fall behind: the traced process waits for it. `aMillionOpensAreSeenExactlyOnce` covers it.
    static let overloadable = drivers.filter { $0 != .ptrace }

    /// How the reader falls behind.
    enum Reader: CaseIterable, Sendable {
      /// Does not read before all calls are made.
      case stopped
      /// Takes a batch, and then none until calls as fast as this machine makes them would fill a ring.
      case slow
    }

    @Test(arguments: overloadable, Reader.allCases) func eventsOfAFixedSizeAreSeenOrLost(_ kind: DriverKind, _ reader: Reader)
      throws
    {
      try overload(kind, .generic, calls: [.sched_get_priority_max], path: nil, reader)
    }

    @Test(arguments: overloadable, Reader.allCases) func eventsOfAnySizeAreSeenOrLost(_ kind: DriverKind, _ reader: Reader)
      throws
    {
      let path = "/" + String(repeating: "no such directory/", count: 30)
      try overload(kind, .chroot, calls: [], path: path, reader)
    }

    private func overload(
      _ kind: DriverKind, _ event: EventType, calls: [SyscallCode], path: String?, _ reader: Reader
    ) throws {
      switch kind {
      case .modernEBPF: try overload(ModernBPFDriver.self, event, calls: calls, path: path, reader)
      case .kmod: try overload(KmodDriver.self, event, calls: calls, path: path, reader)
      case .ebpf: try overload(BPFDriver.self, event, calls: calls, path: path, reader)
      case .ptrace: throw NoSuchEvent(description: "a tracer holds what it traces while it reads")
      }
    }

    private func overload<Driver: CaptureDriver & ~Copyable>(
      _: Driver.Type, _ event: EventType, calls: [SyscallCode], path: String?, _ reader: Reader
    ) throws {
      // A long path fills a ring with fewer calls.
      let rounds = min(60_000, stormRounds) / (path == nil ? 1 : 4)
      let pause: UInt32 = stormRounds < 20_000 ? 200_000 : 40_000
      // One thread; several on one CPU; several on all; each also with a ring per CPU.
      for (threads, onOneCPU) in [(1, false), (3, true), (4, false)] {
        for cpusPerLane in [2, 1] {
          var options = CaptureOptions()
          options.bufferBytesPerLane = 64 << 10
          options.cpusPerLane = cpusPerLane
          options.loadable = Interest(events: EventTypeSet([event]), genericCalls: SyscallSet(calls))
          var driver = try Driver(opening: options)
          try driver.capture(options.loadable)
          let flood = Flood(path: path, count: rounds, threads: threads, onOneCPU: onOneCPU)
          var seen: UInt64 = 0, own = Own()
          while !flood.hasEnded {
            usleep(pause)
            if reader == .slow { seen += try take(&driver, own: &own) }
          }
          try driver.capture(.none)
          while true {
            let more = try take(&driver, own: &own)
            if more == 0 { break }
            seen += more
          }
          let statistics = try driver.statistics()
          let name: Comment = "\(threads) threads, on one CPU: \(onOneCPU), \(cpusPerLane) CPUs per ring, \(reader)"
          #expect(flood.made == Int64(threads) * rounds, name)
          #expect(statistics.seen == seen, name)
          #expect(statistics.lost.ringFull > 0, name)
          #expect(statistics.lost.malformed == 0, name)
          // Nobody knows which call a skipped run was for: not all of those were wanted.
          let atMost = Int64(own.total + statistics.lost.total), atLeast = atMost - Int64(statistics.lost.recursion)
          #expect((atLeast...atMost).contains(flood.made), "\(name): \(own) \(statistics)")
          // While the kernel moves a page (into a huge one, for example) nothing can be read from it, and a program in
          // the kernel cannot wait: the event comes without the value, and the driver counts that.
          #expect(own.withoutPath <= statistics.unreadable, "\(name): \(own) \(statistics)")
        }
      }
    }

    /// Events that the flood made.
    private struct Own {
      var complete: UInt64 = 0, withoutPath: UInt64 = 0
      var total: UInt64 { complete + withoutPath }
    }

    /// Counts what is there, and of it what the flood made: somebody else on this host may call chroot as well.
    private func take<Driver: CaptureDriver & ~Copyable>(_ driver: inout Driver, own: inout Own) throws -> UInt64 {
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(2))
      var count: UInt64 = 0
      while let event = try batch.next() {
        count += 1
        if event.type != .chroot || event.bytes(1).byteCount > 300 {
          own.complete += 1
        } else if event.isEmpty(1) {
          own.withoutPath += 1
        }
      }
      return count
    }
  }
}

/// Threads that make calls as fast as they can, beside the reader.
private final class Flood: @unchecked Sendable {
  private let path: UnsafeMutablePointer<CChar>?
  private let count: Int64
  private let threads: Int32
  private let onOneCPU: Bool
  private var handle = pthread_t()
  /// Minus one until the flood is over, then what it made.
  private let result = UnsafeMutablePointer<Int64>.allocate(capacity: 1)

  init(path: String?, count: Int64, threads: Int, onOneCPU: Bool) {
    self.path = path.map { strdup($0) }
    self.count = count
    self.threads = Int32(threads)
    self.onOneCPU = onOneCPU
    result.initialize(to: -1)
    let error = pthread_create(
      &handle, nil,
      { argument in
        let flood = Unmanaged<Flood>.fromOpaque(argument!).takeUnretainedValue()
        wh_store(flood.result, wh_flood(flood.path, flood.count, flood.threads, flood.onOneCPU ? 1 : 0))
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
    precondition(error == 0, "pthread_create: errno \(error)")
  }

  var hasEnded: Bool { wh_load(result) != -1 }
  var made: Int64 { wh_load(result) }

  deinit {
    pthread_join(handle, nil)
    free(path)
    result.deallocate()
  }
}
