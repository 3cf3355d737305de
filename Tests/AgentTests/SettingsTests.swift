import Agent
import Capture
import ContainerRuntimes
import DriverSelection
import Glibc
import RuleCompiler
import Testing

/// The settings that a configuration gives, or the text of the failure, and what was warned about.
private func read(_ yaml: String? = nil, _ overrides: [String] = []) -> (settings: Settings?, failure: String, warnings: [String]) {
  var warnings: [String] = []
  var path: String?
  if let yaml {
    var name = Array("/tmp/windhover-settings-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    precondition(descriptor >= 0, "mkstemp failed: \(errno)")
    let bytes = Array(yaml.utf8)
    precondition(write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
  defer { if let path { unlink(path) } }
  do throws(Failure) {
    let settings = try Settings.read(path, overrides: overrides) { warnings.append($0) }
    return (settings, "", warnings.map { "FILE" + $0.drop { $0 != ":" } })
  } catch {
    let text = error.description
    return (nil, path.map { text.hasPrefix($0) ? "FILE" + text.dropFirst($0.count) : text } ?? text, warnings)
  }
}

@Suite struct SettingsTests {
  @Test func withoutAConfigurationTheDefaultsHold() throws {
    let settings = try #require(read().settings)
    #expect(settings.engine == .automatic)
    #expect(settings.bufferBytes == 8 << 20)
    #expect(settings.cpusPerBuffer == 2)
    #expect(settings.snaplen == 80)
    #expect(settings.minimumPriority == .debug)
    #expect(!settings.matchesAllRules && !settings.jsonOutput)
    #expect(settings.writesToStandardOutput && !settings.writesToFile)
  }

  @Test func aCaptureFileIsReadInPlaceOfADriver() throws {
    let replay = read("engine: {kind: replay, replay: {capture_file: /var/x.scap}}\n")
    #expect(replay.settings?.replays == true)
    #expect(replay.settings?.captureFile == "/var/x.scap")
    #expect(replay.warnings.isEmpty)
    // The last word counts.
    let back = read("engine: {kind: replay, replay: {capture_file: /var/x.scap}}\n", ["engine.kind=auto"])
    #expect(back.settings?.replays == false)
    #expect(read(nil, ["engine.kind=replay"]).failure.contains("engine.replay.capture_file"))
    #expect(read(nil, ["engine.kind=reply"]).failure.contains("did you mean replay?"))
  }

  @Test func recordingsAreSetUp() throws {
    let unchanged = try #require(read().settings)
    #expect(!unchanged.recordsMatches && !unchanged.recordsAllRules)
    #expect(unchanged.recordingDuration == 5000 && unchanged.recordingFileSize == 0)
    let settings = try #require(
      read(
        "capture: {enabled: true, mode: all_rules, path_prefix: /var/hit, default_duration: 200, max_file_size_mb: 9}\n",
        ["capture.lead_duration=0", "capture.lead_memory_mb=1"]
      ).settings)
    #expect(settings.recordsMatches && settings.recordsAllRules && settings.recordingPrefix == "/var/hit")
    #expect(settings.recordingDuration == 200 && settings.recordingFileSize == 9)
    #expect(settings.recordingLead == 0 && settings.recordingMemory == 1)
    #expect(read(nil, ["capture.mode=some"]).failure.contains("needs rules or all_rules"))
    #expect(read(nil, ["capture.default_duration=-1"]).failure.contains("needs a number from 0"))
  }

  @Test func valuesOfEveryTypeAreRead() throws {
    let (settings, _, warnings) = read(
      """
      engine:
        kind: modern_ebpf
        modern_ebpf:
          buf_size_preset: 7
          cpus_for_each_buffer: 0
      rules_files:
        - /a.yaml
        - /b.d
      rules:
        - disable: {tag: network}
        - enable: {rule: "Read *"}
      priority: WARNING
      rule_matching: all
      json_output: yes
      file_output: {enabled: true, filename: /var/log/x}
      outputs_queue: {capacity: 0}
      log_level: error
      """)
    let found = try #require(settings)
    #expect(warnings.isEmpty)
    #expect(found.engine == .only(.modernEBPF))
    #expect(found.bufferBytes == 64 << 20)
    #expect(found.cpusPerBuffer == 0)
    #expect(found.rulesFiles == ["/a.yaml", "/b.d"])
    #expect(
      found.ruleSelections == [
        RuleSelection(.tag("network"), enables: false), RuleSelection(.rule("Read *"), enables: true),
      ])
    #expect(found.minimumPriority == .warning)
    #expect(found.matchesAllRules && found.jsonOutput && found.writesToFile)
    #expect(found.outputFile == "/var/log/x")
    #expect(found.queueCapacity == 65_536, "0 stands for the default")
    #expect(found.logLevel == .error)
  }

  @Test(arguments: [
    ("json_output: maybe", "FILE:1:14: json_output: needs true or false, not 'maybe'"),
    ("json_output: [true]", "FILE:1:14: json_output: needs true or false"),
    ("\nengine:\n  kind: best", "FILE:3:9: engine.kind: 'best' is no driver; use auto, modern_ebpf, ebpf, kmod, ptrace or replay"),
    (
      "engine:\n  modern_ebpf:\n    buf_size_preset: 11",
      "FILE:3:22: engine.modern_ebpf.buf_size_preset: needs a number from 1 to 10"
    ),
    (
      "engine: {kind: modern_epbf}",
      "FILE:1:16: engine.kind: 'modern_epbf' is no driver; did you mean modern_ebpf? If not, use auto, modern_ebpf, ebpf, kmod, ptrace or replay"
    ),
    (
      "engine:\n  order: [kmod, evpf]",
      "FILE:2:10: engine.order: 'evpf' is no driver; did you mean ebpf? If not, use modern_ebpf, ebpf, kmod or ptrace"
    ),
    ("engine: {order: [kmod, kmod]}", "FILE:1:17: engine.order: kmod is there twice; name each driver once"),
    ("engine: {order: []}", "FILE:1:17: engine.order: needs at least one of modern_ebpf, ebpf, kmod, ptrace"),
    ("rule_matching: some", "FILE:1:16: rule_matching: needs first or all"),
    ("rules: [{enable: {name: x}}]", "FILE:1:8: rules: 'name' is neither rule nor tag"),
    ("rules: x", "FILE:1:8: rules: needs a list of entries with enable or disable"),
    ("- a\n- b", "FILE: a configuration is a map of keys, not a sequence"),
    ("stdout_output: {enabled: false}", "no output is enabled; set stdout_output.enabled or file_output.enabled to true"),
    ("file_output: {enabled: true}", "file_output.enabled is true but file_output.filename is empty; name the file"),
  ])
  func wrongValuesAreRefusedWithTheirPlace(yaml: String, failure: String) {
    #expect(read(yaml).failure == failure)
  }

  @Test func theOrderOfTheDriversIsTheUsers() throws {
    #expect(try #require(read().settings).engineOrder == [.modernEBPF, .ebpf, .kmod, .ptrace])
    let settings = try #require(
      read("engine:\n  order: [kmod, modern_ebpf]\n  failover: false\n  entry_hooks: no\n").settings)
    #expect(settings.engineOrder == [.kmod, .modernEBPF])
    #expect(!settings.failsOver && !settings.usesEntryHooks)
    #expect(try #require(read(nil, ["engine.order=[ptrace]"]).settings).engineOrder == [.ptrace])
  }

  @Test func aBrokenFileIsRefusedWithThePlace() {
    #expect(read("a: [1\nb: 2").failure.hasPrefix("FILE:2:"))
    #expect(read(nil, []).failure.isEmpty)
  }

  @Test func aMissingFileIsNamed() {
    var text = ""
    do throws(Failure) { _ = try Settings.read("/nowhere/x.yaml", overrides: []) { _ in } } catch { text = error.description }
    #expect(text.contains("/nowhere/x.yaml") && text.contains("No such file or directory"))
  }

  @Test func keysThatNobodyActsOnAreWarnedAbout() {
    let (settings, _, warnings) = read("jsn_output: true\nwebserver:\n  enabled: true\nengine:\n  kmod: {drop_failed_exit: true}\n")
    #expect(settings != nil)
    #expect(
      warnings == [
        "FILE:1:13: unknown key jsn_output", "FILE:3:3: webserver has no effect in this version",
        "FILE:5:9: engine.kmod has no effect in this version",
      ])
  }

  @Test func overridesComeAfterTheFileInTheirOrder() throws {
    let settings = try #require(
      read("json_output: true\nrules_files: [/a]\n", ["json_output=false", "rules_files[]=/b", "rules_files[]=/c"]).settings)
    #expect(!settings.jsonOutput)
    #expect(settings.rulesFiles == ["/a", "/b", "/c"])
    #expect(try #require(read(nil, ["priority=error", "priority=alert"]).settings).minimumPriority == .alert)
    #expect(try #require(read(nil, ["rules_files=[/x, /y]"]).settings).rulesFiles == ["/x", "/y"])
  }

  @Test func rulesAreSwitchedByOverridesOneAfterTheOther() throws {
    let disableAll = RuleSelection(.rule("*"), enables: false)
    let enableNet = RuleSelection(.tag("net"), enables: true)
    for overrides in [
      ["rules=[{disable: {rule: '*'}}, {enable: {tag: net}}]"],
      ["rules[]={disable: {rule: '*'}}", "rules[]={enable: {tag: net}}"],
      ["rules[].disable.rule=*", "rules[].enable.tag=net"],
    ] {
      #expect(read(nil, overrides).settings?.ruleSelections == [disableAll, enableNet], "\(overrides)")
    }
  }

  @Test(arguments: [
    ("json_output", "-o json_output: write KEY=VALUE, as in -o json_output=true"),
    ("jsn=1", "-o jsn: there is no such key; `windhover run --help` lists them"),
    ("log_level=Info", "-o log_level: 'Info' is no level; use emergency, alert, critical, error, warning, notice, info, debug"),
    ("falco_libs.snaplen=65001", "-o falco_libs.snaplen: needs a number from 0 to 65000"),
  ])
  func wrongOverridesAreRefused(override: String, failure: String) {
    #expect(read(nil, [override]).failure == failure)
  }

  @Test func variablesOfTheEnvironmentAreReplacedInFilesOnly() throws {
    setenv("WINDHOVER_TEST_PLACE", "/var/log", 1)
    unsetenv("WINDHOVER_TEST_UNSET")
    let settings = try #require(
      read(
        """
        rules_files:
          - ${WINDHOVER_TEST_PLACE}/a.yaml
          - x${WINDHOVER_TEST_UNSET}y
          - $${WINDHOVER_TEST_PLACE}
          - ${WINDHOVER_TEST_PLACE
          - $5
        """
      ).settings)
    #expect(
      settings.rulesFiles == ["/var/log/a.yaml", "xy", "${WINDHOVER_TEST_PLACE}", "${WINDHOVER_TEST_PLACE", "$5"])
    #expect(
      try #require(read(nil, ["rules_files=[\"${WINDHOVER_TEST_PLACE}\"]"]).settings).rulesFiles == ["${WINDHOVER_TEST_PLACE}"])
    #expect(
      try #require(read(nil, ["rules_files=${WINDHOVER_TEST_PLACE}"]).settings).rulesFiles == ["${WINDHOVER_TEST_PLACE}"])
  }

  @Test func everyKeyHasHelpAndIsUnique() {
    #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
    for setting in Setting.all { #expect(!setting.help.isEmpty && !setting.form.isEmpty) }
  }
}

@Suite struct RuleSetTests {
  @Test func theRulesThatComeWithTheProgramLoad() throws {
    let rules = try RuleSet.load([])
    #expect(!rules.hasErrors, "\(rules.loaded.report())")
    #expect(!rules.rules.isEmpty)
  }

  @Test func aFilterIsARuleOfItsOwn() throws {
    let rules = try RuleSet.compile(condition: "evt.type = openat and fd.name = 'its' or proc.name = \"a'b\"")
    #expect(rules.rules.count == 1)
  }

  @Test func aWrongFilterIsRefusedWithTheReason() {
    var text = ""
    do throws(Failure) { _ = try RuleSet.compile(condition: "fd.num = x") } catch { text = error.description }
    #expect(text.contains("x is not a valid number"))
  }

  @Test func aMissingRuleFileIsNamed() {
    var text = ""
    do throws(Failure) { _ = try RuleSet.load(["/nowhere.yaml"]) } catch { text = error.description }
    #expect(text.contains("/nowhere.yaml"))
  }

  @Test func configuredRuleFilesThatDoNotExistAreLeftOutAloud() throws {
    let head = "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n"
    var name = Array("/tmp/windhover-rules-XXXXXX.yaml".utf8CString)
    let descriptor = mkstemps(&name, 5)
    let bytes = Array(head.utf8)
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
    let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    var settings = Settings()
    settings.rulesFiles = ["/nowhere.yaml", path]
    var warnings: [String] = []
    let rules = try RuleSet.loadUsable([], settings) { warnings.append($0) }
    #expect(rules.rules.map(\.name) == ["r"])
    #expect(warnings.contains { $0.contains("/nowhere.yaml") })

    settings.rulesFiles = ["/nowhere.yaml"]
    #expect(throws: Failure.self) { try RuleSet.loadUsable([], settings) { _ in } }
  }

  @Test func exceptionsMayNameOnlyFieldsThatExist() throws {
    let head = "- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: INFO\n"
    var name = Array("/tmp/windhover-rules-XXXXXX.yaml".utf8CString)
    let descriptor = mkstemps(&name, 5)
    let bytes = Array((head + "  exceptions:\n    - name: e\n      fields: [proc.nmae]\n      comps: [in]\n").utf8)
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
    let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let problem = try RuleSet.load([path]).loaded.diagnostics.first
    #expect(problem?.code == .validate)
    #expect(problem?.message.contains("proc.nmae") == true)
  }
}

@Suite struct ContainerSettingsTests {
  @Test func theUsualSocketsAreAskedByDefault() throws {
    let settings = try #require(read().settings)
    #expect(settings.containers.isEnabled && settings.containers.waitMilliseconds == 500)
    #expect(settings.containers.engines[.docker]?.sockets == ["/var/run/docker.sock"])
    #expect(settings.containers.engines[.cri]?.sockets.contains("/run/k3s/containerd/containerd.sock") == true)
  }

  @Test func ourOwnKeysSetSocketsAndTimes() throws {
    let settings = try #require(
      read(
        "containers:\n  wait_ms: 100\n  docker: {enabled: false}\n  cri:\n    sockets: [/a.sock, /b.sock]\n",
        ["containers.podman.sockets=[/run/p.sock]", "containers.enabled=no"]
      ).settings)
    #expect(!settings.containers.isEnabled && settings.containers.waitMilliseconds == 100)
    #expect(settings.containers.engines[.docker]?.isEnabled == false)
    #expect(settings.containers.engines[.cri]?.sockets == ["/a.sock", "/b.sock"])
    #expect(settings.containers.engines[.podman]?.sockets == ["/run/p.sock"])
  }

  @Test(arguments: [
    "    init_config:\n      label_max_len: 100\n      with_size: false\n      engines:\n        docker: {enabled: false}\n        lxc: {enabled: true}\n        cri: {sockets: [/c.sock]}\n",
    #"    init_config: '{"label_max_len": 100, "with_size": false, "engines": {"docker": {"enabled": false}, "cri": {"enabled": true, "sockets": ["/c.sock"]}}}'"#
      + "\n",
  ])
  func thePluginsConfigurationIsRead(config: String) throws {
    let result = read("load_plugins: [container, json]\nplugins:\n  - name: container\n    library_path: libcontainer.so\n" + config)
    let settings = try #require(result.settings, "\(result.failure)")
    #expect(settings.containers.longestLabel == 100)
    #expect(settings.containers.engines[.docker]?.isEnabled == false)
    #expect(settings.containers.engines[.cri]?.sockets == ["/c.sock"])
    #expect(result.warnings.count == 1, "json is no plugin that is built in")
  }

  @Test(arguments: [
    "containers.cri.sockets=relative.sock", "containers.wait_ms=6000", "containers.wait_ms=x", "containers.timeout_ms=0",
    "plugins={name: container}", "plugins=[{library_path: x}]", "plugins=[{name: container, init_config: {engine: 1}}]",
    "plugins=[{name: container, init_config: {engines: {dokcer: {enabled: true}}}}]",
    "plugins=[{name: container, init_config: {engines: {docker: {socket: /x}}}}]", "containers.nobody.sockets=[/x]",
  ])
  func mistakesAreRefused(override: String) {
    #expect(read(nil, [override]).settings == nil)
  }
}
