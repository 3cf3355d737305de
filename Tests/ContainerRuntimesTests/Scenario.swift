import Glibc
import JSONText

/// One run of `Tests/Containers/scenario`.
struct Scenario {
  private(set) var alerts: [JSONValue] = []
  /// What the script and windhover said, for messages.
  private(set) var log = ""
  private var ids: [String: String] = [:]

  func id(_ name: String) -> String { ids[name] ?? "" }

  /// What stands in the way here, found without asking the program under test.
  static var obstacle: String? {
    guard geteuid() == 0 else { return "running containers needs root, and this is user \(geteuid())" }
    for program in ["/usr/bin/podman", "/usr/sbin/runc", "/usr/bin/containerd", "/usr/bin/unshare", "/bin/busybox"]
    where access(program, X_OK) != 0 {
      return "\(program) is missing; scripts/setup test installs it"
    }
    return nil
  }

  private struct ScenarioError: Error, CustomStringConvertible { var description: String }

  static func run() throws -> Scenario {
    let tests = String(#filePath.dropLast("ContainerRuntimesTests/Scenario.swift".count))
    let programs = try programFolder()
    // Short: socket paths have at most 107 bytes.
    var name = Array("/tmp/whc-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw ScenarioError(description: "mkdtemp: errno \(errno)") }
    let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = try? Program.run(["rm", "-rf", folder]) }
    let status = try Program.run([
      "sh", "-c", "exec timeout 120 unshare -m \"$@\" >\(folder)/script.log 2>&1", "sh", tests + "Containers/scenario", folder,
      programs + "/windhover", programs + "/PodClient", programs + "/EndToEndActions",
    ])
    var scenario = Scenario()
    for file in ["script.log", "windhover.log"] { scenario.log += text(folder + "/" + file) }
    if status != 0 {
      throw ScenarioError(
        description: "the scenario failed with \(status):\n\(scenario.log)\n\(text(folder + "/containerd.log").suffix(3000))")
    }
    for line in text(folder + "/alerts.json").split(separator: "\n") {
      scenario.alerts.append(try JSONValue(parsing: Array(line.utf8)))
    }
    for line in text(folder + "/ids").split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words.count == 2 { scenario.ids[words[0]] = words[1] }
    }
    return scenario
  }

  /// Programs are built beside the tests.
  private static func programFolder() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = own.split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" }
    guard access(folder + "/PodClient", X_OK) == 0 else {
      throw ScenarioError(description: "\(folder) has no PodClient; build with --build-tests first")
    }
    return folder
  }

  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&block, 1, block.count, file)
      if count == 0 { break }
      bytes += block[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
