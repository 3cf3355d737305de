internal import CBPF
internal import Glibc

/// What `errno` holds after a libbpf call that returns a pointer. Its own numbers, from 4000 on, nearly all say that a
/// file is no object that it can load.
func lastError() -> Int32 { Glibc.errno >= 4000 ? ENOEXEC : Glibc.errno }

/// A map that belongs to no object file, such as one of several rings. Closed when the value is destroyed.
public struct BPFMap: ~Copyable {
  public let descriptor: Int32

  /// Creates a ring buffer of `bytes`, a power of two and a multiple of the page size.
  public init(ring name: String, bytes: Int) throws(BPFError) {
    descriptor = unsafe bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, UInt32(bytes), nil)
    guard descriptor >= 0 else { throw BPFError(result: descriptor, during: "create ring \(name)") }
  }

  deinit { close(descriptor) }
}

/// Puts a descriptor (of a program, of a map) into a map of such.
public func store(descriptor value: Int32, at index: UInt32, ofMap map: Int32) throws(BPFError) {
  var key = index
  var value = value
  let result = unsafe bpf_map_update_elem(map, &key, &value, 0)
  guard result == 0 else { throw BPFError(result: result, during: "store entry \(index) of a map") }
}

public func removeEntry(at index: UInt32, ofMap map: Int32) {
  var key = index
  // Absent is as good as removed.
  _ = unsafe bpf_map_delete_elem(map, &key)
}

/// How often the kernel did not run an attached program because it was running on that CPU already; 0 before Linux 5.12,
/// which does not count, and where the question is refused.
public func recursionMisses(ofProgram descriptor: Int32) -> UInt64 {
  var info = unsafe bpf_prog_info()
  var size = UInt32(MemoryLayout<bpf_prog_info>.size)
  guard unsafe bpf_obj_get_info_by_fd(descriptor, &info, &size) == 0 else { return 0 }
  return unsafe info.recursion_misses
}

/// How many CPUs the kernel can ever have; per-CPU maps have one entry for each.
public func possibleCPUCount() -> Int { max(1, Int(libbpf_num_possible_cpus())) }

/// The version of libbpf in use, such as `1.1`.
public func libbpfVersion() -> String { "\(libbpf_major_version()).\(libbpf_minor_version())" }
