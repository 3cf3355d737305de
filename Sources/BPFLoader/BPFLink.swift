internal import CLinux
internal import Glibc

/// A program's hold on a tracepoint. The program stops running when the last reference goes, or the process ends.
public final class BPFLink {
  private let descriptor: Int32
  /// As the kernel wrote it about the descriptor when ``remember()`` asked; empty before, and where it writes nothing.
  private var identity: [UInt8] = []

  init(_ descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Notes what the descriptor stands for, so that ``isHeld`` can tell whether it still does. Opens a file.
  public func remember() {
    if identity.isEmpty { identity = BPFLink.description(of: descriptor) }
  }

  /// Whether our descriptor still stands for the link: false once it was closed behind our back, or replaced. Reads
  /// /proc, which takes no capability, where asking the kernel by bpf(2) may.
  public var isHeld: Bool { identity.isEmpty || BPFLink.description(of: descriptor) == identity }

  /// The lines of `/proc/self/fdinfo` up to the link's id, which no other link ever gets.
  private static func description(of descriptor: Int32) -> [UInt8] {
    var text = [UInt8](repeating: 0, count: 512)
    let count = unsafe wh_read_file("/proc/self/fdinfo/\(descriptor)", &text, text.count)
    return count > 0 ? Array(text[0..<count]) : []
  }
}
