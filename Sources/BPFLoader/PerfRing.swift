internal import CBPF
internal import CLinux
public import Capture
internal import Glibc

/// One CPU's perf buffer in this process's memory, from the reader's side.
///
/// A page with the positions, then the data. Programs on that CPU write to it once its event is in their map of type
/// `PERF_EVENT_ARRAY`; the event and the memory go away with the last reference, and with the process. One thread at a
/// time. Source: kernel/events/core.c and include/uapi/linux/perf_event.h, Linux 6.18.
@safe public final class PerfRing: LaneRing {
  public let cpu: Int
  public let byteCount: Int
  /// The event, to be put into the programs' map at the CPU's index.
  public let descriptor: Int32
  private let positions: UnsafeMutableRawPointer
  private let pageSize: Int
  private var data: UnsafeRawPointer { unsafe UnsafeRawPointer(positions + pageSize) }
  private let bounce: UnsafeMutableRawPointer

  /// Offsets of `data_head` and `data_tail` in struct perf_event_mmap_page.
  private static let headOffset = 1024
  private static let tailOffset = 1032

  /// - Parameters:
  ///   - cpu: Must be online: `ENODEV` otherwise.
  ///   - byteCount: A power of two and a multiple of the page size.
  /// - Throws: `EACCES` if `kernel.perf_event_paranoid` forbids it; `EPERM` if the memory is more than
  ///   `kernel.perf_event_mlock_kb` and `RLIMIT_MEMLOCK` allow without CAP_IPC_LOCK: try less.
  public init(cpu: Int, byteCount: Int) throws(BPFError) {
    let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
    let descriptor = wh_open_perf_output(Int32(cpu))
    guard descriptor >= 0 else { throw BPFError(result: descriptor, during: "open the perf buffer of CPU \(cpu)") }
    guard let mapped = unsafe mmap(nil, pageSize + byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      unsafe mapped != MAP_FAILED
    else {
      let error = errno
      close(descriptor)
      throw BPFError(result: error, during: "map \(byteCount >> 10) KiB of perf buffer for CPU \(cpu)")
    }
    self.cpu = cpu
    self.byteCount = byteCount
    self.descriptor = descriptor
    unsafe positions = unsafe mapped
    self.pageSize = pageSize
    unsafe bounce = .allocate(byteCount: 65_536, alignment: 8)
  }

  deinit {
    unsafe munmap(positions, pageSize + byteCount)
    close(descriptor)
    unsafe bounce.deallocate()
  }

  /// Up to where whole records lie. Acquire: pairs with the barrier in `perf_output_put_handle`.
  public var produced: UInt64 { unsafe wh_load_acquire_64(positions + Self.headOffset) }

  /// Up to where the reader is done. Release: the kernel may write there from now on, and our reads are over.
  public var consumed: UInt64 {
    get { unsafe wh_load_acquire_64(positions + Self.tailOffset) }
    set { unsafe wh_store_release_64(positions + Self.tailOffset, newValue) }
  }

  public func window(from consumed: UInt64, to produced: UInt64) -> LaneWindow {
    unsafe LaneWindow(perf: data, size: byteCount, consumed: consumed, produced: produced, bounce: bounce)
  }
}
