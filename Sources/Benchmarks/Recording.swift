import Agent
import CLinux
import Capture
import DriverSelection
import EventSchema
import Glibc
import Outputs
import RuleCompiler
import RuleEngine
import SystemState

/// A mixed workload captured once, so that the way from ring to verdict can be measured without a kernel.
enum Recording {
  /// Shells, listings, searches, a compiler: what a build host does.
  private static let script = """
    cd /usr/include; for i in 1 2 3 4 5 6 7 8 9 10; do ls -la /etc /usr/bin > /dev/null; cat *.h > /dev/null; \
    grep -l define *.h > /dev/null; find . -name '*.h' -size +64k > /dev/null; head -1 /etc/passwd > /dev/null; \
    (echo 'int main(void){return 0;}' | cc -x c -o /dev/null - ) ; sh -c 'true; /bin/true'; done
    """

  static func make(_ path: String) throws {
    let settings = Settings()
    let rules = try RuleSet.loadUsable([], settings) { _ in }
    let interest = Interest(rules: rules)
    var driver = try LiveCapture.open(settings, interest, log: Log(level: .warning))
    try driver.capture(interest)
    let child = Child("/bin/sh", ["-c", script])
    var bytes: [UInt8] = []
    var count = 0
    while true {
      let isOver = child.isReadable(within: 0)
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(20))
      while let event = try batch.next() {
        for offset in 0..<event.record.byteCount {
          bytes.append(unsafe event.record.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
        }
        count += 1
      }
      if isOver { break }
    }
    child.wait()
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw Failure("cannot write \(path): \(errorText(errno))") }
    var start = 0
    while start < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress! + start, $0.count - start) }
      guard written > 0 else { throw Failure("cannot write \(path): \(errorText(errno))") }
      start += written
    }
    close(descriptor)
    print("recorded \(count) events, \(bytes.count) bytes")
  }

  static func replay(_ path: String, rounds: Int) throws {
    let records = try read(path)
    let rules = try RuleSet.loadUsable([], Settings()) { _ in }
    let outputs = AlertWriter([DescriptorChannel(descriptor: open("/dev/null", O_WRONLY))], capacity: 1000)
    var evaluator = RuleEvaluator(rules.program)
    evaluator.stopsAtFirstMatch = true
    let alerts = AlertFormatter(rules.rules, style: AlertStyle(), hostName: "bench", outputs: outputs)
    var loop = EventLoop(state: SystemState(), evaluator: evaluator, alerts: alerts, log: Log(level: .error))
    var best = Double.infinity
    for _ in 0..<rounds {
      var source = InMemorySource(packed: records)
      let before = loop.eventCount
      let start = wh_cpu_time()
      _ = loop.run(&source)
      let time = Double(wh_cpu_time() - start)
      best = min(best, time / Double(loop.eventCount - before))
    }
    outputs.finish()
    print("\(loop.eventCount) events, \(loop.matchCount) matches, best round \(Int(best)) ns per event")
  }

  private static func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw Failure("cannot read \(path): \(errorText(errno))") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count <= 0 { return bytes }
      bytes += buffer[0..<count]
    }
  }
}
