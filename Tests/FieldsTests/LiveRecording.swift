import Capture
import CaptureTesting
import EventSchema
@testable import ExecutableDigests
import Fields
import Foundation
import ModernBPFDriver
import ProcFS
import SystemState

/// What the fields show on real events: those of a workload on this host, recorded by the modern eBPF driver.
///
/// The workload is a shell script that runs `TracePrograms calls` twice: on the host, and in a pid namespace and a cgroup
/// that looks like a container's. The metadata of that container are told as a runtime's answer would be.
struct LiveRecording {
  /// What each of the names showed on the events of the workload, an array per event.
  private(set) var events: [[String]] = []
  let names: [String]
  /// `KEY=VALUE` of the two runs, as the calls themselves gave them.
  private(set) var host: [String: String] = [:]
  private(set) var inside: [String: String] = [:]
  let folder: String
  private(set) var lost: UInt64 = 0

  static let containerID = String(repeating: "0123456789abcdef", count: 4)
  private static let sandboxID = String(repeating: "fedcba9876543210", count: 4)

  struct Obstacle: Error, CustomStringConvertible { var description: String }

  /// Beside the script the whole host makes events, other tests among it: what the rings could not hold is recorded again.
  static func make(_ names: [String]) throws -> LiveRecording {
    guard geteuid() == 0 else { throw Obstacle(description: "recording needs root, and this is user \(geteuid())") }
    var recording = try LiveRecording(names)
    for _ in 0..<3 where recording.lost > 0 { recording = try LiveRecording(names) }
    return recording
  }

  private init(_ names: [String]) throws {
    self.names = names
    var template = Array("/tmp/windhover-fields.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Obstacle(description: "mkdtemp: errno \(errno)") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try record()
    host = try facts("host")
    inside = try facts("inside")
  }

  private func facts(_ run: String) throws -> [String: String] {
    guard let text = try? String(contentsOfFile: "\(folder)/\(run)/facts", encoding: .utf8) else {
      throw Obstacle(description: "the workload's run \(run) did not end well")
    }
    var facts: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { facts[String(parts[0])] = String(parts[1]) }
    }
    return facts
  }

  /// $1 the folder, $2 the program, $3 the cgroup. The program is new each time: newer than the namespace it runs in.
  private static let script = """
    cd "$1" && mkdir host inside && cp "$2" fresh || exit 1
    echo 0 >/proc/self/loginuid
    setpriv --inh-caps +net_raw "$1/fresh" calls "$1/host" </etc/hostname || exit 2
    mkdir -p "$3" && echo $$ >"$3/cgroup.procs" || exit 3
    unshare --pid --fork sh -c 'cp "$2" fresher; "$1/fresher" calls "$1/inside"; exit $?' sh "$1" "$2"
    result=$?
    echo $$ >"${3%/*/*}/cgroup.procs"
    rmdir "$3" "${3%/*}"
    exit $result
    """

  private mutating func record() throws {
    let events = EventTypeSet.all.subtracting([.sched_switch, .page_fault, .futex])
    var options = CaptureOptions()
    options.bufferBytesPerLane = 32 << 20
    var driver = try ModernBPFDriver(opening: options)
    try driver.capture(Interest(events: events, resolvesPaths: true))
    var state = SystemState(machine: .current())
    state.digestExecutables()
    state.loadNames(ProcFS())
    state.scanProcesses(ProcFS())
    state.lookUpThreads(in: ProcFS())

    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    let root = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu"
    let program = Bundle.main.executableURL!.resolvingSymlinksInPath().deletingLastPathComponent().path + "/TracePrograms"
    shell.arguments = [
      "-c", Self.script, "sh", folder, program, "\(root)/windhover-\(getpid())/\(Self.containerID)",
    ]
    try shell.run()

    var extractor = FieldExtractor(try names.map { try FieldCatalogue.resolve($0).get() })
    var digests = DigestCache(limitBytes: 1 << 28)
    // The host never stops making events: those up to the end of the shell are ours.
    var end: UInt64?
    var empty = 0
    while empty < 3, state.current.timestamp < end ?? .max {
      if end == nil, !shell.isRunning { end = UInt64(Date().timeIntervalSince1970 * 1e9) }
      var batch = try driver.nextBatch(waitingUpTo: .milliseconds(100))
      var count = 0
      while let event = try batch.next() {
        count += 1
        state.apply(event)
        for new in state.takeNewExecutables() { state.setDigest(digests.digest(of: new), of: new.slot, serial: new.serial) }
        guard Self.comes(from: shell.processIdentifier, state) else { continue }
        note(event, state, &extractor)
        for container in state.takeNewContainers() where container.fullID == Self.containerID {
          for record in Self.told { try tell(record, &state, &extractor) }
        }
      }
      empty = end != nil && count == 0 ? empty + 1 : 0
    }
    lost = try driver.statistics().lost.total
    guard shell.terminationStatus == 0 else {
      throw Obstacle(description: "the workload ended with \(shell.terminationStatus)")
    }
  }

  private mutating func note(
    _ event: borrowing EventView, _ state: borrowing SystemState, _ extractor: inout FieldExtractor
  ) {
    extractor.begin()
    events.append(
      names.indices.map { index in
        var text: [UInt8] = []
        extractor.render(index, event, state, into: &text)
        return String(decoding: text, as: UTF8.self)
      })
  }

  private mutating func tell(_ record: [UInt8], _ state: inout SystemState, _ extractor: inout FieldExtractor) throws {
    let event = try EventView(validating: record.span.bytes)
    state.apply(event)
    note(event, state, &extractor)
  }

  private static func comes(from shell: Int32, _ state: borrowing SystemState) -> Bool {
    var process = state.current.mainThread
    for _ in 0..<16 where process != Slot.none {
      if state.threads[process].pid == shell { return true }
      process = state.threads.parentProcess(of: process)
    }
    return false
  }

  /// The container and the sandbox of its pod, as the CRI of containerd describes them.
  private static let told: [[UInt8]] = [
    Event.container(
      #"{"container":{"type":7,"id":"0123456789ab","full_id":"\#(containerID)","name":"shop","ip":"10.0.0.7","#
        + #""cni_json":"{\"eth0\":1}","image":"example.org/shop:1.0","imagerepo":"example.org/shop","imagetag":"1.0","#
        + #""imageid":"0ca0fed353fb","imagedigest":"sha256:b9ff","privileged":false,"User":"keeper","#
        + #""Mounts":[{"Source":"/etc","Destination":"/host","Mode":"ro","RW":false,"Propagation":"rprivate"}],"#
        + #""Healthcheck":{"exe":"check","args":["-a"]},"LivenessProbe":{"exe":"alive","args":[]},"#
        + #""ReadinessProbe":{"exe":"ready","args":[]},"labels":{"name":"shop","io.kubernetes.pod.name":"pod-shop","#
        + #""io.kubernetes.pod.namespace":"market","io.kubernetes.pod.uid":"1234"},"pod_sandbox_id":"\#(sandboxID)"}}"#),
    Event.container(
      #"{"container":{"type":7,"id":"fedcba987654","full_id":"\#(sandboxID)","is_pod_sandbox":true,"#
        + #""cni_json":"{\"eth0\":1}","ip":"10.0.0.7","labels":{"name":"web","io.kubernetes.pod.name":"pod-shop"}}}"#),
  ]
}

extension EventTypeSet {
  fileprivate func subtracting(_ types: [EventType]) -> EventTypeSet {
    var set = self
    for type in types { set.remove(type) }
    return set
  }
}
