import Glibc

/// What a running watcher adds to each round of a workload: the same loop with it and without it, in turn.
enum Overhead {
  static func measure(_ binary: String, rounds: Int) {
    print("workload        bare ns   watched ns   added ns   watcher CPU ns   lost")
    for workload in [Workload.getpid, .openclose, .openreadclose, .forkexec] {
      let rounds = workload == .forkexec ? max(rounds / 500, 100) : rounds
      var bare: [Double] = []
      var watched: [Double] = []
      var cpu: [Double] = []
      var lost = 0
      for _ in 0..<5 {
        bare.append(run(workload, rounds))
        let agent = Agent(binary)
        let start = agent.cpuTime
        watched.append(run(workload, rounds))
        cpu.append((agent.cpuTime - start) / Double(rounds))
        lost += agent.stop()
      }
      let columns = [median(bare), median(watched), median(zip(watched, bare).map { $0 - $1 }), median(cpu)]
      print(
        workload.rawValue.padding(to: 16)
          + columns.map { String(Int($0.rounded())).padding(to: 13) }.joined() + "\(lost)")
    }
  }

  private static func run(_ workload: Workload, _ rounds: Int) -> Double {
    let text = Child.run(CommandLine.arguments[0], ["workload", workload.rawValue, "\(rounds)"])
    return Double(text.split(separator: " ").first ?? "") ?? .nan
  }

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// A windhover that runs beside a measurement.
struct Agent: ~Copyable {
  private let child: Child
  /// From start until it said that it watches, nanoseconds.
  let startNanoseconds: Double

  init(_ binary: String, _ arguments: [String] = ["run"]) {
    let start = monotonic()
    child = Child(binary, arguments, mergesErrors: true)
    var text = ""
    while !text.contains("watching") {
      guard let more = child.readSome() else { fatalError("\(binary) ended: \(text)") }
      text += String(decoding: more, as: UTF8.self)
    }
    startNanoseconds = monotonic() - start
  }

  var pid: pid_t { child.pid }

  /// CPU time of the process so far, nanoseconds; resolution 10 ms.
  var cpuTime: Double {
    let fields = Procfs.text("/proc/\(child.pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 13 else { return .nan }
    return (Double(fields[11]) ?? 0) * 1e7 + (Double(fields[12]) ?? 0) * 1e7
  }

  /// Waits until something matching is printed.
  /// - Returns: When, on the monotonic clock; `nil` at the end of the output.
  func waitFor(_ text: String) -> Double? {
    var seen = ""
    while let more = child.readSome() {
      seen += String(decoding: more, as: UTF8.self)
      if seen.contains(text) { return monotonic() }
    }
    return nil
  }

  func hasOutput(within milliseconds: Int32) -> Bool { child.isReadable(within: milliseconds) }

  /// - Returns: How many events it lost.
  consuming func stop() -> Int { stopAndCount().lost }

  consuming func stopAndCount() -> (seen: Int, lost: Int) {
    child.signal(SIGTERM)
    let text = child.readAll()
    child.wait()
    // Events: N seen, M lost
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Events:") }) else { return (-1, -1) }
    let words = line.split(separator: " ")
    return words.count >= 5 ? (Int(words[1]) ?? -1, Int(words[3]) ?? -1) : (-1, -1)
  }
}

func monotonic() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

enum Procfs {
  static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let count = unsafe read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[0..<count], as: UTF8.self) : ""
  }
}

extension String {
  func padding(to width: Int) -> String { count >= width ? self : self + String(repeating: " ", count: width - count) }
}
