internal import Glibc

/// The values of an array map made with `BPF_F_MMAPABLE` (global variables are one), without a system call per access.
///
/// Programs on any CPU read and write the same memory at any time; accesses of up to 8 aligned bytes are whole.
/// Unmapped when the value is destroyed.
@safe public struct MappedArray: ~Copyable {
  public let bytes: UnsafeMutableRawBufferPointer

  /// - Parameter byteCount: Entries times the value's size, each rounded up to 8 bytes as the kernel lays them out.
  public init(descriptor: Int32, byteCount: Int, isWritable: Bool = false) throws(BPFError) {
    unsafe bytes = unsafe try Self.map(descriptor, byteCount: byteCount, isWritable: isWritable)
  }

  static func map(
    _ descriptor: Int32, byteCount: Int, isWritable: Bool
  ) throws(BPFError) -> UnsafeMutableRawBufferPointer {
    let protection = isWritable ? PROT_READ | PROT_WRITE : PROT_READ
    guard let start = unsafe mmap(nil, byteCount, protection, MAP_SHARED, descriptor, 0), unsafe start != MAP_FAILED
    else { throw BPFError(result: errno, during: "map an array") }
    return unsafe UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit { unsafe munmap(bytes.baseAddress!, bytes.count) }
}
