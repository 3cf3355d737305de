internal import CBPF
internal import Glibc

/// What an object file put into the kernel: its maps, and the programs that were selected. They live as long as this
/// value, plus what links hold. One thread at a time.
public struct KernelObjects: ~Copyable {
  private struct Map {
    let name: String
    let descriptor: Int32
    let valueBytes: Int
    let isMappable: Bool
  }

  private struct Program {
    let descriptor: Int32
    /// Of a raw tracepoint, its name; programs with types carry theirs in the kernel.
    let tracepoint: String?
  }

  private var maps: [Map] = []
  private var programs: [String: Program] = [:]

  /// - Parameter object: Loaded; nothing of it is needed afterwards.
  init(of object: OpaquePointer) throws(BPFError) {
    var map = unsafe bpf_object__next_map(object, nil)
    while let current = unsafe map {
      unsafe maps.append(
        Map(
          name: String(cString: bpf_map__name(current)), descriptor: try Self.copy(bpf_map__fd(current)),
          valueBytes: Int(bpf_map__value_size(current)),
          isMappable: bpf_map__map_flags(current) & UInt32(BPF_F_MMAPABLE) != 0))
      unsafe map = unsafe bpf_object__next_map(object, current)
    }
    var program = unsafe bpf_object__next_program(object, nil)
    while let current = unsafe program {
      let descriptor = unsafe bpf_program__fd(current)
      if descriptor >= 0 {
        let section = unsafe String(cString: bpf_program__section_name(current))
        let copy = try Self.copy(descriptor)
        unsafe programs[String(cString: bpf_program__name(current))] = Program(
          descriptor: copy, tracepoint: section.hasPrefix("raw_tp/") ? String(section.dropFirst(7)) : nil)
      }
      unsafe program = unsafe bpf_object__next_program(object, current)
    }
  }

  deinit {
    for map in maps { close(map.descriptor) }
    for program in programs.values { close(program.descriptor) }
  }

  private static func copy(_ descriptor: Int32) throws(BPFError) -> Int32 {
    let copy = wh_copy_descriptor(descriptor)
    guard copy >= 0 else { throw BPFError(result: copy, during: "keep a descriptor") }
    return copy
  }

  /// The kernel's descriptor of a program, or `nil` if it was not selected.
  public func descriptor(program: String) -> Int32? { programs[program]?.descriptor }

  public func hasMap(_ name: String) -> Bool { maps.contains { $0.name == name } }

  /// The bytes of one value of a map, and whether user space can map all values instead of copying each.
  public func layout(map: String) throws(BPFError) -> (valueBytes: Int, isMappable: Bool) {
    let map = try found(map) { $0 == map }
    return (map.valueBytes, map.isMappable)
  }

  public func descriptor(map: String) throws(BPFError) -> Int32 { try found(map) { $0 == map }.descriptor }

  /// The live memory of a section of global variables.
  public func mapGlobals(_ section: String) throws(BPFError) -> MappedArray {
    // libbpf puts the object's name before the section's.
    let map = try found(section) { $0.hasSuffix(section) }
    return try MappedArray(descriptor: map.descriptor, byteCount: map.valueBytes, isWritable: true)
  }

  private func found(_ name: String, _ isMeant: (String) -> Bool) throws(BPFError) -> Map {
    guard let map = maps.first(where: { isMeant($0.name) }) else {
      throw BPFError(result: 2 /* ENOENT */, during: "find map \(name)")
    }
    return map
  }

  /// Attaches a program to the tracepoint that its section named.
  public func attach(program name: String) throws(BPFError) -> BPFLink {
    guard let program = programs[name] else {
      throw BPFError(result: 2 /* ENOENT */, during: "find program \(name)")
    }
    // The same call for both kinds, on every kernel; bpf_link_create() knows programs with types since 5.19 only.
    let link =
      if let tracepoint = program.tracepoint {
        unsafe bpf_raw_tracepoint_open(tracepoint, program.descriptor)
      } else { unsafe bpf_raw_tracepoint_open(nil, program.descriptor) }
    guard link >= 0 else { throw BPFError(result: link, during: "attach \(name)") }
    return BPFLink(link)
  }
}
