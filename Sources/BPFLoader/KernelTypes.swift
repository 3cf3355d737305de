internal import CBPF

/// The running kernel's BTF, parsed. Costs tens of milliseconds and some megabytes: make one, ask it, and let it go.
@safe public struct KernelTypes: ~Copyable {
  private let types: OpaquePointer

  /// `nil` on a kernel without BTF.
  public init?() {
    guard let types = unsafe btf__load_vmlinux_btf(), unsafe libbpf_get_error(UnsafeRawPointer(types)) == 0 else {
      return nil
    }
    unsafe self.types = types
  }

  deinit { unsafe btf__free(types) }

  /// How many arguments a tracepoint hands to BPF programs; `nil` if the kernel has no such tracepoint.
  public func argumentCount(ofTracepoint name: String) -> Int? {
    let count = unsafe wh_btf_tracepoint_arguments(types, name)
    return count < 0 ? nil : Int(count)
  }
}
