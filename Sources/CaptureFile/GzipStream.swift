internal import CZlib
internal import Glibc

/// A file read from its start to its end, unpacked on the way if it is compressed with gzip.
@safe struct GzipStream: ~Copyable {
  private let file: gzFile
  /// Packed; 0 for what has no length.
  private let fileBytes: Int

  /// - Throws: ``CaptureFileError/Problem/cannotOpen(errno:)``.
  init(path: String) throws(CaptureFileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CaptureFileError(.cannotOpen(errno: errno), at: 0) }
    var status = stat()
    let bytes = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    guard let file = unsafe gzdopen(descriptor, "rb") else {
      close(descriptor)
      throw CaptureFileError(.cannotOpen(errno: ENOMEM), at: 0)
    }
    unsafe gzbuffer(file, 128 << 10)
    unsafe self.file = unsafe file
    fileBytes = bytes
  }

  deinit { unsafe gzclose_r(file) }

  /// How much of the file is taken from it, in tenths of a percent; `nil` for what has no length.
  var progress: Int? {
    if fileBytes == 0 { return nil }
    let position = unsafe gzoffset(file)
    return position < 0 ? nil : min(1000, Int(position) * 1000 / fileBytes)
  }

  /// Reads up to `count` bytes; fewer only at the end of the file.
  ///
  /// - Parameter offset: Where in the unpacked stream this is, for errors.
  func read(into buffer: UnsafeMutableRawPointer, count: Int, at offset: UInt64) throws(CaptureFileError) -> Int {
    var done = 0
    while done < count {
      let got = unsafe gzread(file, buffer + done, UInt32(min(count - done, 1 << 30)))
      if got == 0 { break }
      guard got > 0 else { throw failure(at: offset + UInt64(done)) }
      done += Int(got)
    }
    // A compressed file that ends early gives what there is, and says so only here.
    if done == 0, count > 0 {
      var code: Int32 = 0
      unsafe _ = gzerror(file, &code)
      if code == Z_BUF_ERROR { throw CaptureFileError(.truncated(needed: count, available: 0), at: offset) }
    }
    return done
  }

  private func failure(at offset: UInt64) -> CaptureFileError {
    var code: Int32 = 0
    let words = unsafe gzerror(file, &code)
    if code == Z_ERRNO { return CaptureFileError(.cannotRead(errno: errno), at: offset) }
    return unsafe CaptureFileError(.damagedCompression(words.map { unsafe String(cString: $0) } ?? "zlib \(code)"), at: offset)
  }
}
