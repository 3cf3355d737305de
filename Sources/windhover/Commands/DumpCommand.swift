import Agent
import ArgumentParser
import Capture
import Recordings

struct DumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Print events as they come, one a line, every parameter by name; or write them to a capture file.",
    discussion: """
      The filter is a condition as rules have it, for example: windhover dump 'evt.type = openat and fd.name \
      startswith /etc'. The number of events seen and lost is printed on standard error at the end.

      With -w, events go to a capture file, which windhover and other readers of .scap files replay. Events that the \
      filter keeps out are written, too, where processes and descriptors change with them; they are marked, and no \
      reader shows them. With -C, -G or -e the recording goes on in another file when one is full: trace.scap becomes \
      trace.0.scap, trace.1.scap and so on, each complete in itself; with -W the oldest is overwritten.
      """)

  @Argument(help: ArgumentHelp("A condition; without one, every event is printed.", valueName: "filter"))
  var filter: String?

  @OptionGroup var target: TargetOptions

  @Option(
    name: [.customShort("r"), .customLong("read")],
    help: ArgumentHelp("Read events from this capture file instead of this host.", valueName: "file"))
  var input: String?

  @Option(
    name: [.customShort("w"), .customLong("write")],
    help: ArgumentHelp("Write events to this capture file instead of printing them.", valueName: "file"))
  var output: String?

  @Flag(
    name: [.customShort("z"), .customLong("compress")], help: "Compress what -w writes; so does a name that ends in .gz.")
  var compresses = false

  @Option(
    name: [.customShort("C"), .customLong("file-size")],
    help: ArgumentHelp("Go on in another file after this many megabytes.", valueName: "MB"))
  var megabytes: UInt64?

  @Option(
    name: [.customShort("G"), .customLong("file-seconds")],
    help: ArgumentHelp("Go on in another file after this many seconds.", valueName: "seconds"))
  var seconds: UInt64?

  @Option(
    name: [.customShort("e"), .customLong("file-events")],
    help: ArgumentHelp("Go on in another file after this many events.", valueName: "count"))
  var events: UInt64?

  @Option(
    name: [.customShort("W"), .customLong("files")],
    help: ArgumentHelp("Keep at most this many files; the oldest is overwritten.", valueName: "count"))
  var files: Int?

  @Flag(help: "Print a JSON object a line.")
  var json = false

  @Option(name: .customShort("n"), help: ArgumentHelp("Stop after this many events.", valueName: "count"))
  var count: UInt64?

  @Option(help: ArgumentHelp("Capture driver: auto, modern_ebpf, ebpf, kmod or ptrace.", valueName: "driver"))
  var engine: String?

  @Option(
    name: [.customShort("o"), .customLong("option")], parsing: .singleValue,
    help: ArgumentHelp("Override a key of the configuration.", valueName: "key=value"))
  var overrides: [String] = []

  func validate() throws {
    if input != nil, engine != nil { throw ValidationError("-r reads a file, so there is no driver: leave --engine out.") }
    if output != nil, json { throw ValidationError("-w writes a capture file and --json prints: use one of them.") }
    if output == nil, compresses || rotation.isOn || files != nil {
      throw ValidationError("-z, -C, -G, -e and -W are about the file that -w writes: name one.")
    }
    if files != nil, !rotation.isOn { throw ValidationError("-W needs -C, -G or -e, which say when a file is full.") }
    if [megabytes, seconds, events].contains(0) || files.map({ $0 < 1 }) ?? false {
      throw ValidationError("-C, -G, -e and -W need a number from 1 on.")
    }
    if megabytes.map({ $0 > 1 << 40 }) ?? false || seconds.map({ $0 > 1 << 30 }) ?? false {
      throw ValidationError("-C and -G take at most 2^40 megabytes and 2^30 seconds.")
    }
  }

  private var rotation: Rotation {
    var rotation = Rotation()
    rotation.bytes = megabytes.map { $0 << 20 }
    rotation.nanoseconds = seconds.map { $0 * 1_000_000_000 }
    rotation.events = events
    rotation.files = files
    return rotation
  }

  private var form: EventDump.Form {
    guard let output else { return json ? .json : .text }
    return .file(path: output, compressing: compresses || output.hasSuffix(".gz"), rotation)
  }

  func run() throws {
    var overrides = overrides
    if let engine { overrides.append("engine.kind=\(engine)") }
    var settings = try Settings.read(nil, overrides: overrides) { _ in }
    if let input {
      settings.replays = true
      settings.captureFile = input
    }
    try target.run(settings) { settings in
      let dump = try EventDump(settings, filter: filter, form: form, limit: count)
      try dump.run()
    }
  }
}
