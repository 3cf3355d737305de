internal import CLinux
public import Capture
internal import Glibc

/// The ring in one CPU's lane, in this process's memory, from the reader's side.
///
/// Two parts of the lane are mapped: the reader's page (writable), and all of the programs' part (read-only). The data
/// has room behind its end, so that a record that begins before it is contiguous. The layout is in
/// drivers/modern-bpf/lane.h. Unmapped when the last reference goes; one thread at a time.
@safe public final class MappedRing: LaneRing {
  public let byteCount: Int
  private let data: UnsafeRawPointer
  private let consumerPage: UnsafeMutableRawPointer
  private let producer: UnsafeMutableRawPointer
  private let pageSize: Int
  private let producerBytes: Int

  /// - Parameter descriptor: The lane's map. May be closed afterwards: the mapping keeps it.
  init(descriptor: Int32, _ layout: LaneLayout) throws(BPFError) {
    pageSize = layout.pageBytes
    producerBytes = layout.valueBytes - pageSize
    guard let consumer = unsafe mmap(nil, pageSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      unsafe consumer != MAP_FAILED
    else { throw BPFError(result: errno, during: "map the reader's page of a ring") }
    guard let mapped = unsafe mmap(nil, producerBytes, PROT_READ, MAP_SHARED, descriptor, pageSize),
      unsafe mapped != MAP_FAILED
    else {
      let error = errno
      unsafe munmap(consumer, pageSize)
      throw BPFError(result: error, during: "map a ring's data")
    }
    unsafe consumerPage = unsafe consumer
    unsafe producer = unsafe mapped
    unsafe data = unsafe UnsafeRawPointer(mapped + layout.dataOffset)
    byteCount = layout.ringBytes
  }

  deinit {
    unsafe munmap(consumerPage, pageSize)
    unsafe munmap(producer, producerBytes)
  }

  /// Up to where records are complete. Acquire: pairs with the order in which a program writes a record and moves this.
  public var produced: UInt64 { unsafe wh_load_acquire_64(producer) }

  /// Up to where the reader is done. Release: programs may write there from now on, and our reads are over.
  public var consumed: UInt64 {
    get { unsafe wh_load_acquire_64(consumerPage) }
    set { unsafe wh_store_release_64(consumerPage, newValue) }
  }

  public func window(from consumed: UInt64, to produced: UInt64) -> LaneWindow {
    unsafe LaneWindow(bpfRing: data, size: byteCount, consumed: consumed, produced: produced)
  }
}
