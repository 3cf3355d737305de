import EventSchema
import Fields
import Testing

/// Every field of the catalogue on real events: each has a value on one of them, or stands in a table with the reason.
/// What is known of the workload's calls by other means is compared.
@Suite struct EveryFieldTests {
  /// What a field that needs an argument is looked up with: the first of these that it takes.
  private static let arguments = [
    "", "[0]", "[1]", "[HOME]", ".res", ".cpu", ".openat",
  ]
  /// What the workload has: labels of its container and pod, a controller.
  private static let ownArguments = [
    "container.label": "[name]", "k8s.pod.label": "[name]", "thread.cgroup": ".cpu",
  ]

  /// The reason why a field has no value on any event of this recording.
  private static let without: [(reason: String, fields: [String])] = [
    ("a capture file's own events, which no driver makes any more", [
      "evt.count.procinfo", "evt.count.threadinfo", "evt.infra.docker.name", "evt.infra.docker.container.id",
      "evt.infra.docker.container.name", "evt.infra.docker.container.image", "thread.cpu", "thread.cpu.user",
      "thread.cpu.system",
    ]),
    ("for conditions, they print as nothing", ["evt.around", "fd.ip", "fd.net", "fd.port", "fd.proto"]),
    ("events of plugins only", ["evt.pluginname", "evt.plugininfo"]),
    ("facts that only the API server of Kubernetes has; accepted, never there", [
      "k8s.rc.name", "k8s.rc.id", "k8s.rc.label", "k8s.rc.labels", "k8s.svc.name", "k8s.svc.id", "k8s.svc.label",
      "k8s.svc.labels", "k8s.ns.id", "k8s.ns.label", "k8s.ns.labels", "k8s.rs.name", "k8s.rs.id", "k8s.rs.label",
      "k8s.rs.labels", "k8s.deployment.name", "k8s.deployment.id", "k8s.deployment.label", "k8s.deployment.labels",
    ]),
  ]

  private static let fields: [(field: String, lookedUp: String)] = FieldCatalogue.classes.flatMap(\.fields).compactMap { info in
    for argument in [ownArguments[info.name]].compactMap(\.self) + arguments {
      if case .success = FieldCatalogue.resolve(info.name + argument) { return (info.name, info.name + argument) }
    }
    Issue.record("\(info.name) takes none of the arguments")
    return nil
  }
  /// What picks an event out, beside the fields.
  private static let marks = [
    "evt.arg.name", "evt.arg.path", "evt.arg.oldpath", "evt.arg.linkpath", "evt.arg.data", "evt.arg.newpath", "proc.aname[1]",
    "proc.acmdline[1]",
  ]

  private static let recording = Result { try LiveRecording.make(fields.map(\.lookedUp) + marks) }

  @Test func everyFieldHasAValueOnARealEvent() throws {
    let recording = try Self.recording.get()
    #expect(recording.lost == 0)
    let excused = Set(Self.without.flatMap(\.fields))
    for (index, field) in Self.fields.enumerated() {
      let has = recording.events.contains { $0[index] != "<NA>" && !$0[index].isEmpty }
      #expect(has || excused.contains(field.field), "\(field.lookedUp) has no value on any of \(recording.events.count) events")
      #expect(!has || !excused.contains(field.field), "\(field.lookedUp) has a value, and a reason why it has none")
    }
    #expect(Self.fields.count == FieldID.allCases.count)
  }

  /// An event that the workload is known to have made, and what is true of it.
  private struct Known {
    var what: String
    var chosenBy: [String: String]
    var shows: [String: String]
  }

  @Test func whatTheCallsThemselvesSayIsShown() throws {
    let recording = try Self.recording.get()
    let (host, inside) = (recording.host, recording.inside)
    func fact(_ facts: [String: String], _ key: String) throws -> String { try #require(facts[key], "\(key)") }
    let root = recording.folder
    let home = "\(root)/host"
    let pid = try fact(host, "pid")
    let child = try fact(host, "child")
    let (clientPort, serverPort) = (try fact(host, "client.port"), try fact(host, "server.port"))
    let known = [
      Known(
        what: "a file that is made", chosenBy: ["evt.type": "openat", "evt.arg.name": "\(home)/made", "proc.pid": pid],
        shows: [
          "fd.num": try fact(host, "made.fd"), "fd.name": "\(home)/made", "fd.nameraw": "made", "fd.directory": home,
          "fd.filename": "made", "fd.type": "file", "fd.typechar": "f", "fd.ino": try fact(host, "made.ino"),
          "fd.realpath": "\(home)/made", "evt.res": "SUCCESS", "evt.failed": "false", "evt.is_open_write": "true",
          "evt.is_open_read": "true", "evt.is_open_create": "true", "evt.abspath": "\(home)/made",
          "fs.path.name": "\(home)/made", "evt.category": "file", "evt.dir": "<", "proc.name": "fresh", "proc.exe": "\(root)/fresh",
          "proc.exepath": "\(root)/fresh", "proc.args": "calls \(home)", "proc.cmdline": "fresh calls \(home)",
          "proc.cwd": "\(home)/", "proc.ppid": try fact(host, "ppid"), "proc.pname": "sh", "proc.aname[1]": "sh",
          "proc.sid": try fact(host, "sid"), "proc.pgid": try fact(host, "pgid"), "proc.vpid": pid, "thread.tid": pid,
          "thread.vtid": pid, "thread.ismain": "true", "user.uid": try fact(host, "uid"), "user.name": "root",
          "user.homedir": "/root", "group.gid": try fact(host, "gid"), "group.name": "root", "container.id": "host",
          "thread.cap_inheritable": "CAP_NET_RAW", "proc.stdin.name": "/etc/hostname", "proc.stdin.type": "file",
        ]),
      Known(
        what: "data that are written", chosenBy: ["evt.type": "write", "evt.arg.data": "hello", "proc.pid": pid],
        shows: [
          "fd.name": "\(home)/made", "evt.buffer": "hello", "evt.buflen": "5", "evt.buflen.file.out": "5", "evt.rawres": "5",
          "evt.is_io_write": "true", "evt.io_dir": "write", "evt.is_syslog": "false",
        ]),
      Known(
        what: "a file that is missing", chosenBy: ["evt.type": "openat", "evt.arg.name": "\(home)/missing", "proc.pid": pid],
        shows: [
          "evt.res": "ENOENT", "evt.rawres": "-2", "evt.failed": "true", "fd.name": "\(home)/missing",
          "evt.count.error.file": "1", "fd.num": "-1",
          // An open counts as failed for this field only where it returned -1; the path is that of a descriptor that is not known.
          "fs.path.name": "<UNKNOWN>",
        ]),
      Known(
        what: "a link that is followed", chosenBy: ["evt.type": "openat", "evt.arg.name": "\(home)/link", "proc.pid": pid],
        shows: ["fd.name": "\(home)/link", "fd.realpath": "\(home)/made"]),
      Known(
        what: "a file that is renamed", chosenBy: ["evt.type": "renameat", "evt.arg.oldpath": "\(home)/made", "proc.pid": pid],
        shows: ["evt.abspath.src": "\(home)/made", "evt.abspath.dst": "\(home)/folder/moved", "fs.path.source": "\(home)/made"]),
      Known(
        what: "a link that is made", chosenBy: ["evt.type": "symlinkat", "evt.arg.linkpath": "\(home)/link", "proc.pid": pid],
        shows: ["evt.abspath": "\(home)/link", "fs.path.source": "\(home)/link", "fs.path.targetraw": "made"]),
      Known(
        what: "a connection", chosenBy: ["evt.type": "connect", "proc.pid": pid, "fd.sport": serverPort],
        shows: [
          "fd.num": try fact(host, "client.fd"), "fd.cport": clientPort, "fd.cip": "127.0.0.1", "fd.sip": "127.0.0.1",
          "fd.lip": "127.0.0.1", "fd.lport": clientPort, "fd.rport": serverPort, "fd.l4proto": "tcp", "fd.type": "ipv4",
          "fd.name": "127.0.0.1:\(clientPort)->127.0.0.1:\(serverPort)", "fd.connected": "true", "fd.sockfamily": "ip",
        ]),
      Known(
        what: "a refused connection", chosenBy: ["evt.type": "connect", "proc.pid": pid, "evt.res": "ECONNREFUSED"],
        shows: ["evt.count.error.net": "1", "evt.rawres": "-111"]),
      Known(
        what: "data that are received", chosenBy: ["evt.type": "recvfrom", "proc.pid": pid],
        shows: ["evt.buffer": "question", "evt.buflen.net.in": "8", "fd.cport": clientPort, "fd.sport": serverPort]),
      Known(
        what: "two sockets that are polled", chosenBy: ["evt.category": "wait", "proc.pid": pid, "fdlist.cports": "\(clientPort),\(clientPort)"],
        shows: ["fdlist.sports": "\(serverPort),\(serverPort)", "fdlist.sips": "127.0.0.1,127.0.0.1"]),
      Known(
        what: "a line for the log", chosenBy: ["evt.type": "write", "proc.pid": pid, "evt.arg.data": "<13>line"],
        shows: ["evt.is_syslog": "true", "fd.type": "unix", "fd.sockfamily": "unix"]),
      Known(
        what: "a mapping that fails", chosenBy: ["evt.type": "mmap", "proc.pid": pid, "evt.res": "EINVAL"],
        shows: ["evt.count.error.memory": "1", "evt.category": "memory"]),
      Known(
        what: "a thread that has its own name", chosenBy: ["evt.arg.path": "\(home)/by-thread", "proc.pid": pid],
        shows: [
          "proc.name": "a-thread", "thread.tid": try fact(host, "thread.tid"), "thread.ismain": "false",
          "thread.nametid": "a-thread\(try fact(host, "thread.tid"))", "proc.nthreads": "2",
        ]),
      Known(
        what: "a child that leads a session", chosenBy: ["evt.type": "execve", "evt.failed": "false", "proc.pid": child],
        shows: [
          "proc.exe": "renamed", "proc.args": "exit 0", "proc.exepath": "\(root)/fresh", "proc.pname": "fresh",
          "proc.ppid": pid, "proc.sid": child, "proc.is_sid_leader": "true", "proc.pgid": child, "proc.tty": "0",
          "proc.is_pgid_leader": "true", "proc.pexepath": "\(root)/fresh", "proc.acmdline[1]": "fresh calls \(home)",
        ]),
      Known(
        what: "a file that is made in a container", chosenBy: ["evt.type": "openat", "evt.arg.name": "\(root)/inside/made", "proc.exepath": "\(root)/fresher"],
        shows: [
          "proc.vpid": try fact(inside, "pid"), "thread.vtid": try fact(inside, "pid"), "proc.pvpid": "1",
          "fd.name": "\(root)/inside/made", "fd.ino": try fact(inside, "made.ino"), "container.id": "0123456789ab",
          "container.full_id": LiveRecording.containerID, "container.name": "shop", "container.type": "containerd",
          "container.image": "example.org/shop:1.0", "container.ip": "10.0.0.7", "k8s.pod.name": "pod-shop",
          "k8s.ns.name": "market", "k8s.pod.uid": "1234", "k8s.pod.sandbox_id": "fedcba987654", "k8s.pod.label[name]": "shop",
          "container.label[name]": "shop", "container.mount[0]": "/etc:/host:ro:false:rprivate",
          "fd.containername": "0123456789ab:\(root)/inside/made",
        ]),
    ]
    for event in known {
      // Not the entry of a call, which has the same arguments and no result yet.
      let marks = event.chosenBy.merging(["evt.dir": "<"]) { own, _ in own }
      let chosen = recording.events.filter { texts in
        marks.allSatisfy { name, text in Self.names.firstIndex(of: name).map { texts[$0] == text } ?? false }
      }
      let first = try #require(chosen.first, "no event of \(event.what): \(event.chosenBy)")
      for (name, text) in event.shows.sorted(by: { $0.key < $1.key }) {
        let index = try #require(Self.names.firstIndex(of: name), "\(name)")
        #expect(first[index] == text, "\(event.what): \(name)")
      }
    }
  }

  private static let names = fields.map(\.lookedUp) + marks
}
