import CCalls
import Capture
import EventSchema
import Glibc
import ModernBPFDriver
import Testing

extension Conformance {
  /// A CPU that comes online after the driver was opened. Not of the other drivers: the module's are in
  /// Tests/KernelModule, and perf buffers belong to the CPUs that were there.
  @Suite(.enabled(if: access(SecondCPU.path, W_OK) == 0, "the second CPU of this machine cannot be taken offline"))
  struct LateCPUTests {
    @Test(arguments: drivers.filter { $0 == .modernEBPF })
    func aCPUThatComesOnlineGetsARing(_ kind: DriverKind) throws {
      let allowed = leak([UInt8](repeating: 0, count: 128))
      #expect(call(.sched_getaffinity, 0, 128, allowed) > 0)
      try SecondCPU.set(online: false)
      defer { try? SecondCPU.set(online: true) }
      var options = CaptureOptions()
      options.loadable = Interest(events: EventTypeSet([.generic]), genericCalls: SyscallSet([.sched_get_priority_max]))
      var driver = try ModernBPFDriver(opening: options)
      try driver.capture(options.loadable)
      try SecondCPU.set(online: true)

      // Made before the reader has looked, they have nowhere to go.
      let early = 5, late = 7
      call(.sched_setaffinity, 0, 8, leak(.wire(2)))
      defer { call(.sched_setaffinity, 0, 128, allowed) }
      for _ in 0..<early { call(.sched_get_priority_max) }
      let own = wh_thread_id()
      var seen: [(thread: UInt64, cpu: UInt16)] = []
      try drain(&driver) { seen.append(($0.threadID, $0.cpu)) }
      #expect(seen.allSatisfy { $0.thread != own })
      #expect(try driver.statistics().lost.ringFull >= UInt64(early))

      for _ in 0..<late { call(.sched_get_priority_max) }
      seen = []
      try drain(&driver) { seen.append(($0.threadID, $0.cpu)) }
      let mine = seen.filter { $0.thread == own }
      #expect(mine.count == late)
      #expect(mine.allSatisfy { $0.cpu == 1 })
      try driver.capture(.none)
    }
  }
}

private enum SecondCPU {
  static let path = "/sys/devices/system/cpu/cpu1/online"

  struct Failure: Error { let errno: Int32 }

  static func set(online: Bool) throws {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let byte = [UInt8(ascii: online ? "1" : "0")]
    guard write(descriptor, byte, 1) == 1 else { throw Failure(errno: errno) }
  }
}
