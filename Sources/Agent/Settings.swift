public import Capture
public import ContainerRuntimes
public import DriverSelection
internal import FilterLanguage
public import RuleCompiler

/// Everything that the configuration can say, as typed values with their defaults.
///
/// The keys, their types and their help are in ``Setting/all``: files, `-o` and the documentation read that table.
public struct Settings: Sendable {
  public var engine = DriverSelector.Choice.automatic
  /// Events come from ``captureFile`` and not from a driver.
  public var replays = false
  public var captureFile = ""
  /// The drivers that an automatic choice considers, the preferred one first.
  public var engineOrder = DriverSelector.defaultOrder
  /// Another driver goes on when the running one dies. Takes capabilities in reserve.
  public var failsOver = true
  /// Calls whose path or address a rule looks at are looked at when they begin too.
  public var usesEntryHooks = true
  /// 1 to 10 for 1 MB to 512 MB.
  public var bufferPreset = 4
  public var cpusPerBuffer = 2
  public var snaplen = 80
  public var rulesFiles: [String] = []
  public var ruleSelections: [RuleSelection] = []
  public var minimumPriority = Priority.debug
  /// What alerts say besides the outputs of their rules.
  public var outputAdditions: [OutputAddition] = []
  public var matchesAllRules = false
  public var jsonOutput = false
  public var jsonIncludesOutput = true
  public var jsonIncludesMessage = false
  public var jsonIncludesOutputFields = true
  public var jsonIncludesTags = true
  public var usesISOTime = false
  public var isBuffered = false
  public var writesToStandardOutput = true
  public var writesToFile = false
  public var outputFile = ""
  public var keepsFileOpen = false
  public var queueCapacity = 65_536
  public var logLevel = Log.Level.info
  /// Matches of rules begin recordings: of those rules that ask for it, or of all.
  public var recordsMatches = false
  public var recordsAllRules = false
  public var recordingPrefix = "/tmp/windhover"
  /// Milliseconds after a match where the rule says nothing else, and before it.
  public var recordingDuration = 5000
  public var recordingLead = 5000
  /// Megabytes of memory for what precedes a match, and of a file; 0 for no limit of files.
  public var recordingMemory = 16
  public var recordingFileSize = 0
  /// Whom to ask about containers.
  public var containers = RuntimeSettings()
  /// Larger executables have no `proc.exe.sha256`; MiB.
  public var largestExecutableMiB = 256
  /// Plugins that the configuration names and that this version does not load.
  var otherPlugins: [String] = []
  /// What to trace, from the command line; `nil` to watch the whole host.
  public var target: TraceTarget?
  /// Where the end of a traced command is noted.
  public var commandEnd: CommandEnd?

  public init() {}

  /// Bytes of a ring, from ``bufferPreset``.
  public var bufferBytes: Int { [1, 2, 4, 8, 16, 32, 64, 128, 256, 512][bufferPreset - 1] << 20 }
}

/// One key of the configuration.
public struct Setting: Sendable {
  /// With dots between the levels, as `-o` takes it.
  public let key: String
  /// What values look like, for help and messages.
  public let form: String
  public let help: String
  /// Takes the value, or says why it is none: the sentence continues "KEY: ".
  let apply: @Sendable (inout Settings, Value) throws(SettingError) -> Void

  /// A value as configuration files and `-o` give it.
  enum Value: Sendable {
    case scalar(String)
    case list([Value])
    case map([(String, Value)])

    func bool() throws(SettingError) -> Bool {
      guard case .scalar(let text) = self else { throw SettingError("needs true or false") }
      switch text.lowercased() {
      case "true", "yes", "on", "y": return true
      case "false", "no", "off", "n": return false
      default: throw SettingError("needs true or false, not '\(text)'")
      }
    }
    func integer(_ range: ClosedRange<Int>) throws(SettingError) -> Int {
      guard case .scalar(let text) = self, let number = Int(text), range.contains(number) else {
        throw SettingError("needs a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
    func string() throws(SettingError) -> String {
      guard case .scalar(let text) = self else { throw SettingError("needs one value, not a list or a map") }
      return text
    }
    func strings() throws(SettingError) -> [String] {
      guard case .list(let values) = self else { return [try string()] }
      var strings: [String] = []
      for value in values { strings.append(try value.string()) }
      return strings
    }
  }

  public static let all: [Setting] = [
    Setting(
      key: "engine.kind", form: "auto, modern_ebpf, ebpf, kmod, ptrace, replay",
      help: "The capture driver, or replay for a capture file."
    ) { (settings, value) throws(SettingError) in
      let text = try value.string()
      settings.replays = text == "replay"
      if settings.replays { return }
      guard let choice = DriverSelector.Choice(text) else {
        throw SettingError("'\(text)' is no driver; \(Setting.advice(text, DriverKind.names + ["replay"], besides: "auto"))")
      }
      settings.engine = choice
    },
    Setting(key: "engine.replay.capture_file", form: "path", help: "The file that engine.kind=replay reads.") {
      (settings, value) throws(SettingError) in settings.captureFile = try value.string()
    },
    Setting(
      key: "engine.order", form: "list of drivers", help: "What auto tries, the preferred one first; others are not used."
    ) { (settings, value) throws(SettingError) in
      var order: [DriverKind] = []
      for name in try value.strings() {
        guard let kind = DriverKind(rawValue: name) else {
          throw SettingError("'\(name)' is no driver; \(Setting.advice(name, DriverKind.names))")
        }
        if order.contains(kind) { throw SettingError("\(name) is there twice; name each driver once") }
        order.append(kind)
      }
      if order.isEmpty { throw SettingError("needs at least one of \(DriverKind.names.joined(separator: ", "))") }
      settings.engineOrder = order
    },
    Setting(
      key: "engine.failover", form: "bool",
      help: "Open a driver anew when the running one dies; keeps the privileges for it in reserve."
    ) { (settings, value) throws(SettingError) in settings.failsOver = try value.bool() },
    Setting(
      key: "engine.entry_hooks", form: "bool",
      help: "Look at paths and addresses when a call begins too, so that rewriting them during the call misleads nobody."
    ) { (settings, value) throws(SettingError) in settings.usesEntryHooks = try value.bool() },
    Setting(
      key: "engine.modern_ebpf.buf_size_preset", form: "1 to 10", help: "Memory for the rings of the CPUs that share it, from 1 MB to 512 MB; 4 is 8 MB."
    ) { (settings, value) throws(SettingError) in settings.bufferPreset = try value.integer(1...10) },
    Setting(
      key: "engine.modern_ebpf.cpus_for_each_buffer", form: "number", help: "How many CPUs share that memory; 0 for all."
    ) { (settings, value) throws(SettingError) in settings.cpusPerBuffer = try value.integer(0...4096) },
    Setting(key: "falco_libs.snaplen", form: "0 to 65000", help: "Bytes of data that read and write events carry.") {
      (settings, value) throws(SettingError) in settings.snaplen = try value.integer(0...65000)
    },
    Setting(key: "rules_files", form: "list of paths", help: "Rule files and folders, in order.") {
      (settings, value) throws(SettingError) in settings.rulesFiles = try value.strings()
    },
    Setting(key: "rules_file", form: "list of paths", help: "The old name of rules_files.") {
      (settings, value) throws(SettingError) in settings.rulesFiles = try value.strings()
    },
    Setting(
      key: "rules", form: "list of {enable|disable: {rule|tag: NAME}}", help: "Enables and disables rules after loading."
    ) { (settings, value) throws(SettingError) in settings.ruleSelections = try RuleSelection.read(value) },
    Setting(
      key: "append_output", form: "list of {match, extra_output, extra_fields, suggested_output}",
      help: "What alerts say besides, of all rules or of those that match."
    ) { (settings, value) throws(SettingError) in settings.outputAdditions = try OutputAddition.read(value) },
    Setting(key: "priority", form: "a priority", help: "Rules that are less severe are not evaluated.") {
      (settings, value) throws(SettingError) in
      let text = try value.string()
      guard let priority = Priority(name: text) else {
        throw SettingError(
          "'\(text)' is no priority; use \(Priority.allCases.map { $0.name.lowercased() }.joined(separator: ", "))")
      }
      settings.minimumPriority = priority
    },
    Setting(key: "rule_matching", form: "first, all", help: "Whether the first rule that matches an event is the only one.") {
      (settings, value) throws(SettingError) in
      switch try value.string() {
      case "first": settings.matchesAllRules = false
      case "all": settings.matchesAllRules = true
      default: throw SettingError("needs first or all")
      }
    },
    Setting(key: "json_output", form: "bool", help: "Alerts as JSON, one object a line.") {
      (settings, value) throws(SettingError) in settings.jsonOutput = try value.bool()
    },
    Setting(key: "json_include_output_property", form: "bool", help: "The text form as the JSON key output.") {
      (settings, value) throws(SettingError) in settings.jsonIncludesOutput = try value.bool()
    },
    Setting(key: "json_include_message_property", form: "bool", help: "The text without time and priority as message.") {
      (settings, value) throws(SettingError) in settings.jsonIncludesMessage = try value.bool()
    },
    Setting(key: "json_include_output_fields_property", form: "bool", help: "The fields as the JSON key output_fields.") {
      (settings, value) throws(SettingError) in settings.jsonIncludesOutputFields = try value.bool()
    },
    Setting(key: "json_include_tags_property", form: "bool", help: "The rule's tags as the JSON key tags.") {
      (settings, value) throws(SettingError) in settings.jsonIncludesTags = try value.bool()
    },
    Setting(key: "time_format_iso_8601", form: "bool", help: "Times in UTC as ISO 8601 instead of local time.") {
      (settings, value) throws(SettingError) in settings.usesISOTime = try value.bool()
    },
    Setting(key: "buffered_outputs", form: "bool", help: "Let output gather instead of writing each alert at once.") {
      (settings, value) throws(SettingError) in settings.isBuffered = try value.bool()
    },
    Setting(key: "stdout_output.enabled", form: "bool", help: "Write alerts to standard output.") {
      (settings, value) throws(SettingError) in settings.writesToStandardOutput = try value.bool()
    },
    Setting(key: "file_output.enabled", form: "bool", help: "Append alerts to a file.") {
      (settings, value) throws(SettingError) in settings.writesToFile = try value.bool()
    },
    Setting(key: "file_output.filename", form: "path", help: "The file for file_output.") {
      (settings, value) throws(SettingError) in settings.outputFile = try value.string()
    },
    Setting(key: "file_output.keep_alive", form: "bool", help: "Keep the file open between alerts.") {
      (settings, value) throws(SettingError) in settings.keepsFileOpen = try value.bool()
    },
    Setting(key: "outputs_queue.capacity", form: "number", help: "Alerts that may wait for slow outputs.") {
      (settings, value) throws(SettingError) in
      let capacity = try value.integer(0...10_000_000)
      settings.queueCapacity = capacity == 0 ? 65_536 : capacity
    },
    Setting(key: "capture.enabled", form: "bool", help: "Matches of rules begin capture files.") {
      (settings, value) throws(SettingError) in settings.recordsMatches = try value.bool()
    },
    Setting(key: "capture.mode", form: "rules, all_rules", help: "Only rules with capture: true, or all.") {
      (settings, value) throws(SettingError) in
      switch try value.string() {
      case "rules": settings.recordsAllRules = false
      case "all_rules": settings.recordsAllRules = true
      default: throw SettingError("needs rules or all_rules")
      }
    },
    Setting(
      key: "capture.path_prefix", form: "path", help: "What the names of these files begin with; time and event number follow."
    ) { (settings, value) throws(SettingError) in
      let text = try value.string()
      if text.isEmpty || text.hasSuffix("/") { throw SettingError("needs the beginning of a file's name, as in /var/tmp/hit") }
      settings.recordingPrefix = text
    },
    Setting(
      key: "capture.default_duration", form: "milliseconds", help: "How long after a match, if the rule has no capture_duration."
    ) { (settings, value) throws(SettingError) in settings.recordingDuration = try value.integer(0...86_400_000) },
    Setting(key: "capture.lead_duration", form: "milliseconds", help: "How long before a match.") {
      (settings, value) throws(SettingError) in settings.recordingLead = try value.integer(0...3_600_000)
    },
    Setting(key: "capture.lead_memory_mb", form: "number", help: "Memory for what precedes a match, in megabytes.") {
      (settings, value) throws(SettingError) in settings.recordingMemory = try value.integer(1...4096)
    },
    Setting(key: "capture.max_file_size_mb", form: "number", help: "Where such a file ends at the latest; 0 for no limit.") {
      (settings, value) throws(SettingError) in settings.recordingFileSize = try value.integer(0...1_000_000)
    },
  ] + containerSettings + [
    Setting(
      key: "executables.sha256_max_mb", form: "1 to 65536",
      help: "Larger executables are not hashed for proc.exe.sha256."
    ) { (settings, value) throws(SettingError) in settings.largestExecutableMiB = try value.integer(1...65_536) },
    Setting(key: "log_level", form: "emergency ... debug", help: "The least severe of our own messages to show.") {
      (settings, value) throws(SettingError) in
      let text = try value.string()
      guard let level = Log.Level(text) else {
        throw SettingError("'\(text)' is no level; use \(Log.Level.allCases.map { "\($0)" }.joined(separator: ", "))")
      }
      settings.logLevel = level
    },
  ]

  /// What to write instead of a name that does not exist.
  private static func advice(_ word: String, _ names: [String], besides first: String? = nil) -> String {
    let all = (first.map { [$0] } ?? []) + names
    let list = "use " + all.dropLast().joined(separator: ", ") + " or " + all[all.count - 1]
    return Suggestion.closest(to: word, among: all).map { "did you mean \($0)? If not, \(list)" } ?? list
  }

  static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

  /// Sections that configuration files in this field have and that this version does not act on.
  static let ignoredSections: Set<String> = [
    "base_syscalls", "buffer_format_base64", "config_files", "falco_libs", "http_output",
    "libs_logger", "log_stderr", "log_syslog", "metrics", "output_timeout", "program_output",
    "static_fields", "suggested_formatters", "syscall_event_drops", "syscall_event_timeouts", "syslog_output",
    "watch_config_files", "webserver", "engine",
  ]
}

/// Why a value does not fit its key.
struct SettingError: Error {
  var message: String
  init(_ message: String) { self.message = message }
}

extension RuleSelection {
  /// Entries of the form `{enable: {rule: PATTERN}}` or `{disable: {tag: TAG}}`.
  fileprivate static func read(_ value: Setting.Value) throws(SettingError) -> [RuleSelection] {
    guard case .list(let entries) = value else { throw SettingError("needs a list of entries with enable or disable") }
    var selections: [RuleSelection] = []
    for entry in entries {
      guard case .map(let actions) = entry else { throw SettingError("each entry needs enable or disable") }
      for (action, target) in actions {
        guard action == "enable" || action == "disable", case .map(let targets) = target, !targets.isEmpty else {
          throw SettingError("each entry needs enable or disable, with rule or tag below it")
        }
        for (kind, name) in targets {
          let name = try name.string()
          switch kind {
          case "rule": selections.append(RuleSelection(.rule(name), enables: action == "enable"))
          case "tag": selections.append(RuleSelection(.tag(name), enables: action == "enable"))
          default: throw SettingError("'\(kind)' is neither rule nor tag")
          }
        }
      }
    }
    return selections
  }
}

extension DriverKind {
  /// As the configuration writes them, in the default order.
  fileprivate static var names: [String] { DriverSelector.defaultOrder.map(\.rawValue) }
}
