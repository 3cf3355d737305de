internal import CLinux
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
  ///
  /// - Parameter isOneRecord: A file of /proc that the kernel makes as a whole: the first read gives all of it. Source:
  ///   fs/seq_file.c, `single_open`.
  mutating func read(
    _ name: String, in directory: Int32 = AT_FDCWD, limit: Int = 1 << 18, isOneRecord: Bool = false
  ) -> [UInt8]? {
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
      count += got
      if got == 0 || isOneRecord { break }
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
  ///
  /// Layout of an entry: inode (8 bytes), offset (8), length of the entry (2), type (1), name with its NUL. Source:
  /// include/linux/dirent.h.
  mutating func numbers(_ path: String, in directory: Int32 = AT_FDCWD) -> [Int32]? {
    let handle = unsafe openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else {
      errors.count(errno)
      return nil
    }
    defer { _ = Glibc.close(handle) }
    var numbers: [Int32] = []
    while true {
      let got = unsafe wh_getdents(handle, buffer.baseAddress, buffer.count)
      if got <= 0 {
        if got < 0 { errors.count(Int32(-got)) }
        return got < 0 ? nil : numbers
      }
      var at = 0
      while at < got {
        let length = unsafe Int(UnsafeRawBufferPointer(buffer).loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
        if let number = number(from: at + 19, to: at + length) { numbers.append(number) }
        at += length
      }
    }
  }

  private func number(from start: Int, to end: Int) -> Int32? {
    var value: Int32 = 0
    for at in start..<end {
      let byte = unsafe buffer[at]
      if byte == 0 { return at > start ? value : nil }
      guard byte >= 48, byte <= 57, value < 100_000_000 else { return nil }
      value = value * 10 + Int32(byte - 48)
    }
    return nil
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
}
