import Glibc

/// Loops of system calls, run in a process of their own so that the watcher's work is not measured with them.
enum Workload: String, CaseIterable {
  case getpid, openclose, openreadclose, forkexec, badclose, stdinclose, badopen, shell, build, network

  /// - Returns: Nanoseconds per round: of the wall clock, and of CPU time of this process.
  func run(_ rounds: Int) -> (wall: Double, cpu: Double) {
    // Once before the clock starts, so that the file and the program are in memory.
    round()
    let wall = now(CLOCK_MONOTONIC)
    let cpu = now(CLOCK_PROCESS_CPUTIME_ID)
    for _ in 0..<rounds { round() }
    let taken = (now(CLOCK_MONOTONIC) - wall, now(CLOCK_PROCESS_CPUTIME_ID) - cpu)
    if self == .build { BuildJob.remove() }
    return (taken.0 / Double(rounds), taken.1 / Double(rounds))
  }

  @inline(__always)
  private func round() {
    switch self {
    case .getpid:
      _ = Glibc.getpid()
    case .openclose:
      let descriptor = open("/etc/hostname", O_RDONLY)
      close(descriptor)
    case .openreadclose:
      let descriptor = open("/etc/hostname", O_RDONLY)
      var byte: UInt8 = 0
      _ = unsafe read(descriptor, &byte, 1)
      close(descriptor)
    case .badclose:
      close(-1)
    case .stdinclose:
      // Open the first time only.
      close(0)
    case .badopen:
      // Fails: nothing to close.
      _ = open("/etc/hostname.missing", O_RDONLY)
    case .shell:
      Child.run("/bin/sh", ["-c", "i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i+1)); done"])
    case .build: BuildJob.round()
    case .network: MixedWorkload.network()
    case .forkexec:
      Child.run("/bin/true", [])
    }
  }

  private func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}
