import CaptureTesting
import EventSchema
import JSONText
import ProcFS
import SystemState
import Testing

private let id = String(repeating: "0123456789abcdef", count: 4)
private let short = "0123456789ab"
private let second: UInt64 = 1_000_000_000

/// A container lives as long as threads are in it, and a little longer.
@Suite struct ContainerLifeTests {
  @Test func theFirstProcessOfAContainerIsAskedAboutOnce() {
    var host = Host.withShell()
    #expect(host.state.takeNewContainers().isEmpty)
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: ["cpu=/system.slice/docker-\(id).scope"]))
    host.apply(Event.clone(201, at: 11, result: 0, ptid: 200, cgroups: ["cpu=/system.slice/docker-\(id).scope"]))
    let new = host.state.takeNewContainers()
    #expect(new == [NewContainer(id: short, fullID: id, shape: .docker, process: 201)])
    #expect(host.state.takeNewContainers().isEmpty)
    #expect(host.container(200).threadCount == 2)
    // Until its users are known, each new process may be the one that shows them.
    host.apply(Event.clone(202, at: 12, result: 0, ptid: 200, cgroups: ["cpu=/system.slice/docker-\(id).scope"]))
    let again = host.state.takeNewContainers()
    #expect(again == [NewContainer(id: short, fullID: id, shape: .docker, process: 202, isKnown: true)])
    host.state.giveUpAccounts(of: short)
    host.apply(Event.clone(203, at: 13, result: 0, ptid: 200, cgroups: ["cpu=/system.slice/docker-\(id).scope"]))
    #expect(host.state.takeNewContainers().isEmpty)
    #expect(host.container(200).knowledge == .asked)
    host.state.giveUpContainer(short)
    #expect(host.container(200).knowledge == .unavailable)
  }

  @Test func containerdsNamespaceIsKnownFromThePath() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: ["cpu=/prod/web-server-number-1"]))
    #expect(
      host.state.takeNewContainers() == [
        NewContainer(
          id: "web-server-n", fullID: "web-server-number-1", namespace: "prod", shape: .named, process: 200)
      ])
  }

  // Nobody is asked about these: what the cgroup says is all there is.
  @Test(arguments: [
    ("/machine.slice/systemd-nspawn@web.service/payload", "web", "web", ContainerKind.nspawn),
    ("/machine.slice/systemd-nspawn@web.service/payload/system.slice/x.service", "web", "web", .nspawn),
    ("/machine.slice/machine-my\\x2dbox.scope/payload", "my\\x2dbox", "my-box", .nspawn),
    ("/lxc/web", "web", "web", .lxc), ("/machine/web.libvirt-lxc", "web", "web", .libvirtLXC),
    ("/system.slice/runc-bpm-job.v1.scope", "job.v1", "job.v1", .bpm),
  ])
  func someAreKnownByTheirCgroupAlone(path: String, id: String, name: String, kind: ContainerKind) {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: ["cpu=\(path)"]))
    // They are handed out all the same: their users' names are in their own files.
    #expect(host.state.takeNewContainers().map(\.shape) == [host.container(200).shape])
    let container = host.container(200)
    #expect(host.text(container.id) == id && host.text(container.name) == name)
    #expect(container.kind == kind && container.knowledge == .known)
  }

  @Test func aContainerOutlivesItsLastThreadByTheGraceTime() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: second, result: 0, ptid: 100, cgroups: ["cpu=/docker/\(id)"]))
    host.apply(Event.procexit(200, at: 2 * second))
    host.apply(Event.read(100, at: 3 * second, fd: 0))
    host.state.removeGoneContainers(at: 11 * second)
    #expect(host.state.containers.count == 1, "ten seconds from the exit on")
    host.state.removeGoneContainers(at: 13 * second)
    #expect(host.state.containers.count == 0)
    #expect(host.state.findContainer(short) == Slot.none)
  }

  @Test func aThreadThatMovesLeavesItsContainer() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: ["cpu=/docker/\(id)"]))
    host.apply(Event.execve(200, at: 11, exe: "x", ptid: 100, comm: "x", cgroups: ["cpu=/"]))
    #expect(host.thread(200)?.container == Slot.none)
    #expect(host.state.containers[host.state.findContainer(short)].threadCount == 0)
  }

  @Test func aThousandContainersLeaveNothing() {
    var host = Host.withShell()
    let (threads, bytes) = (host.state.threads.count, host.state.texts.bytesInUse)
    var time = second
    for number in 0..<1000 {
      let full = "00000000" + format(number) + String(repeating: "0", count: 52)
      let cgroups = ["cpu=/kubepods/pod1/\(full)"]
      time += 20_000_000
      host.apply(Event.clone(5000 + number, at: time, result: 0, ptid: 100, cgroups: cgroups))
      _ = host.state.takeNewContainers()
      host.apply(Event.container(at: time + 1, payload(String(full.prefix(12)), full)))
      host.state.setAccounts(
        of: String(full.prefix(12)), users: [UserReading(uid: 7, gid: 7, name: Array("a".utf8), home: [], shell: [])],
        groups: [])
      host.apply(Event.execve(5000 + number, at: time + 2, exe: "/app", ptid: 100, comm: "app", cgroups: cgroups))
      host.apply(Event.procexit(5000 + number, at: time + 3))
      host.state.removeGoneContainers(at: time)
    }
    host.apply(Event.read(100, at: time + 100 * second, fd: 0))
    // What lives at one time is what the last ten seconds made, 500 here.
    #expect(host.state.containers.slotsEverUsed < 600)
    host.state.removeGoneContainers(at: time + 100 * second)
    #expect(host.state.containers.count == 0)
    #expect(host.state.threads.count == threads)
    #expect(host.state.texts.bytesInUse == bytes)
    #expect(host.state.counters.containersAdded == 1000)
    #expect(host.state.counters.containersRemoved == 1000)
  }

  @Test func withoutRoomThreadsKeepTheIdAndTheRefusalIsCounted() {
    var limits = StateLimits()
    limits.containers = 2
    var host = Host(limits: limits)
    for pid in 1...3 {
      host.apply(Event.execve(pid, at: 10, exe: "x", ptid: 0, comm: "x", cgroups: ["cpu=/ns/c\(pid)"]))
    }
    #expect(host.state.containers.count == 2)
    #expect(host.state.counters.containersRefused == 1)
    #expect(host.thread(3).map { host.text($0.containerID) } == "c3")
    #expect(host.thread(3)?.container == Slot.none)
  }

  @Test func aContainerWithoutThreadsMakesRoom() {
    var limits = StateLimits()
    limits.containers = 1
    var host = Host(limits: limits)
    host.apply(Event.execve(1, at: 10, exe: "x", ptid: 0, comm: "x", cgroups: ["cpu=/ns/a"]))
    host.apply(Event.execve(1, at: 11, exe: "x", ptid: 0, comm: "x", cgroups: ["cpu=/"]))
    host.apply(Event.execve(2, at: 12, exe: "x", ptid: 0, comm: "x", cgroups: ["cpu=/ns/b"]))
    #expect(host.state.findContainer("b") != Slot.none)
    #expect(host.state.counters.containersRefused == 0)
  }

  // MARK: What is told

  @Test func anEventTellsAllAndALaterOneReplacesIt() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: ["cpu=/docker/\(id)"]))
    host.apply(Event.container(at: 11, payload(short, id)))
    var container = host.container(200)
    #expect(host.state.current.container == host.thread(200)?.container)
    #expect(container.knowledge == .known && container.kind == .podman)
    #expect(host.text(container.image) == "docker.io/library/evil:1.0")
    #expect(host.text(container.mountText) == "/etc:/etc::true:rprivate,/var/tmp:/data:ro:false:rprivate")
    #expect(host.text(container.labelText) == "maintainer:someone")
    #expect(host.text(container.environment) == "A=1\0PATH=/bin\0")
    #expect(container.flags == .privileged)
    #expect(container.createdTime == 1_730_971_086 * second)
    let bytes = host.state.texts.bytesInUse
    host.apply(Event.container(at: 12, payload(short, id)))
    #expect(host.state.texts.bytesInUse == bytes, "the old texts are released")
    host.apply(Event.container(at: 13, #"{"container":{"id":"\#(short)","full_id":"\#(id)","type":0,"name":"n"}}"#))
    container = host.container(200)
    #expect(host.text(container.image) == "" && host.text(container.name) == "n" && container.kind == .docker)
  }

  @Test func whatIsWrittenReadsBackTheSame() throws {
    var metadata = try #require(ContainerMetadata(eventPayload: JSONValue(parsing: Array(payload(short, id).utf8))))
    metadata.healthCheck = .init("curl", ["-f", "http://localhost/\u{1F600}\n"])
    metadata.livenessProbe = ContainerMetadata.Probe.none
    metadata.networkJSON = #"{"eth0":{"IPConfigs":[{"IP":"10.0.0.7"}]}}"#
    metadata.podLabels = [.init("app", "web")]
    let again = ContainerMetadata(eventPayload: try JSONValue(parsing: metadata.eventPayload))
    #expect(again == metadata)
  }

  @Test(arguments: [
    "", "{", "[]", "{}", #"{"container":{}}"#, #"{"container":{"id":""}}"#, #"{"container":{"id":7}}"#,
    String(repeating: "[", count: 100_000), #"{"container":{"id":"x"}"#,
  ])
  func payloadsThatTellNothingAreCounted(payload: String) {
    var host = Host.withShell()
    host.apply(Event.container(at: 11, payload))
    #expect(host.state.containers.count == 0)
    #expect(host.state.counters.containerEventsUnreadable == 1)
  }

  @Test func whatIsTooMuchIsLeftOut() {
    var host = Host.withShell()
    var metadata = ContainerMetadata()
    metadata.id = "c"
    metadata.name = String(repeating: "n", count: 1_000_000)
    metadata.labels = (0..<10_000).map { .init("key\($0)", String(repeating: "v", count: 200)) }
    metadata.labels.insert(.init("long", String(repeating: "v", count: 5000)), at: 0)
    metadata.labels.insert(.init("nul\0l", "a\0b"), at: 0)
    metadata.environment = Array(repeating: String(repeating: "e", count: 100), count: 100_000)
    metadata.mounts = Array(repeating: ContainerMetadata.Mount(), count: 10_000)
    let before = host.state.texts.bytesInUse
    let slot = host.state.setContainer(metadata)
    let container = host.state.containers[slot]
    #expect(container.name.length == 4096)
    #expect(host.text(container.labels).hasPrefix("nul.l\0a.b\0key0\0"))
    #expect(container.labels.length <= 60_000 && container.environment.length <= 60_000)
    #expect(host.state.texts.bytesInUse - before < 400_000)
  }

  @Test(arguments: [
    ("busybox", "busybox", "", ""), ("busybox:1.36", "busybox", "1.36", ""),
    ("localhost:5000/a/b", "localhost:5000/a/b", "", ""), ("localhost:5000/a/b:v1", "localhost:5000/a/b", "v1", ""),
    ("quay.io/a@sha256:00ff", "quay.io/a", "", "sha256:00ff"),
    ("quay.io/a:t@sha256:00ff", "quay.io/a", "t", "sha256:00ff"), ("", "", "", ""),
  ])
  func namesOfImagesHaveThreeParts(reference: String, repository: String, tag: String, digest: String) {
    var metadata = ContainerMetadata()
    metadata.setImage(reference)
    #expect(metadata.imageRepository == repository && metadata.imageTag == tag && metadata.imageDigest == digest)
  }

  // MARK: Users

  @Test func aContainersUsersAreFoundById() {
    var host = Host.withShell()
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: ["cpu=/docker/\(id)"]))
    let slot = host.state.findContainer(short)
    let users = (0..<300).map {
      UserReading(uid: $0 * 7, gid: 1, name: Array("u\($0)".utf8), home: Array("/h\($0)".utf8), shell: Array("/bin/sh".utf8))
    }
    host.state.setAccounts(of: short, users: users, groups: [GroupReading(gid: 5, name: Array("tty".utf8))])
    for number: UInt32 in [0, 1, 150, 299] {
      let range = host.state.account(number * 7, part: 1, of: slot)
      #expect(range.map { host.text(host.state.containers[slot].accounts, $0) } == "/h\(number)")
    }
    #expect(host.state.account(8, part: 0, of: slot) == nil)
    #expect(host.state.account(.max, part: 0, of: slot) == nil)
    #expect(host.state.groupAccount(5, of: slot).map { host.text(host.state.containers[slot].accounts, $0) } == "tty")
    #expect(host.state.groupAccount(0, of: slot) == nil)
    // A capture file adds them one by one.
    host.apply(Event.userAdded(at: 12, 7, "other", container: short))
    #expect(host.state.account(7, part: 0, of: slot).map { host.text(host.state.containers[slot].accounts, $0) } == "other")
    #expect(host.state.groupAccount(5, of: slot) != nil)
  }

  // MARK: Health checks

  @Test func aHealthCheckComesFromOutside() {
    var host = Host.withShell()
    let cgroups = ["cpu=/docker/\(id)"]
    host.apply(Event.clone(200, at: 10, result: 0, ptid: 100, cgroups: cgroups, vpid: 1))
    host.apply(Event.container(at: 11, #"{"container":{"id":"\#(short)","Healthcheck":{"exe":"curl","args":["-f"]}}}"#))
    // A process of the container that runs the same command.
    host.apply(Event.clone(201, at: 12, result: 0, ptid: 200, cgroups: cgroups, vpid: 2))
    host.apply(Event.execve(201, at: 13, exe: "curl", arguments: ["-f"], ptid: 200, comm: "curl", cgroups: cgroups))
    #expect(host.thread(201)?.probes == [])
    // The runtime's.
    host.apply(Event.clone(300, at: 14, result: 0, ptid: 100, cgroups: cgroups, vpid: 3))
    host.apply(Event.execve(300, at: 15, exe: "curl", arguments: ["-f"], ptid: 100, comm: "curl", cgroups: cgroups))
    #expect(host.thread(300)?.probes == .health)
    host.apply(Event.clone(301, at: 16, result: 0, ptid: 300, cgroups: cgroups, vpid: 4))
    #expect(host.thread(301)?.probes == .health, "what the check starts")
    host.apply(Event.execve(300, at: 17, exe: "sh", arguments: ["-f"], ptid: 100, comm: "sh", cgroups: cgroups))
    #expect(host.thread(300)?.probes == .health, "and what it becomes")
  }

  private func format(_ number: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension Host {
  /// The container of a thread.
  fileprivate func container(_ tid: Int32) -> Container { state.containers[thread(tid)!.container] }

  fileprivate func text(_ handle: TextHandle, _ range: Range<Int>) -> String {
    state.texts.bytes(handle).extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}

/// What others write into capture files.
private func payload(_ id: String, _ full: String) -> String {
  """
  {"container":{"type":11,"id":"\(id)","full_id":"\(full)","name":"evil","image":"docker.io/library/evil:1.0",\
  "imagerepo":"docker.io/library/evil","imagetag":"1.0","imageid":"0ca0fed353fb",\
  "imagedigest":"sha256:b9ff6f23","privileged":true,"Mounts":[{"Source":"/etc","Destination":"/etc","Mode":"",\
  "RW":true,"Propagation":"rprivate"},{"Source":"/var/tmp","Destination":"/data","Mode":"ro","RW":false,\
  "Propagation":"rprivate"}],"User":"","cni_json":"","cpu_period":100000,"created_time":1730971086,\
  "env":["A=1","PATH=/bin"],"host_ipc":false,"host_network":false,"host_pid":false,"ip":"10.88.0.2",\
  "is_pod_sandbox":false,"labels":{"maintainer":"someone","io.kubernetes.pod.name":"pod-evil"},"lookup_state":1,\
  "pod_sandbox_id":"","pod_sandbox_labels":null,"swap_limit":0}}
  """
}
