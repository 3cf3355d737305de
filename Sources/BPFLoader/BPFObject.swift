internal import CBPF
internal import CLinux

/// A BPF object file before it goes into the kernel: opened, adjusted (which programs, how large the maps), then loaded
/// once. One thread at a time.
@safe public struct BPFObject: ~Copyable {
  private let object: OpaquePointer
  private let name: String

  /// Parses an object file; nothing reaches the kernel yet.
  ///
  /// - Parameter bytes: The ELF file, aligned to 8 bytes; libbpf keeps no reference to it after loading.
  public init(opening bytes: UnsafeRawBufferPointer, name: String) throws(BPFError) {
    wh_bpf_log_begin()
    let opened: OpaquePointer? = unsafe name.withCString { name in
      var options = unsafe bpf_object_open_opts()
      unsafe options.sz = MemoryLayout<bpf_object_open_opts>.size
      unsafe options.object_name = name
      return unsafe bpf_object__open_mem(bytes.baseAddress, bytes.count, &options)
    }
    guard let opened = unsafe opened, unsafe libbpf_get_error(UnsafeRawPointer(opened)) == 0 else {
      throw unsafe BPFError(result: lastError(), during: "open \(name)", log: String(cString: wh_bpf_log_end()))
    }
    unsafe object = opened
    self.name = name
  }

  deinit { unsafe bpf_object__close(object) }

  /// Names of all programs in the file, in its order.
  public var programNames: [String] {
    var names: [String] = []
    var program = unsafe bpf_object__next_program(object, nil)
    while let current = unsafe program {
      unsafe names.append(String(cString: bpf_program__name(current)))
      unsafe program = unsafe bpf_object__next_program(object, current)
    }
    return names
  }

  /// Decides which programs ``load()`` gives to the kernel.
  public mutating func select(_ isWanted: (String) -> Bool) {
    var program = unsafe bpf_object__next_program(object, nil)
    while let current = unsafe program {
      let wanted = unsafe isWanted(String(cString: bpf_program__name(current)))
      unsafe bpf_program__set_autoload(current, wanted)
      unsafe program = unsafe bpf_object__next_program(object, current)
    }
  }

  public func hasMap(_ name: String) -> Bool { unsafe bpf_object__find_map_by_name(object, name) != nil }

  /// Sets the number of entries of a map (bytes, for a ring) before loading.
  public mutating func resize(map: String, entries: Int) throws(BPFError) {
    let result = unsafe bpf_map__set_max_entries(try pointer(map: map), UInt32(entries))
    guard result == 0 else { throw BPFError(result: result, during: "size map \(map)") }
  }

  /// Says what the maps in a map of maps look like: as the one behind `descriptor` does.
  public mutating func setElements(ofMap map: String, like descriptor: Int32) throws(BPFError) {
    let result = unsafe bpf_map__set_inner_map_fd(try pointer(map: map), descriptor)
    guard result == 0 else { throw BPFError(result: result, during: "describe the elements of map \(map)") }
  }

  /// Creates the maps and loads the selected programs; all or nothing. The file's parsed form goes away with this value:
  /// at a megabyte and a half it would be a large part of what a driver takes at rest.
  ///
  /// - Throws: ``BPFError`` whose log names the program that was refused: see ``VerifierLog``.
  public consuming func load() throws(BPFError) -> KernelObjects {
    wh_bpf_log_begin()
    let result = unsafe bpf_object__load(object)
    guard result == 0 else {
      throw unsafe BPFError(result: result, during: "load \(name)", log: String(cString: wh_bpf_log_end()))
    }
    wh_bpf_log_free()
    return try unsafe KernelObjects(of: object)
  }

  /// What a section of global variables shall hold when the object is loaded; gone with this value.
  public func initialGlobals(_ section: String) throws(BPFError) -> UnsafeMutableRawBufferPointer {
    var size = 0
    let start = unsafe bpf_map__initial_value(try pointer(section: section), &size)
    return unsafe UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(mutating: start), count: size)
  }

  private func pointer(section: String) throws(BPFError) -> OpaquePointer {
    var map = unsafe bpf_object__next_map(object, nil)
    while let current = unsafe map {
      // libbpf puts the object's name before the section's.
      if unsafe String(cString: bpf_map__name(current)).hasSuffix(section) { return unsafe current }
      unsafe map = unsafe bpf_object__next_map(object, current)
    }
    throw BPFError(result: 2 /* ENOENT */, during: "find \(section) of \(name)")
  }

  private func pointer(map: String) throws(BPFError) -> OpaquePointer {
    guard let found = unsafe bpf_object__find_map_by_name(object, map) else {
      throw BPFError(result: 2 /* ENOENT */, during: "find map \(map)")
    }
    return unsafe found
  }
}
