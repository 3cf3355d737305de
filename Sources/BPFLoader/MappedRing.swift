internal import CLinux
public import Capture
internal import Glibc

/// A BPF ring buffer in this process's memory, from the reader's side.
///
/// Three parts are mapped: the consumer's page (writable), the producer's page, and the data behind it. The kernel
/// shows the data twice in a row, so that a record that wraps is contiguous; we map only the first 128 KiB of the
/// second copy, twice the largest record, because every mapped page counts in RSS. Source: kernel/bpf/ringbuf.c, Linux
/// 6.18. Unmapped when the last reference goes; one thread at a time.
@safe public final class MappedRing: LaneRing {
  public let byteCount: Int
  /// The data, `byteCount` bytes and the beginning of their repetition.
  public let data: UnsafeRawPointer
  private let consumerPage: UnsafeMutableRawPointer
  private let producerPage: UnsafeMutableRawPointer
  private let pageSize: Int
  private let producerBytes: Int

  /// - Parameters:
  ///   - descriptor: The ring's map. May be closed afterwards: the mapping keeps the ring.
  ///   - byteCount: Its size.
  public init(descriptor: Int32, byteCount: Int) throws(BPFError) {
    let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
    let repetition = min(byteCount, 128 << 10)
    let producerBytes = pageSize + byteCount + repetition
    guard let consumer = unsafe mmap(nil, pageSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      unsafe consumer != MAP_FAILED
    else { throw BPFError(result: errno, during: "map a ring's consumer page") }
    guard let producer = unsafe mmap(nil, producerBytes, PROT_READ, MAP_SHARED, descriptor, pageSize),
      unsafe producer != MAP_FAILED
    else {
      let error = errno
      unsafe munmap(consumer, pageSize)
      throw BPFError(result: error, during: "map a ring's data")
    }
    unsafe consumerPage = unsafe consumer
    unsafe producerPage = unsafe producer
    unsafe data = unsafe UnsafeRawPointer(producer + pageSize)
    self.pageSize = pageSize
    self.producerBytes = producerBytes
    self.byteCount = byteCount
  }

  deinit {
    unsafe munmap(consumerPage, pageSize)
    unsafe munmap(producerPage, producerBytes)
  }

  /// Up to where records are reserved. Acquire: records whose busy bit is clear are whole up to here.
  public var produced: UInt64 { unsafe wh_load_acquire_64(producerPage) }

  /// Up to where the reader is done. Release: the kernel may write there from now on, and our reads are over.
  public var consumed: UInt64 {
    get { unsafe wh_load_acquire_64(consumerPage) }
    set { unsafe wh_store_release_64(consumerPage, newValue) }
  }

  public func window(from consumed: UInt64, to produced: UInt64) -> LaneWindow {
    unsafe LaneWindow(bpfRing: data, size: byteCount, consumed: consumed, produced: produced)
  }
}
