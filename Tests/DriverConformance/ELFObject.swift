import CBPFObjects

struct NoSuchSymbol: Error, CustomStringConvertible { let description: String }

/// A 64-bit little-endian object file, as far as finding a function in it goes.
struct ELFObject {
  private var bytes: [UInt8]

  /// The object that this build of the driver contains.
  static func driver() throws -> ELFObject {
    guard wh_modern_bpf_object_size > 0 else { throw NoSuchSymbol(description: "the driver is not built: make drivers") }
    let memory = UnsafeRawBufferPointer(start: wh_modern_bpf_object_start(), count: wh_modern_bpf_object_size)
    return ELFObject(bytes: Array(memory))
  }

  /// With a program that no verifier lets pass: its first instruction reads through a register that nothing has set.
  func breaking(program: String) throws -> ELFObject {
    let place = try position(of: program)
    // Programs begin with a look at their context, a register copy or a helper's call; nothing relocates those.
    guard [0x79, 0xbf, 0x85].contains(bytes[place]) else {
      throw NoSuchSymbol(description: "\(program) begins with instruction \(bytes[place]), which may be relocated")
    }
    var broken = self
    // *(u64 *)(r9 + 0) to r0: opcode LDX|MEM|DW, destination and source in one byte, offset, immediate.
    broken.bytes.replaceSubrange(place..<place + 8, with: [0x79, 0x90, 0, 0, 0, 0, 0, 0])
    return broken
  }

  /// Calls with the bytes, aligned to 8.
  func withBytes<T: ~Copyable, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> T) throws(E) -> T {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(memory))
  }

  private func number(_ at: Int, _ width: Int) -> Int {
    (0..<width).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
  }

  private struct Section {
    let type, offset, size, link, entrySize: Int
  }

  private func section(_ index: Int) -> Section {
    let at = number(0x28, 8) + index * number(0x3a, 2)
    return Section(
      type: number(at + 4, 4), offset: number(at + 24, 8), size: number(at + 32, 8), link: number(at + 40, 4),
      entrySize: number(at + 56, 8))
  }

  /// Where in the file a function begins.
  private func position(of symbol: String) throws -> Int {
    let symbolTable = 2
    for index in 0..<number(0x3c, 2) where section(index).type == symbolTable {
      let table = section(index)
      let names = section(table.link)
      for entry in stride(from: table.offset, to: table.offset + table.size, by: table.entrySize) {
        let start = names.offset + number(entry, 4)
        guard bytes[start...].prefix(while: { $0 != 0 }).elementsEqual(symbol.utf8) else { continue }
        return section(number(entry + 6, 2)).offset + number(entry + 8, 8)
      }
    }
    throw NoSuchSymbol(description: "the object has no symbol \(symbol)")
  }
}
