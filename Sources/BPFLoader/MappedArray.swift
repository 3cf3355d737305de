internal import Glibc

/// The values of an array map made with `BPF_F_MMAPABLE`, read without a system call. Unmapped when destroyed.
@safe public struct MappedArray: ~Copyable {
  public let bytes: UnsafeRawBufferPointer

  /// - Parameter byteCount: Entries times the value's size, each rounded up to 8 bytes as the kernel lays them out.
  public init(descriptor: Int32, byteCount: Int) throws(BPFError) {
    guard let start = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0), unsafe start != MAP_FAILED
    else { throw BPFError(result: errno, during: "map an array") }
    unsafe bytes = unsafe UnsafeRawBufferPointer(start: start, count: byteCount)
  }

  deinit { unsafe munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
