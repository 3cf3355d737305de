internal import Capture
internal import Glibc

/// An object file in memory, read only if nobody but root and this user could have written it: what is in it runs in the
/// kernel.
@safe final class ObjectFile {
  private(set) var bytes: UnsafeRawBufferPointer
  private static let mostBytes = 64 << 20

  init(_ path: String) throws(CaptureError) {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .system(errno: errno, during: "open \(path)") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .system(errno: errno, during: "look at \(path)") }
    let isTrusted = (status.st_uid == 0 || status.st_uid == geteuid()) && status.st_mode & 0o022 == 0
    guard isTrusted, status.st_mode & S_IFMT == S_IFREG else {
      throw .system(errno: EACCES, during: "\(path) can be written by others, so it is not loaded; build it anew")
    }
    guard status.st_size > 0, status.st_size <= Self.mostBytes else {
      throw .system(errno: ENOEXEC, during: "\(path) has \(status.st_size) bytes; build it anew")
    }
    // Aligned to 8 bytes, as libbpf wants it.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(status.st_size), alignment: 8)
    unsafe bytes = UnsafeRawBufferPointer(memory)
    var done = 0
    while done < memory.count {
      let count = unsafe read(descriptor, memory.baseAddress! + done, memory.count - done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .system(errno: count < 0 ? errno : EIO, during: "read \(path)") }
      done += count
    }
  }

  deinit { unsafe bytes.deallocate() }
}
