internal import CBPF
internal import CLinux

/// A BPF object file in the kernel: its maps and programs live as long as this value, plus what links hold.
///
/// Opened first, adjusted (which programs, how large the maps), then loaded once. One thread at a time.
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

  /// Sets the number of entries of a map (bytes, for a ring) before loading.
  public mutating func resize(map: String, entries: Int) throws(BPFError) {
    let result = unsafe bpf_map__set_max_entries(try pointer(map: map), UInt32(entries))
    guard result == 0 else { throw BPFError(result: result, during: "size map \(map)") }
  }

  /// Creates the maps and loads the selected programs; all or nothing.
  ///
  /// - Throws: ``BPFError`` whose log names the program that was refused: see ``VerifierLog``.
  public mutating func load() throws(BPFError) {
    wh_bpf_log_begin()
    let result = unsafe bpf_object__load(object)
    guard result == 0 else {
      throw unsafe BPFError(result: result, during: "load \(name)", log: String(cString: wh_bpf_log_end()))
    }
  }

  /// The kernel's descriptor of a loaded program, or `nil` if it was not selected.
  public func descriptor(program: String) -> Int32? {
    guard let found = unsafe bpf_object__find_program_by_name(object, program) else { return nil }
    let descriptor = unsafe bpf_program__fd(found)
    return descriptor >= 0 ? descriptor : nil
  }

  public func hasMap(_ name: String) -> Bool { unsafe bpf_object__find_map_by_name(object, name) != nil }

  /// The bytes of one value of a map, and whether user space can map all values instead of copying each.
  public func layout(map: String) throws(BPFError) -> (valueBytes: Int, isMappable: Bool) {
    let map = unsafe try pointer(map: map)
    return unsafe (Int(bpf_map__value_size(map)), bpf_map__map_flags(map) & UInt32(BPF_F_MMAPABLE) != 0)
  }

  public func descriptor(map: String) throws(BPFError) -> Int32 { unsafe bpf_map__fd(try pointer(map: map)) }

  /// What a section of global variables shall hold when the object is loaded; without effect afterwards.
  public func initialGlobals(_ section: String) throws(BPFError) -> UnsafeMutableRawBufferPointer {
    var size = 0
    let start = unsafe bpf_map__initial_value(try pointer(section: section), &size)
    return unsafe UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(mutating: start), count: size)
  }

  /// The live memory of a section of global variables of a loaded object.
  public func mapGlobals(_ section: String) throws(BPFError) -> MappedArray {
    let map = unsafe try pointer(section: section)
    return try unsafe MappedArray(
      descriptor: bpf_map__fd(map), byteCount: Int(bpf_map__value_size(map)), isWritable: true)
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

  /// Attaches a loaded program to the tracepoint that its section names.
  public func attach(program: String) throws(BPFError) -> BPFLink {
    wh_bpf_log_begin()
    guard let found = unsafe bpf_object__find_program_by_name(object, program) else {
      throw BPFError(result: 2 /* ENOENT */, during: "find program \(program)")
    }
    guard let link = unsafe bpf_program__attach(found) else {
      throw unsafe BPFError(result: lastError(), during: "attach \(program)", log: String(cString: wh_bpf_log_end()))
    }
    return unsafe BPFLink(link)
  }

  private func pointer(map: String) throws(BPFError) -> OpaquePointer {
    guard let found = unsafe bpf_object__find_map_by_name(object, map) else {
      throw BPFError(result: 2 /* ENOENT */, during: "find map \(map)")
    }
    return unsafe found
  }
}

/// A program's hold on a tracepoint. The program stops running when the last reference goes, or the process ends.
@safe public final class BPFLink {
  private let link: OpaquePointer
  /// As the kernel wrote it about the descriptor when ``remember()`` asked; empty before, and where it writes nothing.
  private var identity: [UInt8] = []

  init(_ link: OpaquePointer) { unsafe self.link = unsafe link }
  deinit { unsafe bpf_link__destroy(link) }

  /// Notes what the descriptor stands for, so that ``isHeld`` can tell whether it still does. Opens a file.
  public func remember() {
    if identity.isEmpty { identity = BPFLink.description(of: unsafe bpf_link__fd(link)) }
  }

  /// Whether our descriptor still stands for the link: false once it was closed behind our back, or replaced. Reads
  /// /proc, which takes no capability, where asking the kernel by bpf(2) may.
  public var isHeld: Bool { identity.isEmpty || BPFLink.description(of: unsafe bpf_link__fd(link)) == identity }

  /// The lines of `/proc/self/fdinfo` up to the link's id, which no other link ever gets.
  private static func description(of descriptor: Int32) -> [UInt8] {
    var text = [UInt8](repeating: 0, count: 512)
    let count = unsafe wh_read_file("/proc/self/fdinfo/\(descriptor)", &text, text.count)
    return count > 0 ? Array(text[0..<count]) : []
  }
}
