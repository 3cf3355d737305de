internal import CBPF
internal import Glibc

/// The values of an array map that both sides use: mapped where the object asks for it (kernels since 5.5), else a copy
/// that is brought over by system calls. One thread at a time.
@safe public struct SharedArray: ~Copyable {
  /// All values, one after the other, each rounded up to 8 bytes.
  public let bytes: UnsafeMutableRawBufferPointer
  /// Both sides see what the other writes at once, without a system call.
  public let isMapped: Bool
  private let descriptor: Int32
  private let valueBytes: Int

  /// - Parameter entries: How many the map was given before it was loaded.
  public init(_ object: borrowing KernelObjects, map: String, entries: Int) throws(BPFError) {
    let layout = try object.layout(map: map)
    let descriptor = try object.descriptor(map: map)
    let valueBytes = (layout.valueBytes + 7) & ~7
    if layout.isMappable {
      unsafe bytes = unsafe try MappedArray.map(descriptor, byteCount: entries * valueBytes, isWritable: true)
    } else {
      unsafe bytes = .allocate(byteCount: entries * valueBytes, alignment: 8)
      unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
    isMapped = layout.isMappable
    self.descriptor = descriptor
    self.valueBytes = valueBytes
  }

  deinit {
    if isMapped { unsafe munmap(bytes.baseAddress!, bytes.count) } else { unsafe bytes.deallocate() }
  }

  /// Makes the programs see what was written to `bytes`.
  public func push() throws(BPFError) { unsafe try copy("write") { unsafe bpf_map_update_elem($0, $1, $2, 0) } }

  /// Makes `bytes` hold what the programs have written.
  public func pull() throws(BPFError) { unsafe try copy("read") { unsafe bpf_map_lookup_elem($0, $1, $2) } }

  private func copy(
    _ what: String, _ one: (Int32, UnsafePointer<UInt32>, UnsafeMutableRawPointer) -> Int32
  ) throws(BPFError) {
    guard !isMapped else { return }
    let entries = unsafe bytes.count / valueBytes
    for index in 0..<entries {
      var key = UInt32(index)
      let value = unsafe bytes.baseAddress! + index * valueBytes
      let result = unsafe one(descriptor, &key, value)
      guard result == 0 else { throw BPFError(result: result, during: "\(what) entry \(index) of a map") }
    }
  }
}
