internal import Glibc

/// Address space that is reserved at once and backed by memory only where it is touched.
///
/// Tables in a region grow without copying and without moving, so an index stays good for the life of an entry. This
/// folder and `Capture/Rings` are where raw memory is handled; everything above works with indices and spans.
@safe @usableFromInline
struct Region: ~Copyable {
  @usableFromInline let base: UnsafeMutableRawPointer
  @usableFromInline let byteCount: Int

  /// Reserves at least `bytes`. The memory reads as zero.
  ///
  /// Running out of address space is not recoverable at this point (start-up, sizes from the configuration), so it
  /// ends the program with a message.
  @usableFromInline init(reserving bytes: Int) {
    let rounded = (bytes + 0xffff) & ~0xffff
    let address = unsafe mmap(
      nil, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      fatalError(
        "cannot reserve \(rounded >> 20) MiB of address space for the state tables; raise the limit (ulimit -v)")
    }
    unsafe base = unsafe address
    byteCount = rounded
  }

  /// Gives whole pages back to the system; they read as zero afterwards.
  @usableFromInline func discard(from start: Int, to end: Int) {
    let first = (start + 4095) & ~4095
    let last = end & ~4095
    if first < last { unsafe _ = madvise(base + first, last - first, MADV_DONTNEED) }
  }

  /// Bytes of the first `end` that are backed by memory.
  func residentBytes(below end: Int) -> Int {
    let pages = (min(end, byteCount) + 4095) / 4096
    if pages == 0 { return 0 }
    var backed = [UInt8](repeating: 0, count: pages)
    let result = unsafe backed.withUnsafeMutableBufferPointer { unsafe mincore(base, pages * 4096, $0.baseAddress!) }
    precondition(result == 0, "mincore: \(errno)")
    return backed.reduce(0) { $0 + Int($1 & 1) } * 4096
  }

  @usableFromInline func unmap() { unsafe _ = munmap(base, byteCount) }

  /// Inlinable because the tables' accessors are: otherwise the 6.3.1 optimiser asserts.
  @inlinable deinit { unmap() }
}
