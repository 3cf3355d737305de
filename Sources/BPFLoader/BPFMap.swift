internal import CBPF
internal import Glibc

/// What `errno` holds after a libbpf call that returns a pointer. Its own numbers, from 4000 on, nearly all say that a
/// file is no object that it can load.
func lastError() -> Int32 { Glibc.errno >= 4000 ? ENOEXEC : Glibc.errno }

/// Maps that belong to no object file.
enum BPFMap {
  /// The descriptor of an array with one value of `bytes`, which user space can map.
  static func mappableValue(_ name: String, bytes: Int) throws(BPFError) -> Int32 {
    var options = unsafe bpf_map_create_opts()
    unsafe options.sz = MemoryLayout<bpf_map_create_opts>.size
    unsafe options.map_flags = UInt32(BPF_F_MMAPABLE)
    let descriptor = unsafe bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, UInt32(bytes), 1, &options)
    guard descriptor >= 0 else {
      throw BPFError(result: descriptor, during: "create the array \(name) of \(bytes >> 10) KiB")
    }
    return descriptor
  }
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
