/// Finds in what libbpf prints the few lines that say which program was refused, and why.
public enum VerifierLog {
  /// The program that failed to load, or `nil` if the text names none.
  ///
  /// libbpf reports `libbpf: prog 'NAME': failed to load: -22`, or `... failed to find ...` before it got that far.
  public static func refusedProgram(_ log: String) -> String? {
    for line in log.split(separator: "\n").reversed() {
      guard line.hasPrefix("libbpf: prog '"), line.contains("': failed to") else { continue }
      let name = line.dropFirst("libbpf: prog '".count)
      if let end = name.firstIndex(of: "'") { return String(name[..<end]) }
    }
    return nil
  }

  /// Whether the program was refused because the kernel lets no program read its memory, as one that is locked down for
  /// confidentiality: few programs do without, so that each of the others would be refused in its turn.
  ///
  /// `unknown func bpf_probe_read_kernel#113` until 6.12, `program of this type cannot use helper ...` since. Programs of
  /// kernels before 5.5 read by `bpf_probe_read`.
  public static func deniesKernelMemory(_ log: String) -> Bool {
    log.split(separator: "\n").contains { line in
      ["unknown func ", "cannot use helper "].contains { complaint in
        ["bpf_probe_read_kernel#", "bpf_probe_read_kernel_str#", "bpf_probe_read#", "bpf_probe_read_str#"].contains {
          line.contains(complaint + $0)
        }
      }
    }
  }

  /// The instruction that the verifier stopped at with its state, its complaint, and libbpf's own errors.
  ///
  /// The complaint is the last line before `processed N insns`; the lines before it are the way there, and the source
  /// line above it (`; if (length > ...`) is the most useful of them.
  public static func tellingLines(_ log: String, limit: Int = 8) -> String {
    let lines = log.split(separator: "\n")
    guard let verdict = lines.lastIndex(where: { $0.hasPrefix("processed ") }) else {
      return lines.filter { $0.hasPrefix("libbpf: ") }.suffix(limit).joined(separator: "\n")
    }
    let beginning = lines[..<verdict].lastIndex { $0.hasSuffix("-- BEGIN PROG LOAD LOG --") }.map { $0 + 1 } ?? 0
    var picked = lines[beginning..<verdict].suffix(limit - 2)
    if let source = lines[beginning..<verdict].lastIndex(where: { $0.hasPrefix(";") }), source < picked.startIndex {
      picked = [lines[source]] + picked
    }
    let own = lines.last { $0.hasPrefix("libbpf: prog '") }
    return (picked + [lines[verdict]] + (own.map { [$0] } ?? [])).joined(separator: "\n")
  }
}
