/// A path on a mount. Mount ids are those of the host, whatever namespace the process is in.
struct FileKey: Hashable {
  var mount: UInt32
  var path: [UInt8]
}

/// Reads processes one after the other and keeps what they share: socket tables by network namespace, which file
/// systems are read-only.
///
/// Make one per scan: the tables are those of the moment when the first process of a namespace asked for them.
public struct ProcessReader: ~Copyable {
  let procfs: ProcFS
  var files = FileReader()
  var sockets: [[UInt8]: SocketTable] = [:]
  var readOnlyDevices: [UInt32: Bool] = [:]
  /// What stat(2) said of a path on a mount: many processes have the same files open.
  var knownFiles: [FileKey: FileStatus] = [:]
  /// `num_threads` of the last stat file.
  var lastThreadCount: UInt64 = 0
  /// Clock ticks per second: what start times count in. 100 on every architecture (USER_HZ).
  static let ticksPerSecond: UInt64 = 100

  public init(_ procfs: ProcFS) { self.procfs = procfs }

  public var errors: ReadingErrors { files.errors }

  /// The ids of all processes, ascending.
  public mutating func processes() -> [Int32] {
    (files.numbers(procfs.path("/proc")) ?? []).filter { $0 > 0 }.sorted()
  }

  /// The process that a thread belongs to; `nil` if there is no such thread.
  public mutating func process(ofThread tid: Int32) -> Int32? {
    guard let text = files.read(procfs.path("/proc/\(tid)/status")) else { return nil }
    var thread = ThreadReading(tid: tid)
    parseStatus(text, into: &thread)
    return thread.pid > 0 ? thread.pid : nil
  }

  /// Everything of one process.
  ///
  /// - Parameters:
  ///   - wantsThreads: Whether to read the other threads.
  ///   - descriptorLimit: How many descriptors at most.
  /// - Returns: `nil` for a process that is gone, a zombie or a kernel thread.
  public mutating func read(_ pid: Int32, wantsThreads: Bool, descriptorLimit: Int) -> ProcessReading? {
    guard let directory = files.openDirectory(procfs.path("/proc/\(pid)")) else { return nil }
    defer { files.close(directory) }
    var main = ThreadReading(tid: pid)
    guard readImage(directory, into: &main) else { return nil }
    guard readIdentity(directory, into: &main), main.pid == pid else { return nil }
    let threadCount = lastThreadCount
    main.cwd = files.readLink("cwd", in: directory) ?? []
    main.root = files.readLink("root", in: directory) ?? []
    if let text = files.read("environ", in: directory, limit: 4096, isOneRecord: true) {
      main.environment = terminated(text)
    }
    if let text = files.read("cgroup", in: directory, isOneRecord: true) { main.cgroups = parseCgroups(text) }
    if let text = files.read("limits", in: directory, isOneRecord: true) {
      main.descriptorLimit = parseDescriptorLimit(text)
    }
    readExecutable(directory, into: &main)

    var process = ProcessReading(main: main)
    process.descriptors = readDescriptors(directory, limit: descriptorLimit)
    if wantsThreads, threadCount != 1 { process.threads = readThreads(directory, of: main) }
    return process
  }

  /// One thread besides the main one, without what it shares with that; `nil` if there is no such thread.
  public mutating func readThread(_ tid: Int32, of pid: Int32) -> ThreadReading? {
    guard let task = files.openDirectory(procfs.path("/proc/\(pid)/task/\(tid)")) else { return nil }
    defer { files.close(task) }
    var thread = ThreadReading(tid: tid)
    return readIdentity(task, into: &thread) && thread.pid == pid ? thread : nil
  }

  /// A thread's name; `nil` if there is no such thread.
  public mutating func readName(_ tid: Int32) -> [UInt8]? {
    guard var name = files.read(procfs.path("/proc/\(tid)/comm"), limit: 64, isOneRecord: true) else { return nil }
    if name.last == 10 { name.removeLast() }
    return name
  }

  /// One descriptor of a process; `nil` if it is not open.
  public mutating func readDescriptor(_ number: Int32, of pid: Int32) -> DescriptorReading? {
    guard let directory = files.openDirectory(procfs.path("/proc/\(pid)")) else { return nil }
    defer { files.close(directory) }
    return readDescriptor(number, directory)
  }

  // MARK: Parts of a process

  /// Executable and command line; false for what has neither.
  private mutating func readImage(_ directory: Int32, into thread: inout ThreadReading) -> Bool {
    let denied = files.errors.denied
    let path = files.readLink("exe", in: directory)
    let isHidden = path == nil && files.errors.denied > denied
    guard let line = files.read("cmdline", in: directory, limit: 4096, isOneRecord: true) else { return false }
    if line.isEmpty, path == nil, !isHidden { return false }
    thread.exepath = (path ?? []).withoutDeletedMark()
    let end = line.firstIndex(of: 0) ?? line.count
    thread.exe = Array(line[0..<end])
    if end + 1 < line.count { thread.arguments = terminated(Array(line[(end + 1)...])) }
    // A program that overwrote its command line has no NULs left; the kernel then gives it all as one.
    return true
  }

  /// status, stat and loginuid: what each thread has of its own.
  private mutating func readIdentity(_ directory: Int32, into thread: inout ThreadReading) -> Bool {
    guard let status = files.read("status", in: directory, isOneRecord: true),
      let stat = files.read("stat", in: directory, isOneRecord: true)
    else { return false }
    parseStatus(status, into: &thread)
    parseStat(stat, into: &thread)
    if thread.vtid < 0 { thread.vtid = thread.tid }
    if thread.vpid < 0 { thread.vpid = thread.pid }
    let errors = files.errors
    if let text = files.read("loginuid", in: directory, isOneRecord: true) {
      var scanner = TextScanner(text)
      thread.loginuid = scanner.decimal().map { UInt32(truncatingIfNeeded: $0) } ?? .max
    } else {
      // Kernels without auditing do not have the file.
      files.errors = errors
    }
    return thread.pid > 0
  }

  private mutating func readExecutable(_ directory: Int32, into thread: inout ThreadReading) {
    guard !thread.exepath.isEmpty, let status = files.status("exe", in: directory) else { return }
    thread.exeInode = status.inode
    thread.exeChangeTime = status.changeTime
    thread.exeModificationTime = status.modificationTime
    let mayWrite =
      status.owner == thread.uid || status.mode & 0o002 != 0
      || (status.mode & 0o020 != 0 && status.group == thread.gid)
      // CAP_DAC_OVERRIDE and CAP_FOWNER.
      || thread.capEffective & (1 << 1 | 1 << 3) != 0
    guard mayWrite else { return }
    let isReadOnly: Bool
    if let known = readOnlyDevices[status.device] {
      isReadOnly = known
    } else {
      isReadOnly = files.isReadOnly("exe", in: directory)
      readOnlyDevices[status.device] = isReadOnly
    }
    thread.isExeWritable = !isReadOnly
  }

  private mutating func readThreads(_ directory: Int32, of main: ThreadReading) -> [ThreadReading] {
    guard let ids = files.numbers("task", in: directory), ids.count > 1 else { return [] }
    var threads: [ThreadReading] = []
    for tid in ids.sorted() where tid != main.tid {
      guard let task = files.openDirectory("task/\(tid)", in: directory) else { continue }
      defer { files.close(task) }
      var thread = ThreadReading(tid: tid)
      guard readIdentity(task, into: &thread), thread.pid == main.pid else { continue }
      threads.append(thread)
    }
    return threads
  }

  // MARK: Formats

  private func parseStatus(_ text: [UInt8], into thread: inout ThreadReading) {
    var line = TextScanner(text)
    while !line.isAtEnd {
      if line.take("Tgid") {
        thread.pid = Int32(truncatingIfNeeded: line.signed() ?? -1)
      } else if line.take("PPid") {
        thread.ptid = Int32(truncatingIfNeeded: line.signed() ?? -1)
      } else if line.take("Uid") {
        line.skipWord()
        thread.uid = UInt32(truncatingIfNeeded: line.decimal() ?? UInt64(UInt32.max))
      } else if line.take("Gid") {
        line.skipWord()
        thread.gid = UInt32(truncatingIfNeeded: line.decimal() ?? UInt64(UInt32.max))
      } else if line.take("NStgid") {
        thread.vpid = line.firstAndLast()?.1 ?? -1
      } else if line.take("NSpid") {
        thread.vtid = line.firstAndLast()?.1 ?? -1
      } else if line.take("NSpgid") {
        if let (first, last) = line.firstAndLast() { (thread.pgid, thread.vpgid) = (first, last) }
      } else if line.take("VmSize") {
        thread.vmSize = UInt32(truncatingIfNeeded: line.decimal() ?? 0)
      } else if line.take("VmRSS") {
        thread.vmRSS = UInt32(truncatingIfNeeded: line.decimal() ?? 0)
      } else if line.take("VmSwap") {
        thread.vmSwap = UInt32(truncatingIfNeeded: line.decimal() ?? 0)
      } else if line.take("CapInh") {
        thread.capInheritable = line.hex() ?? 0
      } else if line.take("CapPrm") {
        thread.capPermitted = line.hex() ?? 0
      } else if line.take("CapEff") {
        thread.capEffective = line.hex() ?? 0
        // The last line that is of interest.
        return
      }
      line.skipLine()
    }
  }

  /// Fields are counted from behind the command's closing parenthesis: the command may hold anything.
  private mutating func parseStat(_ text: [UInt8], into thread: inout ThreadReading) {
    guard let open = text.firstIndex(of: UInt8(ascii: "(")), let close = text.lastIndex(of: UInt8(ascii: ")")),
      open < close
    else { return }
    thread.comm = Array(text[(open + 1)..<close])
    var fields = TextScanner(text)
    fields.at = close + 1
    fields.skipWord()  // 3: state
    _ = fields.signed()  // 4: parent
    let group = fields.signed()
    if thread.pgid < 0 { thread.pgid = Int32(truncatingIfNeeded: group ?? -1) }
    if thread.vpgid < 0 { thread.vpgid = thread.pgid }
    thread.sid = Int32(truncatingIfNeeded: fields.signed() ?? -1)
    thread.tty = UInt32(truncatingIfNeeded: fields.signed() ?? 0)
    for _ in 8...9 { fields.skipWord() }
    thread.minorFaults = fields.decimal() ?? 0
    fields.skipWord()
    thread.majorFaults = fields.decimal() ?? 0
    for _ in 13...19 { fields.skipWord() }
    lastThreadCount = fields.decimal() ?? 0
    fields.skipWord()
    thread.startTime = (fields.decimal() ?? 0) * (1_000_000_000 / ProcessReader.ticksPerSecond)
  }

  /// `Max open files            1024                 1048576              files`
  private func parseDescriptorLimit(_ text: [UInt8]) -> Int64 {
    var line = TextScanner(text)
    while !line.isAtEnd {
      if Array(text[line.at...].prefix(14)).starts(with: "Max open files") {
        line.at += 14
        return line.decimal().map { Int64(truncatingIfNeeded: $0) } ?? -1
      }
      line.skipLine()
    }
    return -1
  }

  /// Lines `hierarchy:controllers:path`. The path of version 2 stands for each controller that the drivers report and that
  /// no hierarchy of version 1 has: for all, where there is none of these, and for some on hosts that have both.
  /// Source: cgroups(7).
  private func parseCgroups(_ text: [UInt8]) -> [UInt8] {
    var list: [UInt8] = []
    var taken: Set<ArraySlice<UInt8>> = []
    var unified: ArraySlice<UInt8> = []
    for line in text.split(separator: 10) {
      let parts = line.split(separator: 58, maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[1].isEmpty {
        unified = parts[2]
        continue
      }
      // `name=systemd` is a hierarchy without a controller.
      if parts[1].contains(61) { continue }
      for controller in parts[1].split(separator: 44) {
        list += controller + [61] + parts[2] + [0]
        taken.insert(controller)
      }
    }
    guard !unified.isEmpty else { return list }
    for controller in ["cpuset", "cpu", "cpuacct", "io", "memory"] {
      // Version 1 has another name for it.
      let name = Array((controller == "io" ? "blkio" : controller).utf8)
      if !taken.contains(name[...]) { list += controller.utf8 + [61] + unified + [0] }
    }
    return list
  }

  /// Ends with a NUL, also where the limit cut the last string.
  private func terminated(_ text: [UInt8]) -> [UInt8] {
    if text.isEmpty || text.last == 0 { return text }
    return text.count < 4096 ? text + [0] : text.dropLast() + [0]
  }
}
