internal import Glibc

/// A folder with a /proc and an /etc of a test's own making; gone when the value ends.
public struct FakeProcFS: ~Copyable {
  /// What to give as the root.
  public let root: String

  public init() {
    var template = Array("/tmp/windhover-proc-XXXXXX\0".utf8CString)
    guard mkdtemp(&template) != nil else { preconditionFailure("cannot make a folder under /tmp") }
    root = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    folder("proc")
    folder("etc")
  }

  deinit { FakeProcFS.remove(root) }

  public func file(_ path: String, _ text: String) {
    parents(of: path)
    let handle = open(root + "/" + path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(handle >= 0, "cannot write \(path)")
    let bytes = Array(text.utf8)
    precondition(write(handle, bytes, bytes.count) == bytes.count)
    close(handle)
  }

  public func link(_ path: String, to target: String) {
    parents(of: path)
    precondition(symlink(target, root + "/" + path) == 0, "cannot link \(path)")
  }

  public func folder(_ path: String) {
    var made = root
    for part in path.split(separator: "/") {
      made += "/" + part
      mkdir(made, 0o755)
    }
  }

  private func parents(of path: String) {
    if let slash = path.lastIndex(of: "/") { folder(String(path[..<slash])) }
  }

  /// The files of a process; give `threads` for those besides the main one.
  public func process(
    _ pid: Int, parent: Int = 1, comm: String = "sh", arguments: [String] = ["/bin/sh"], exe: String? = "/bin/sh",
    uid: Int = 0, gid: Int = 0, session: Int = 1, startTicks: Int = 100, namespaceIDs: [Int] = [],
    environment: [String] = [], cwd: String = "/", cgroup: String = "0::/\n", threads: [Int] = []
  ) {
    let base = "proc/\(pid)"
    let count = threads.count + 1
    describe(base, pid, pid, parent, comm, uid, gid, session, startTicks, namespaceIDs, count)
    describe("\(base)/task/\(pid)", pid, pid, parent, comm, uid, gid, session, startTicks, namespaceIDs, count)
    for tid in threads {
      describe("\(base)/task/\(tid)", tid, pid, parent, comm, uid, gid, session, startTicks, namespaceIDs, count)
      describe("proc/\(tid)", tid, pid, parent, comm, uid, gid, session, startTicks, namespaceIDs, count)
      // Reachable by its number as in a real /proc. There it is not listed; a plain folder is, but has no image.
    }
    file("\(base)/cmdline", arguments.map { $0 + "\0" }.joined())
    file("\(base)/environ", environment.map { $0 + "\0" }.joined())
    file("\(base)/cgroup", cgroup)
    file(
      "\(base)/limits",
      "Limit                     Soft Limit           Hard Limit           Units     \n"
        + "Max open files            1024                 1048576              files     \n")
    folder("\(base)/fd")
    if let exe { link("\(base)/exe", to: exe) }
    link("\(base)/cwd", to: cwd)
    link("\(base)/root", to: "/")
  }

  private func describe(
    _ base: String, _ tid: Int, _ pid: Int, _ parent: Int, _ comm: String, _ uid: Int, _ gid: Int, _ session: Int,
    _ startTicks: Int, _ namespaceIDs: [Int], _ threadCount: Int
  ) {
    let ids = namespaceIDs.map { "\t\($0)" }.joined()
    file(
      "\(base)/status",
      "Name:\t\(comm)\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t\(pid)\nNgid:\t0\nPid:\t\(tid)\nPPid:\t\(parent)\n"
        + "TracerPid:\t0\nUid:\t7\t\(uid)\t\(uid)\t\(uid)\nGid:\t7\t\(gid)\t\(gid)\t\(gid)\nFDSize:\t64\n"
        + "Groups:\t0 \nNStgid:\t\(pid)\(ids)\nNSpid:\t\(tid)\(ids)\nNSpgid:\t\(pid)\(ids)\nNSsid:\t\(session)\(ids)\n"
        + "VmPeak:\t    9999 kB\nVmSize:\t    4000 kB\nVmRSS:\t    1000 kB\nVmSwap:\t       5 kB\n"
        + "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t00000000000000ff\n")
    file(
      "\(base)/stat",
      "\(tid) (\(comm)) S \(parent) \(pid) \(session) 34816 \(pid) 4194304 30 0 2 0 1 1 0 0 20 0 \(threadCount) 0 "
        + "\(startTicks) 4096000 250 0\n")
    file("\(base)/comm", comm + "\n")
    file("\(base)/loginuid", "1000")
  }

  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR, let stream = opendir(path) {
      var names: [String] = []
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      closedir(stream)
      for name in names { remove(path + "/" + name) }
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}
