internal import Glibc

/// The calls that read files, links and directories; the one place of this module with raw memory.
///
/// Owns a buffer that every read goes through. Reads are relative to a directory handle where they can be: a handle on
/// `/proc/<pid>` never shows the process that got the id next.
@safe struct FileReader: ~Copyable {
  private let buffer: UnsafeMutableRawBufferPointer
  var errors = ReadingErrors()
  /// O_PATH, which Glibc's module map hides behind _GNU_SOURCE. Source: include/uapi/asm-generic/fcntl.h.
  private static var onlyPath: Int32 { 0o10000000 }

  init() { unsafe buffer = .allocate(byteCount: 1 << 18, alignment: 16) }
  deinit { unsafe buffer.deallocate() }

  /// - Returns: A handle for ``close(_:)``, or `nil`, counted.
  mutating func openDirectory(_ path: String) -> Int32? {
    let handle = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if handle < 0 { errors.count(errno) }
    return handle < 0 ? nil : handle
  }

  mutating func openDirectory(_ name: String, in directory: Int32) -> Int32? {
    let handle = unsafe openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if handle < 0 { errors.count(errno) }
    return handle < 0 ? nil : handle
  }

  func close(_ handle: Int32) { _ = Glibc.close(handle) }

  /// The file's bytes, at most `limit`; `nil` if it cannot be read, counted.
  mutating func read(_ name: String, in directory: Int32 = AT_FDCWD, limit: Int = 1 << 18) -> [UInt8]? {
    let file = unsafe openat(directory, name, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      errors.count(errno)
      return nil
    }
    defer { _ = Glibc.close(file) }
    let room = unsafe min(limit, buffer.count)
    var count = 0
    while count < room {
      let got = unsafe Glibc.read(file, buffer.baseAddress! + count, room - count)
      if got < 0 {
        if errno == EINTR { continue }
        errors.count(errno)
        return nil
      }
      if got == 0 { break }
      count += got
    }
    return unsafe [UInt8](buffer[0..<count])
  }

  /// The whole file in pieces of lines: tables like net/tcp may be larger than the buffer.
  ///
  /// - Parameter body: Gets each line without its newline.
  mutating func forEachLine(_ name: String, in directory: Int32 = AT_FDCWD, _ body: (borrowing RawSpan) -> Void) {
    let file = unsafe openat(directory, name, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return errors.count(errno) }
    defer { _ = Glibc.close(file) }
    var held = 0
    while true {
      let got = unsafe Glibc.read(file, buffer.baseAddress! + held, buffer.count - held)
      if got < 0 {
        if errno == EINTR { continue }
        return errors.count(errno)
      }
      let count = held + got
      var start = 0
      for at in held..<count where unsafe buffer[at] == 10 {
        body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[start..<at])))
        start = at + 1
      }
      if got == 0 {
        if start < count { body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[start..<count]))) }
        return
      }
      // A line that fills the whole buffer is dropped.
      held = unsafe start == 0 && count == buffer.count ? 0 : count - start
      if held > 0, start > 0 { unsafe memmove(buffer.baseAddress!, buffer.baseAddress! + start, held) }
    }
  }

  /// A link's text; `nil` if there is none, counted.
  mutating func readLink(_ name: String, in directory: Int32) -> [UInt8]? {
    let count = unsafe readlinkat(directory, name, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), 4096)
    guard count >= 0 else {
      errors.count(errno)
      return nil
    }
    return unsafe [UInt8](buffer[0..<count])
  }

  /// What a path, links followed, leads to; `nil` if nowhere.
  func status(_ name: String, in directory: Int32) -> FileStatus? {
    var status = stat()
    guard unsafe fstatat(directory, name, &status, 0) == 0 else { return nil }
    return FileStatus(status)
  }

  /// Whether the file system that a path is on cannot be written.
  func isReadOnly(_ name: String, in directory: Int32) -> Bool {
    let file = unsafe openat(directory, name, FileReader.onlyPath | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { _ = Glibc.close(file) }
    var status = statvfs()
    return unsafe fstatvfs(file, &status) == 0 && status.f_flag & 1 != 0
  }

  /// The entries of a directory whose names are numbers, in no order; `nil` if it cannot be listed, counted.
  mutating func numbers(_ path: String, in directory: Int32 = AT_FDCWD) -> [Int32]? {
    let handle = unsafe openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0, let stream = unsafe fdopendir(handle) else {
      errors.count(errno)
      if handle >= 0 { _ = Glibc.close(handle) }
      return nil
    }
    defer { unsafe _ = closedir(stream) }
    var numbers: [Int32] = []
    while let entry = unsafe readdir(stream) {
      let number = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name -> Int32? in
        unsafe name.withMemoryRebound(to: UInt8.self, capacity: 256) { bytes -> Int32? in
          var value: Int32 = 0
          var at = 0
          while unsafe bytes[at] != 0 {
            guard unsafe bytes[at] >= 48, unsafe bytes[at] <= 57, at < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = unsafe product &+ Int32(bytes[at] - 48)
            at += 1
          }
          return at > 0 && value >= 0 ? value : nil
        }
      }
      if let number { numbers.append(number) }
    }
    return numbers
  }
}

struct FileStatus {
  var mode: UInt32
  var device: UInt32
  var inode: UInt64
  var owner: UInt32
  var group: UInt32
  /// Nanoseconds since the epoch.
  var changeTime: UInt64
  var modificationTime: UInt64

  fileprivate init(_ status: stat) {
    mode = status.st_mode
    let major = UInt32(truncatingIfNeeded: (status.st_dev >> 8) & 0xfff)
    let minor = UInt32(truncatingIfNeeded: (status.st_dev & 0xff) | ((status.st_dev >> 12) & 0xfff00))
    device = (minor & 0xff) | major << 8 | (minor & ~0xff) << 12
    inode = UInt64(status.st_ino)
    owner = status.st_uid
    group = status.st_gid
    changeTime = FileStatus.nanoseconds(status.st_ctim)
    modificationTime = FileStatus.nanoseconds(status.st_mtim)
  }

  private static func nanoseconds(_ time: timespec) -> UInt64 {
    time.tv_sec < 0 ? 0 : UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  var isDirectory: Bool { mode & 0o170000 == 0o040000 }
  var isFIFO: Bool { mode & 0o170000 == 0o010000 }
}
