internal import CKmod
internal import CLinux
internal import Capture
internal import Glibc

/// The ring of one CPU, in this process's memory.
///
/// Three parts are mapped: our page (writable), the module's page with position and counters, and the data behind it,
/// which the module shows twice in a row. Of the second copy we map only the beginning, as much as one record can wrap.
/// The layout is in drivers/kmod/windhover_kmod.h. Unmapped when the last reference goes; one thread at a time.
@safe final class CPURing: LaneRing {
  let byteCount: Int
  let data: UnsafeRawPointer
  private let consumer: UnsafeMutableRawPointer
  private let producer: UnsafeMutableRawPointer
  private let pageSize: Int
  private let producerBytes: Int

  /// - Parameter cpu: A CPU that has a ring.
  init(device: Int32, cpu: Int, byteCount: Int, pageSize: Int) throws(CaptureError) {
    let start = UInt64(cpu) * WHKmodStride
    producerBytes = pageSize + byteCount + min(byteCount, 128 << 10)
    unsafe consumer = try unsafe map(device, start, pageSize, isWritable: true, "a ring's own page")
    do throws(CaptureError) {
      unsafe producer = try unsafe map(device, start + UInt64(pageSize), producerBytes, isWritable: false, "a ring")
    } catch {
      unsafe munmap(consumer, pageSize)
      throw error
    }
    unsafe data = unsafe UnsafeRawPointer(producer + pageSize)
    self.byteCount = byteCount
    self.pageSize = pageSize
  }

  deinit {
    unsafe munmap(consumer, pageSize)
    unsafe munmap(producer, producerBytes)
  }

  /// Up to where records are complete. Acquire: pairs with the module's release.
  var produced: UInt64 { unsafe wh_load_acquire_64(producer) }

  /// Up to where the reader is done. Release: the module may write there from now on, and our reads are over.
  var consumed: UInt64 {
    get { unsafe wh_load_acquire_64(consumer) }
    set { unsafe wh_store_release_64(consumer, newValue) }
  }

  /// The module frames records as a BPF ring does, and never shows one that is not complete.
  func window(from consumed: UInt64, to produced: UInt64) -> LaneWindow {
    unsafe LaneWindow(bpfRing: data, size: byteCount, consumed: consumed, produced: produced)
  }

  /// What this CPU has counted so far.
  var counters: wh_kmod_producer { unsafe producer.load(as: wh_kmod_producer.self) }
}

/// The page that tells which CPUs have a ring.
@safe struct StatusPage: ~Copyable {
  private let page: UnsafeMutableRawPointer
  private let pageSize: Int

  init(device: Int32, pageSize: Int) throws(CaptureError) {
    unsafe page = try unsafe map(device, WHKmodStatusOffset, pageSize, isWritable: false, "the module's status")
    self.pageSize = pageSize
  }

  deinit { unsafe munmap(page, pageSize) }

  /// How many CPUs have a ring. Acquire: the bits for them are set.
  var ringCount: Int { Int(unsafe wh_load_acquire_32(page)) }
  /// Records lost because their CPU has no ring.
  var homeless: UInt64 { unsafe wh_load_acquire_64(page + 8) }
  func hasRing(_ cpu: Int) -> Bool { unsafe wh_load_acquire_64(page + 16 + cpu / 64 * 8) >> UInt64(cpu % 64) & 1 != 0 }
}

private func map(
  _ device: Int32, _ offset: UInt64, _ length: Int, isWritable: Bool, _ what: String
) throws(CaptureError) -> UnsafeMutableRawPointer {
  var error: Int32 = 0
  guard let start = unsafe wh_kmod_map(device, offset, length, isWritable ? 1 : 0, &error) else {
    throw .system(errno: error, during: "map \(what)")
  }
  return unsafe start
}
