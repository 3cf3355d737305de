import BPFLoader
import Testing

/// What libbpf 1.1 printed on Linux 6.18 for a program with an unbounded index.
private let refusal = """
  libbpf: prog 'wh_sys_enter': BPF program load failed: Permission denied
  libbpf: prog 'wh_sys_enter': -- BEGIN PROG LOAD LOG --
  0: R1=ctx() R10=fp0
  ; uint32_t number = context[1]; @ modern_bpf.bpf.c:49
  0: (79) r2 = *(u64 *)(r1 +8)          ; R1=ctx() R2=scalar()
  ; if (number >= WH_CALL_NUMBERS) @ modern_bpf.bpf.c:51
  2: (26) if w6 > 0x1ff goto pc+42      ; R6=scalar(smin=smin32=0,smax=umax=smax32=umax32=511)
  3: (67) r2 <<= 32                     ; R2=scalar(smax=0x7fffffff00000000)
  4: (77) r2 >>= 32                     ; R2=scalar(smin=0,smax=umax=0xffffffff)
  5: (18) r8 = 0xffffc900047f6000       ; R8=map_value(map=s.bss,ks=4,vs=9744)
  7: (18) r3 = 0xffffc900047f6000       ; R3=map_value(map=s.bss,ks=4,vs=9744)
  9: (0f) r3 += r2                      ; R3=map_value(map=s.bss,ks=4,vs=9744,smin=0,smax=umax=0xffffffff)
  10: (71) r2 = *(u8 *)(r3 +16)
  R3 unbounded memory access, make sure to bounds check any such access
  processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
  -- END PROG LOAD LOG --
  libbpf: prog 'wh_sys_enter': failed to load: -13
  libbpf: failed to load object 'modern_bpf'
  """

@Suite struct VerifierLogTests {
  @Test(arguments: [
    ("11: (85) call bpf_probe_read_kernel#113\nunknown func bpf_probe_read_kernel#113\nprocessed 9 insns", true),
    ("11: (85) call bpf_probe_read#4\nprogram of this type cannot use helper bpf_probe_read#4\nprocessed 9 insns", true),
    ("11: (85) call bpf_probe_read_kernel#113\nR2 min value is negative\nprocessed 9 insns", false),
    ("unknown func bpf_loop#181\nprocessed 9 insns", false),
    ("program of this type cannot use helper bpf_probe_read_user#112\nprocessed 9 insns", false),
  ]) func kernelsThatLetNobodyReadTheirMemoryAreKnown(_ log: String, _ isDenied: Bool) {
    #expect(VerifierLog.deniesKernelMemory(log) == isDenied)
  }

  @Test func namesTheRefusedProgram() {
    #expect(VerifierLog.refusedProgram(refusal) == "wh_sys_enter")
    #expect(VerifierLog.refusedProgram("libbpf: kernel doesn't support BTF\n") == nil)
    #expect(VerifierLog.refusedProgram("") == nil)
  }

  @Test func keepsTheSourceLineTheComplaintAndTheVerdict() {
    let telling = VerifierLog.tellingLines(refusal)
    #expect(telling.contains("; if (number >= WH_CALL_NUMBERS)"))
    #expect(telling.contains("R3 unbounded memory access"))
    #expect(telling.contains("failed to load: -13"))
    #expect(!telling.contains("BEGIN PROG LOAD LOG"))
    #expect(telling.split(separator: "\n").count <= 10)
  }

  @Test func withoutAVerifierKeepsWhatTheLibrarySaid() {
    let text = "libbpf: failed to find valid kernel BTF\nlibbpf: Error loading vmlinux BTF: -3\n"
    #expect(
      VerifierLog.tellingLines(text) == "libbpf: failed to find valid kernel BTF\nlibbpf: Error loading vmlinux BTF: -3"
    )
  }
}
