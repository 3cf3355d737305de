import Glibc

/// From starting the program to the first alert about something that happens all the time, and its memory at rest.
enum Startup {
  static func measure(_ binary: String) {
    var firstEvent: [Double] = []
    var resident: [Double] = []
    for _ in 0..<5 {
      // A reader of /etc/shadow every millisecond: the first that is seen raises the first alert.
      let readers = Child("/bin/sh", ["-c", "while :; do head -c1 /etc/shadow; done"])
      let start = monotonic()
      let agent = Agent(binary)
      if let alert = agent.waitFor("Warning") { firstEvent.append((alert - start) / 1e6) }
      readers.signal(SIGKILL)
      readers.wait()
      // Let it come to rest.
      while agent.hasOutput(within: 1500) { _ = agent.waitFor("\n") }
      let status = Procfs.text("/proc/\(agent.pid)/status").split(separator: "\n")
      if let line = status.first(where: { $0.hasPrefix("VmRSS:") }) {
        resident.append((Double(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]) ?? .nan) / 1024)
      }
      _ = agent.stop()
    }
    print("start to first alert: median \(Int(Overhead.median(firstEvent))) ms")
    let tenths = Int((Overhead.median(resident) * 10).rounded())
    print("resident at rest: median \(tenths / 10).\(tenths % 10) MB")
  }
}
