public import EventSchema

/// Records in wire format for tests, one function per system call: `Event.openat(100, fd: 3, name: "/etc/passwd")`.
///
/// The first argument is the thread; `at` is the time in nanoseconds. Defaults are what an unremarkable call gives.
public enum Event {
  /// AT_FDCWD.
  public static let currentDirectory: Int64 = -100

  /// Any event: `fill` appends the parameters in the order of the schema.
  public static func make(
    _ type: EventType, _ tid: Int, at time: UInt64 = 0, _ fill: (inout EventBuilder) -> Void = { _ in }
  ) -> [UInt8] {
    var builder = EventBuilder(type, timestamp: time, threadID: UInt64(bitPattern: Int64(tid)))
    fill(&builder)
    return builder.finish()
  }

  // MARK: Processes

  /// clone, clone3, fork or vfork, from either side: `result` is the child's id for the caller, 0 for the child.
  public static func clone(
    _ tid: Int, at time: UInt64 = 0, _ type: EventType = .clone, result: Int, pid: Int? = nil, ptid: Int = 1,
    exe: String = "/bin/sh", arguments: [String] = [], comm: String = "sh", flags: UInt32 = 0,
    cgroups: [String] = [], uid: UInt32 = 0, gid: UInt32 = 0, vtid: Int? = nil, vpid: Int? = nil,
    descriptorLimit: Int64 = 1024, namespaceStart: UInt64 = 0
  ) -> [UInt8] {
    make(type, tid, at: time) {
      $0.append(Int64(result))
      $0.append(text: exe)
      $0.append(strings: arguments)
      $0.append(Int64(tid))
      $0.append(Int64(pid ?? tid))
      $0.append(Int64(ptid))
      $0.appendEmpty()
      $0.append(descriptorLimit)
      $0.append(UInt64(2))
      $0.append(UInt64(30))
      $0.append(UInt32(4000))
      $0.append(UInt32(1000))
      $0.append(UInt32(0))
      $0.append(text: comm)
      $0.append(strings: cgroups)
      $0.append(flags)
      $0.append(uid)
      $0.append(gid)
      $0.append(Int64(vtid ?? tid))
      $0.append(Int64(vpid ?? pid ?? tid))
      $0.append(namespaceStart)
    }
  }

  /// A successful exec by default; give `result` for a failed one.
  public static func execve(
    _ tid: Int, at time: UInt64 = 0, _ type: EventType = .execve, result: Int = 0, exe: String,
    arguments: [String] = [], pid: Int? = nil, ptid: Int = 1, comm: String, cgroups: [String] = [],
    environment: [String] = [], tty: UInt32 = 0, vpgid: Int = 1, loginuid: UInt32 = .max, flags: UInt32 = 0,
    capabilities: UInt64 = 0, inode: UInt64 = 0, changeTime: UInt64 = 0, modificationTime: UInt64 = 0,
    uid: UInt32 = 0, path: String? = nil, pgid: Int = 1, gid: UInt32 = 0, filename: String = ""
  ) -> [UInt8] {
    make(type, tid, at: time) {
      $0.append(Int64(result))
      $0.append(text: exe)
      $0.append(strings: arguments)
      $0.append(Int64(tid))
      $0.append(Int64(pid ?? tid))
      $0.append(Int64(ptid))
      $0.appendEmpty()
      $0.append(UInt64(1024))
      $0.append(UInt64(2))
      $0.append(UInt64(30))
      $0.append(UInt32(4000))
      $0.append(UInt32(1000))
      $0.append(UInt32(0))
      $0.append(text: comm)
      $0.append(strings: cgroups)
      $0.append(strings: environment)
      $0.append(tty)
      $0.append(Int64(vpgid))
      $0.append(loginuid)
      $0.append(flags)
      $0.append(capabilities)
      $0.append(capabilities)
      $0.append(capabilities)
      $0.append(inode)
      $0.append(changeTime)
      $0.append(modificationTime)
      $0.append(uid)
      $0.append(text: path ?? exe)
      $0.append(Int64(pgid))
      $0.append(gid)
      if type == .execve { $0.append(text: filename) }
    }
  }

  public static func procexit(_ tid: Int, at time: UInt64 = 0, status: Int = 0, reaper: Int = 0) -> [UInt8] {
    make(.procexit, tid, at: time) {
      $0.append(Int64(status))
      $0.append(Int64(status >> 8))
      $0.append(UInt8(status & 0x7f))
      $0.append(UInt8(0))
      $0.append(Int64(reaper))
    }
  }

  // MARK: Files

  public static func open(
    _ tid: Int, at time: UInt64 = 0, fd: Int, name: String, flags: UInt32 = 1, device: UInt32 = 0, inode: UInt64 = 0
  ) -> [UInt8] {
    make(.open, tid, at: time) {
      $0.append(Int64(fd))
      $0.append(text: name)
      $0.append(flags)
      $0.append(UInt32(0))
      $0.append(device)
      $0.append(inode)
    }
  }

  public static func openat(
    _ tid: Int, at time: UInt64 = 0, fd: Int, directory: Int64 = currentDirectory, name: String, flags: UInt32 = 1,
    device: UInt32 = 0, inode: UInt64 = 0, realPath: String? = nil
  ) -> [UInt8] {
    make(.openat, tid, at: time) {
      $0.append(Int64(fd))
      $0.append(directory)
      $0.append(text: name)
      $0.append(flags)
      $0.append(UInt32(0))
      $0.append(device)
      $0.append(inode)
      if let realPath { $0.append(text: realPath) }
    }
  }

  /// What the entry side of openat saw, before another thread could change it.
  public static func openatEntry(
    _ tid: Int, at time: UInt64 = 0, directory: Int64 = currentDirectory, name: String, flags: UInt32 = 1
  ) -> [UInt8] {
    make(.openat_enter, tid, at: time) {
      $0.append(directory)
      $0.append(text: name)
      $0.append(flags)
      $0.append(UInt32(0))
    }
  }

  public static func creat(_ tid: Int, at time: UInt64 = 0, fd: Int, name: String, layers: UInt16 = 0) -> [UInt8] {
    make(.creat, tid, at: time) {
      $0.append(Int64(fd))
      $0.append(text: name)
      $0.append(UInt32(0o644))
      $0.append(UInt32(0))
      $0.append(UInt64(0))
      $0.append(layers)
    }
  }

  public static func close(_ tid: Int, at time: UInt64 = 0, fd: Int, result: Int = 0) -> [UInt8] {
    make(.close, tid, at: time) {
      $0.append(Int64(result))
      $0.append(Int64(fd))
    }
  }

  public static func closeRange(_ tid: Int, at time: UInt64 = 0, _ range: ClosedRange<UInt32>, flags: UInt32 = 0)
    -> [UInt8]
  {
    make(.close_range, tid, at: time) {
      $0.append(Int64(0))
      $0.append(range.lowerBound)
      $0.append(range.upperBound)
      $0.append(flags)
    }
  }

  public static func read(_ tid: Int, at time: UInt64 = 0, fd: Int, data: String = "") -> [UInt8] {
    make(.read, tid, at: time) {
      $0.append(Int64(data.utf8.count))
      $0.append(bytes: Array(data.utf8))
      $0.append(Int64(fd))
      $0.append(UInt32(4096))
    }
  }

  public static func write(_ tid: Int, at time: UInt64 = 0, fd: Int, data: String = "") -> [UInt8] {
    make(.write, tid, at: time) {
      $0.append(Int64(data.utf8.count))
      $0.append(bytes: Array(data.utf8))
      $0.append(Int64(fd))
      $0.append(UInt32(data.utf8.count))
    }
  }

  public static func dup(_ tid: Int, at time: UInt64 = 0, _ old: Int, to new: Int) -> [UInt8] {
    make(.dup, tid, at: time) {
      $0.append(Int64(new))
      $0.append(Int64(old))
    }
  }

  public static func dup2(_ tid: Int, at time: UInt64 = 0, _ old: Int, to new: Int) -> [UInt8] {
    make(.dup2, tid, at: time) {
      $0.append(Int64(new))
      $0.append(Int64(old))
      $0.append(Int64(new))
    }
  }

  public static func dup3(_ tid: Int, at time: UInt64 = 0, _ old: Int, to new: Int, flags: UInt32) -> [UInt8] {
    make(.dup3, tid, at: time) {
      $0.append(Int64(new))
      $0.append(Int64(old))
      $0.append(Int64(new))
      $0.append(flags)
    }
  }

  /// - Parameter command: A value of `fcntl_commands`.
  public static func fcntl(_ tid: Int, at time: UInt64 = 0, fd: Int, command: UInt8, argument: UInt64, result: Int = 0)
    -> [UInt8]
  {
    make(.fcntl, tid, at: time) {
      $0.append(Int64(result))
      $0.append(Int64(fd))
      $0.append(command)
      $0.append(argument)
    }
  }

  public static func pipe(_ tid: Int, at time: UInt64 = 0, _ read: Int, _ write: Int, inode: UInt64 = 0) -> [UInt8] {
    make(.pipe, tid, at: time) {
      $0.append(Int64(0))
      $0.append(Int64(read))
      $0.append(Int64(write))
      $0.append(inode)
    }
  }

  public static func chdir(_ tid: Int, at time: UInt64 = 0, _ path: String, result: Int = 0) -> [UInt8] {
    make(.chdir, tid, at: time) {
      $0.append(Int64(result))
      $0.append(text: path)
    }
  }

  public static func fchdir(_ tid: Int, at time: UInt64 = 0, fd: Int) -> [UInt8] {
    make(.fchdir, tid, at: time) {
      $0.append(Int64(0))
      $0.append(Int64(fd))
    }
  }
}
