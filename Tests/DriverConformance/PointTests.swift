import CCalls
import Capture
import EventSchema
import Glibc
import Testing

extension Conformance {
  /// Events of tracepoints that no call stands behind.
  @Suite struct PointTests {
    /// A tracer sees neither switches nor faults.
    private static let inTheKernel = drivers.filter { $0 != .ptrace }

    /// Of this thread, as the kernel counts them.
    private func faults() -> (major: Int64, minor: Int64) {
      var usage = rusage()
      withUnsafeMutablePointer(to: &usage) { _ = call(.getrusage, 1 /* RUSAGE_THREAD */, address($0)) }
      return (Int64(usage.ru_majflt), Int64(usage.ru_minflt))
    }

    @Test(arguments: inTheKernel) func switchesTellWhoLeavesAndWhoComes(_ kind: DriverKind) throws {
      let before = faults()
      let events = try record(kind, [.sched_switch]) { usleep(20_000) }
      let after = faults()
      let made = events.of(.sched_switch)
      try #require(!made.isEmpty)
      for event in made {
        event.expect([
          // Who comes is the scheduler's choice; this thread cannot follow itself.
          "next": .satisfying { $0 >= 0 && $0 != wh_thread_id() },
          "pgft_maj": .satisfying { (before.major...after.major).contains($0) },
          "pgft_min": .satisfying { (before.minor...after.minor).contains($0) },
          "vm_size": .satisfying { $0 > 0 }, "vm_rss": .satisfying { $0 > 0 }, "vm_swap": .satisfying { $0 >= 0 },
        ])
      }
    }

    #if arch(x86_64)
      @Test(arguments: inTheKernel) func pageFaultsTellAddressAndKind(_ kind: DriverKind) throws {
        let size = 2 << 20
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
        madvise(memory, size, 15 /* MADV_NOHUGEPAGE */)
        defer { munmap(memory, size) }
        let read = memory + 5 * 4096 + 8, written = memory + 9 * 4096 + 16
        var sum: UInt8 = 0
        let events = try record(kind, [.page_fault]) {
          sum &+= read.load(as: UInt8.self)
          written.storeBytes(of: sum &+ 1, as: UInt8.self)
        }
        for (place, access) in [(read, "PF_READ_ACCESS"), (written, "PF_WRITE_ACCESS")] {
          let made = events.of(.page_fault).filter { $0["addr"] == Int64(Int(bitPattern: place)) }
          try #require(made.count == 1, "\(access)")
          let bits = Schema.flags(.pf_flags)!.flags.filter {
            ["PF_PAGE_NOT_PRESENT", "PF_USER_FAULT", access].contains($0.symbol)
          }
          made[0].expect([
            "addr": .number(Int64(Int(bitPattern: place))),
            // Some instruction of this program: its text lies in the lower half of the address space.
            "ip": .satisfying { $0 > 0x1000 }, "error": .number(bits.reduce(0) { $0 | $1.value }),
          ])
        }
      }
    #endif
  }
}
