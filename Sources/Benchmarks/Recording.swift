import Agent
import CLinux
import Capture
import DriverSelection
import EventSchema
import Glibc
import Outputs
import RuleCompiler
import SystemState

/// Events of a mixed workload captured once, so that the way from ring to verdict can be measured without a kernel.
///
/// The file holds records as the drivers make them, back to back: nothing is left out, as a capture file for other
/// programs would have to.
enum Recording {
  static let defaultCount = 1_000_000

  /// Runs the workload over and over until enough events were captured, and writes them.
  ///
  /// - Parameter everyCall: Capture every system call, as a file for later does; page faults and context switches are
  ///   left out, which are many and cost little. Without, what all three tiers of rules look at is captured, so that the
  ///   same recording serves each of them.
  static func make(_ path: String, events wanted: Int, everyCall: Bool) throws {
    let settings = Settings()
    let rules = try RuleSet.loadUsable(["builtin:sandbox"], settings) { _ in }
    var interest = everyCall ? Interest.everything : Interest(rules: rules)
    for type: EventType in [.page_fault, .sched_switch] { interest.events.remove(type) }
    var driver = try LiveCapture.open(settings, interest, log: Log(level: .warning))
    var file = try OutputFile(path)
    try driver.capture(interest)
    let child = Child("/bin/sh", ["-c", MixedWorkload.script, ownPath])
    let seconds = monotonic()
    var count = 0
    while count < wanted {
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(20))
      while count < wanted, let event = try batch.next() {
        file.append(event.record)
        count += 1
      }
      try file.flushIfLarge()
      // The jobs go round until they are stopped, so silence means that nothing of them is captured.
      if count == 0, monotonic() - seconds > 10e9 { throw Failure("nothing was captured within ten seconds") }
    }
    try driver.capture(Interest())
    child.signal(SIGTERM)
    child.wait()
    try file.finish()
    let statistics = try driver.statistics()
    print("recorded \(count) events, \(file.byteCount) bytes, \(statistics.lost.total) lost")
  }

  /// The records of a file, or the first of them.
  static func read(_ path: String, limit: Int = .max) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw Failure("cannot read \(path): \(errorText(errno))") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw Failure("cannot read \(path): \(errorText(errno))") }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var end = 0
    while end < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress! + end, $0.count - end) }
      guard count > 0 else { throw Failure("cannot read \(path): \(errorText(errno))") }
      end += count
    }
    if limit < .max { bytes.removeSubrange(ends(of: bytes, limit)...) }
    return bytes
  }

  /// Where the first `count` records end.
  private static func ends(of bytes: [UInt8], _ count: Int) -> Int {
    var at = 0
    var left = count
    while left > 0, at + 26 <= bytes.count {
      let length = unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: at + 16, as: UInt32.self)
      at += Int(length)
      left -= 1
    }
    return min(at, bytes.count)
  }

  private static var ownPath: String {
    var path = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/exe", &path, path.count)
    return String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A file that is written in large pieces.
private struct OutputFile: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private(set) var byteCount = 0

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure("cannot write \(path): \(errorText(errno))") }
  }

  deinit { close(descriptor) }

  mutating func append(_ bytes: borrowing RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    byteCount += bytes.byteCount
  }

  mutating func flushIfLarge() throws { if buffer.count > 4 << 20 { try finish() } }

  mutating func finish() throws {
    var start = 0
    while start < buffer.count {
      let written = unsafe buffer.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress! + start, $0.count - start) }
      guard written > 0 else { throw Failure("cannot write \(path): \(errorText(errno))") }
      start += written
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
