import Agent
import Capture
import CaptureFile
import ContainerRuntimes
import EventSchema
import FilterLanguage
import Glibc
import Outputs
import ProcFS
import RuleCompiler
import RuleTesting
import SystemState

/// Feeds bytes that libFuzzer makes up to one of the parsers. A crash, a hang or a report of the sanitizer is a finding.
///
///     Fuzz TARGET [CORPUS] [libFuzzer options]
///
/// The input that failed is left as `crash-…` in the current folder; give it as CORPUS to run it alone.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ argc: UnsafeMutablePointer<Int32>, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

func bytes(_ data: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  Array(UnsafeBufferPointer(start: data, count: count))
}

let targets: [(name: String, test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32)] = [
  ("condition", { data, count in
    if let tree = try? Expression(parsing: bytes(data, count)) {
      // What is printed must read back as the same.
      let text = tree.canonicalText
      guard let again = try? Expression(parsing: Array(text.utf8)), again.canonicalText == text else {
        fatalError("the canonical text does not read back: \(text)")
      }
      _ = try? RuleSet.compile(condition: text)
    }
    return 0
  }),
  ("rules", { data, count in
    let compiled = load([RuleSource(name: "fuzz", contents: bytes(data, count))]).compiled()
    _ = compiled.loaded.report()
    return 0
  }),
  ("ruletests", { data, count in
    _ = TestFile.problems(in: bytes(data, count), path: "fuzz")
    return 0
  }),
  ("settings", { data, count in
    _ = try? Settings.read(nil, overrides: [String(decoding: bytes(data, count), as: UTF8.self)]) { _ in }
    return 0
  }),
  ("output", { data, count in
    _ = try? OutputFormat(String(decoding: bytes(data, count), as: UTF8.self))
    return 0
  }),
  ("capture", { data, count in
    // A file in memory, opened anew for each input.
    let descriptor = MemoryFile.descriptor
    ftruncate(descriptor, 0)
    _ = pwrite(descriptor, data, count, 0)
    guard var source = try? CaptureFileSource(path: "/proc/self/fd/\(descriptor)") else { return 0 }
    var state = SystemState(limits: .small)
    state.load(users: source.contents.users, groups: source.contents.groups)
    state.add(source.contents.processes, readAt: 0)
    var printer = EventPrinter()
    var text: [UInt8] = []
    while var batch = try? source.nextBatch(waitingUpTo: .zero) {
      while let event = try? batch.next() {
        state.apply(event)
        text.removeAll(keepingCapacity: true)
        printer.appendText(event, state, into: &text)
      }
    }
    // What was read can be written.
    _ = state.readings()
    return 0
  }),
  ("runtime", { data, count in
    // What a runtime answers, and what the state keeps of it.
    var state = SystemState(limits: .small)
    for metadata in AnswerSurvey.read(bytes(data, count)) {
      let event = metadata.event(at: 1)
      if let view = try? EventView(validating: event.span.bytes) { state.apply(view) }
      state.setContainer(metadata)
    }
    return 0
  }),
  ("record", { data, count in
    let record = bytes(data, count)
    var state = SystemState(limits: .small)
    var printer = EventPrinter()
    var text: [UInt8] = []
    if let event = try? EventView(validating: record.span.bytes) {
      state.apply(event)
      printer.appendText(event, state, into: &text)
      printer.appendJSON(event, state, into: &text)
    }
    return 0
  }),
]

/// A file without a name.
enum MemoryFile {
  static let descriptor: Int32 = {
    var template = Array("/dev/shm/windhover-fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    precondition(descriptor >= 0, "no file in /dev/shm: \(errno)")
    unlink(template)
    return descriptor
  }()
}

extension StateLimits {
  static var small: StateLimits {
    var limits = StateLimits()
    limits.threads = 64
    limits.descriptors = 256
    limits.textBytes = 1 << 20
    return limits
  }
}

// To merge corpora (-merge=1), libFuzzer starts this program again with the arguments that it knows of: the name of the
// target is not among them, and comes by the environment.
let variable = "WINDHOVER_FUZZ_TARGET"
let given = CommandLine.argc > 1 ? targets.first { $0.name == CommandLine.arguments[1] } : nil
let inherited = getenv(variable).map { String(cString: $0) }
guard let target = given ?? targets.first(where: { $0.name == inherited }) else {
  writeToStandardError("usage: Fuzz \(targets.map(\.name).joined(separator: "|")) [CORPUS] [-max_total_time=SECONDS ...]\n")
  exit(64)
}
setenv(variable, target.name, 1)
// libFuzzer sees the program's name and what follows the target's.
var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(CommandLine.arguments[0])]
for argument in CommandLine.arguments.dropFirst(given == nil ? 1 : 2) { arguments.append(strdup(argument)) }
var count = Int32(arguments.count)
arguments.append(nil)
let result = arguments.withUnsafeMutableBufferPointer { buffer in
  var pointer = buffer.baseAddress!
  return runDriver(&count, &pointer, target.test)
}
exit(result)
