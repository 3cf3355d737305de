internal import Glibc

/// The numbers of the CPUs that are online; of all that there can be where /sys does not tell.
func onlineCPUs() -> [Int] {
  var text = [UInt8](repeating: 0, count: 4096)
  let descriptor = unsafe open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return Array(0..<possibleCPUCount()) }
  defer { close(descriptor) }
  let length = unsafe read(descriptor, &text, text.count)
  let cpus = cpuList(text.prefix(max(length, 0)))
  return cpus.isEmpty ? Array(0..<possibleCPUCount()) : cpus
}

/// The kernel's notation of CPUs, such as `0-3,8`; empty where it is something else. Source: cpumask_print_to_pagebuf.
func cpuList(_ text: some Sequence<UInt8>) -> [Int] {
  var cpus: [Int] = []
  var first: Int?
  var number: Int?
  // The end of the text ends its last number.
  for byte in Array(text) + [UInt8(ascii: "\n")] {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      let value = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
      guard value < 1 << 16 else { return [] }
      number = value
    case UInt8(ascii: "-"):
      guard first == nil, let start = number else { return [] }
      first = start
      number = nil
    case UInt8(ascii: ","), UInt8(ascii: "\n"):
      guard let last = number else {
        guard byte == UInt8(ascii: "\n"), first == nil else { return [] }
        continue
      }
      guard first ?? last <= last else { return [] }
      cpus += (first ?? last)...last
      first = nil
      number = nil
    default: return []
    }
  }
  return cpus
}
