import CCalls
import EventSchema
import Glibc

/// Keeps the workload and its recorder on CPUs of their own, where there are two.
///
/// Kernels after 6.18 let a program at a system call be preempted, and skip the runs of others on that CPU meanwhile
/// ("Preemption" in docs/KERNELS.md). The workload's steps run one at a time: with nobody else on its CPU, nobody preempts
/// it. Its records carry no CPU.
struct Apart {
  private let first: cpu_set_t
  private let others: cpu_set_t

  /// `nil` on one CPU, and where the CPUs are not told.
  init?() {
    var first = cpu_set_t()
    guard Self.ask(.sched_getaffinity, &first) else { return nil }
    var others = first
    var hasFirst = false, hasOthers = false
    unsafe withUnsafeMutableBytes(of: &first) { kept in
      unsafe withUnsafeMutableBytes(of: &others) { rest in
        for index in kept.indices {
          let lowest = unsafe hasFirst ? 0 : kept[index] & (0 &- kept[index])
          hasFirst = hasFirst || lowest != 0
          unsafe rest[index] &= ~lowest
          unsafe hasOthers = hasOthers || rest[index] != 0
          unsafe kept[index] = lowest
        }
      }
    }
    guard hasFirst, hasOthers else { return nil }
    self.first = first
    self.others = others
  }

  /// What this thread starts in `body` runs on the other CPUs; the thread itself on the first, from then on.
  func start<Result>(_ body: () throws -> Result) rethrows -> Result {
    use(others)
    defer { use(first) }
    return try body()
  }

  private func use(_ set: cpu_set_t) {
    var set = set
    _ = Self.ask(.sched_setaffinity, &set)
  }

  /// As a system call of this thread: Swift does not see the C library's functions, which are GNU's own.
  private static func ask(_ call: SyscallCode, _ set: inout cpu_set_t) -> Bool {
    guard let number = Schema.syscall(call)?.nativeNumber else { return false }
    let length = UInt64(MemoryLayout<cpu_set_t>.size)
    return unsafe withUnsafeMutablePointer(to: &set) { set in
      let address = UInt64(UInt(bitPattern: set))
      return wh_call(Int64(number), 0, length, address, 0, 0, 0) >= 0
    }
  }
}
