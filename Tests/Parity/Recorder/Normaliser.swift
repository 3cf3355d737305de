import EventSchema

/// Replaces the values that no two runs have in common, and nothing else, by what they mean within a run.
///
/// | Value | becomes |
/// |---|---|
/// | process and thread ids | `T4`, the number of the thread; `P1`, `P2` for processes outside the workload |
/// | inode and device numbers of files | `I1`, `D1`: the first, second … that the run saw |
/// | addresses of kernel structures | `kernel`: the kernel hands freed ones out again |
/// | points in time | `time` |
/// | resident and swapped memory, page faults | `some` |
///
/// Zero, negative values and ids up to 2 stay as they are: they say something. All other parameters are compared byte
/// for byte.
struct Normaliser {
  private let threads: [Int64: Int]
  private var processes = Ordinals("P")
  private var inodes = Ordinals("I")
  private var devices = Ordinals("D")

  init(threads: [Int64: Int]) { self.threads = threads }

  mutating func line(of record: Record, thread: Int) -> Line {
    let info = Schema.event(record.type)
    let schema = info?.parameters ?? []
    let opens = schema.contains { $0.name == "ino" }
    var parameters: [Line.Parameter] = []
    for (index, bytes) in record.parameters.enumerated() {
      guard index < schema.count else {
        parameters.append(Line.Parameter(name: "unknown\(index)", value: text(bytes)))
        continue
      }
      parameters.append(Line.Parameter(name: schema[index].name, value: value(bytes, schema[index], opens: opens)))
    }
    return Line(thread: thread, event: info?.symbol ?? "event\(record.type.rawValue)", parameters: parameters)
  }

  private mutating func value(_ bytes: [UInt8], _ parameter: ParameterInfo, opens: Bool) -> String {
    guard !bytes.isEmpty else { return "-" }
    if parameter.byteCount != 0, bytes.count != parameter.byteCount { return "wrong-size:\(text(bytes))" }
    switch (parameter.type, parameter.name) {
    case (.WH_PT_PID, _): return process(bytes)
    case (.WH_PT_ABSTIME, _), (_, "pidns_init_start_ts"): return littleEndian(bytes) == 0 ? "0" : "time"
    case (_, "ino"), (_, "exe_ino"): return inodes.name(littleEndian(bytes))
    case (_, "dev") where opens: return devices.name(littleEndian(bytes))
    case (_, "vm_rss"), (_, "vm_swap"), (_, "pgft_maj"), (_, "pgft_min"): return "some"
    case (_, "source"), (_, "peer"): return pointer(bytes)
    case (.WH_PT_SOCKTUPLE, _) where bytes[0] == 1 && bytes.count >= 17:
      return "unix:\(pointer(bytes[1..<9])):\(pointer(bytes[9..<17])):\(text(Array(bytes[17...])))"
    default: return parameter.byteCount == 0 ? text(bytes) : number(bytes)
    }
  }

  private mutating func process(_ bytes: [UInt8]) -> String {
    let unsigned = littleEndian(bytes)
    let id = bytes.count == 4 ? Int64(Int32(truncatingIfNeeded: unsigned)) : Int64(bitPattern: unsigned)
    if let thread = threads[id] { return "T\(thread)" }
    // No id is larger than 2^22 (PID_MAX_LIMIT): such a value was made up.
    return id <= 2 || id > 1 << 22 ? "\(id)" : processes.name(UInt64(id))
  }

  private func pointer(_ bytes: some Collection<UInt8>) -> String { littleEndian(bytes) == 0 ? "0" : "kernel" }

  private func number(_ bytes: [UInt8]) -> String {
    "\(littleEndian(bytes))"
  }

  /// Reversible, and on one line: printable ASCII without the quote and the backslash, the rest in hexadecimal.
  private func text(_ bytes: [UInt8]) -> String {
    var text = "\""
    for byte in bytes {
      if byte >= 0x21 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16)
        text += "\\" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return text + "\""
  }
}

/// Names for values in the order in which they were first seen.
private struct Ordinals {
  private let prefix: String
  private var names: [UInt64: Int] = [:]

  init(_ prefix: String) { self.prefix = prefix }

  mutating func name(_ value: UInt64) -> String {
    guard value != 0 else { return "0" }
    let ordinal = names[value] ?? names.count + 1
    names[value] = ordinal
    return "\(prefix)\(ordinal)"
  }
}
