internal import Glibc

/// What speaks for this process being in a container. No single sign is there in all of them.
struct ContainerSigns {
  /// In words, for people.
  var all: [String] = []
  /// Whether one of them is enough.
  var isContainer = false

  /// Inodes of the namespaces that the system starts in. Source: include/linux/proc_ns.h.
  static let initialPidNamespace = "pid:[4026531836]"
  static let initialUserNamespace = "user:[4026531837]"
  static let initialCgroupNamespace = "cgroup:[4026531835]"

  /// Parts of control groups' paths as container engines name them.
  private static let groupMarks = [
    "docker", "libpod", "kubepods", "crio-", "cri-containerd", "containerd", "/lxc", "ecs", "garden", "machine.slice",
  ]

  init(_ reader: FactReader) {
    for path in ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"] where reader.exists(path) {
      add("\(path) exists", isEnough: true)
    }
    if reader.root.isEmpty, let value = getenv("container") {
      add("the environment says container=\(String(cString: value))", isEnough: true)
    }
    let first = reader.process("/proc/1/environ").text.split(separator: "\0")
    if let entry = first.first(where: { $0.hasPrefix("container=") }) { add("process 1 has \(entry)", isEnough: true) }
    for line in reader.process("/proc/self/cgroup").text.split(separator: "\n") {
      let path = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last ?? ""
      if let mark = Self.groupMarks.first(where: { path.contains($0) }) {
        add("the control group \(path) names \(mark)", isEnough: true)
        break
      }
    }
    if let space = reader.link("/proc/self/ns/pid"), space != Self.initialPidNamespace {
      add("the pid namespace is not the initial one", isEnough: true)
    }
    let weakBefore = all.count
    if let space = reader.link("/proc/self/ns/cgroup"), space != Self.initialCgroupNamespace {
      add("the control group namespace is not the initial one", isEnough: false)
    }
    if let type = Self.rootType(reader.process("/proc/self/mountinfo").text), ["overlay", "aufs", "fuse"].contains(type) {
      add("the root file system is \(type)", isEnough: false)
    }
    // Live systems have an overlay too: these two count together only.
    if all.count - weakBefore == 2 { isContainer = true }
  }

  private mutating func add(_ sign: String, isEnough: Bool) {
    all.append(sign)
    isContainer = isContainer || isEnough
  }

  /// The file system type of the mount at `/`: of the last line for it, which hides those before.
  ///
  /// A line has its optional fields up to ` - `, then type, source, options. Source: proc_pid_mountinfo(5).
  static func rootType(_ mountinfo: String) -> String? {
    var type: String?
    for line in mountinfo.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 6, fields[4] == "/", let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else {
        continue
      }
      type = fields[dash + 1].split(separator: ".").first.map(String.init)
    }
    return type
  }
}
