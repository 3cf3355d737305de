import Capture
import EventSchema
import Glibc

/// Records the parity workload under a driver, and compares drivers with each other.
///
/// One command, no arguments that depend on the machine, so that it also runs from a shared folder inside a virtual
/// machine: `ParityRecorder compare ./ParityWorkload ./differences kmod`.
@main
struct Main {
  static let usage = """
    usage: ParityRecorder PART
      record DRIVER WORKLOAD                       the normalised stream of one run, one record per line
      compare WORKLOAD DIFFERENCES DRIVER...       each driver's stream against that of \(reference.rawValue)
      diff DIFFERENCES DRIVER REFERENCE OTHER      two files that `record` wrote
      coverage WORKLOAD DRIVER                     exit events of the schema that the workload does not make
    drivers: \(DriverKind.allCases.map(\.rawValue).joined(separator: ", "))
    """

  /// The driver whose stream the others have to match.
  static let reference = DriverKind.modernEBPF

  static func main() {
    do {
      try run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      complain("ParityRecorder: \(error)")
      exit(1)
    }
  }

  private static func run(_ arguments: [String]) throws {
    let rest = Array(arguments.dropFirst())
    switch arguments.first {
    case "record" where rest.count == 2:
      for line in try stream(kind(rest[0]), rest[1]) { print(line) }
    case "compare" where rest.count >= 3:
      let differences = try Differences(reading: rest[1])
      let watcher = try Watcher(reference)
      var expected = try watcher.run(rest[0])
      var failed = false
      for name in rest.dropFirst(2) {
        let kind = try kind(name)
        let other = try Watcher(kind)
        var run = try other.run(rest[0])
        var comparison = Comparison(try lines(of: expected), try lines(of: run), kind, differences)
        // Programs in the kernel send a value empty where its page is not resident: the two did not see the same memory.
        // Kernels after 6.18 skip runs of preempted programs: a record may be missing. What was recorded whole is kept.
        for _ in 0..<7 where !comparison.isEqual {
          let sawOtherMemory = kind != .ptrace && run.unreadable != expected.unreadable
          guard sawOtherMemory || run.skipped + expected.skipped > 0 else { break }
          complain(
            "\(expected.kind.rawValue): \(expected.unreadable) values could not be read, \(expected.skipped) runs were skipped; "
              + "\(name): \(run.unreadable), \(run.skipped); recording once more")
          let isExpectedWhole = expected.skipped == 0
          if !isExpectedWhole || run.skipped == 0 { expected = try watcher.run(rest[0]) }
          if isExpectedWhole || run.skipped > 0 { run = try other.run(rest[0]) }
          comparison = Comparison(try lines(of: expected), try lines(of: run), kind, differences)
        }
        print(comparison.report)
        failed = failed || !comparison.isEqual
      }
      exit(failed ? 1 : 0)
    case "diff" where rest.count == 4:
      let comparison = Comparison(
        try Line.read(rest[2]), try Line.read(rest[3]), try kind(rest[1]), try Differences(reading: rest[0]))
      print(comparison.report)
      exit(comparison.isEqual ? 0 : 1)
    case "coverage" where rest.count == 2:
      let made = Set(try stream(kind(rest[1]), rest[0]).map(\.event))
      let missing = Schema.events.filter { $0.direction == .WH_DIRECTION_EXIT && !made.contains($0.symbol) }
      print("\(made.count) events made; exit events not made: \(missing.map(\.symbol).joined(separator: " "))")
    default:
      complain(usage)
      exit(64)
    }
  }

  private static func kind(_ name: String) throws -> DriverKind {
    guard let kind = DriverKind(rawValue: name) else {
      throw Failure("no driver \(name); the drivers are \(DriverKind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return kind
  }

  private static func stream(_ kind: DriverKind, _ workload: String) throws -> [Line] {
    try lines(of: Watcher(kind).run(workload))
  }

  private static func lines(of run: Run) throws -> [Line] { try ProcessTree(of: run).lines() }
}

/// On standard error.
func complain(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  _ = unsafe write(2, bytes, bytes.count)
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
