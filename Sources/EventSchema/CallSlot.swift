/// One of the calls that a kernel of this architecture can get, with its place in tables by call.
///
/// The architecture's own calls come first; on x86-64 the 32-bit calls follow, and behind them what `socketcall` and
/// `ipc` are asked for: see `event_schema.h`.
public struct CallSlot: Sendable {
  public let slot: Int
  public let syscall: SyscallInfo

  /// The number that the kernel gets for it.
  public var number: Int {
    switch slot {
    case ..<Int(WH_SLOT_IA32): slot
    case ..<Int(WH_SLOT_SOCKETCALL): slot - Int(WH_SLOT_IA32)
    case ..<Int(WH_SLOT_IPC): 102
    default: 117
    }
  }
  /// A 32-bit call of x86 on a 64-bit kernel.
  public var isIA32: Bool { slot >= Int(WH_SLOT_IA32) }
}

extension Schema {
  /// Every call of this architecture by slot.
  public static let callSlots: [CallSlot] = {
    var slots = syscalls.compactMap { call in
      call.nativeNumber.flatMap { $0 < Int(WH_CALL_NUMBERS) ? CallSlot(slot: $0, syscall: call) : nil }
    }
    #if arch(x86_64)
      for slot in Int(WH_SLOT_IA32)..<Int(WH_CALL_SLOTS) {
        guard let info = unsafe wh_ia32_info(UInt16(slot)), let code = SyscallCode(rawValue: unsafe info.pointee.code),
          let call = syscall(code)
        else { continue }
        slots.append(CallSlot(slot: slot, syscall: call))
      }
    #endif
    return slots.sorted { $0.slot < $1.slot }
  }()

  /// The name that `asm/unistd_32.h` has for a 32-bit call of x86; `nil` for numbers without a call.
  public static func ia32Name(_ number: Int) -> String? {
    guard number < Int(WH_CALL_NUMBERS), let info = unsafe wh_ia32_info(UInt16(Int(WH_SLOT_IA32) + number)),
      let name = unsafe info.pointee.name
    else { return nil }
    return unsafe String(cString: name)
  }
}
