extension ProcessReader {
  mutating func readDescriptors(_ directory: Int32, limit: Int) -> [DescriptorReading] {
    guard let numbers = files.numbers("fd", in: directory) else { return [] }
    var descriptors: [DescriptorReading] = []
    descriptors.reserveCapacity(min(numbers.count, limit))
    for number in numbers {
      if descriptors.count >= limit { break }
      if let descriptor = readDescriptor(number, directory) { descriptors.append(descriptor) }
    }
    return descriptors
  }

  /// The link's text says what a descriptor is: a path, or `kind:[inode]`. Source: proc(5), /proc/pid/fd.
  mutating func readDescriptor(_ number: Int32, _ directory: Int32) -> DescriptorReading? {
    let link = "fd/\(number)"
    guard let text = files.readLink(link, in: directory) else { return nil }
    var descriptor = DescriptorReading(number: number, kind: .unsupported)
    if text.starts(with: "socket:[") {
      descriptor.inode = inode(in: text)
      // Sockets of other families, and those made since the tables were read.
      guard let socket = socketTable(of: directory).sockets[descriptor.inode] else { return nil }
      descriptor.kind = .socket(socket)
    } else if text.starts(with: "pipe:[") {
      descriptor.kind = .fifo
      descriptor.name = text
      descriptor.inode = inode(in: text)
    } else if text.starts(with: "anon_inode:") {
      descriptor.kind = anonymousKind(Array(text.dropFirst(11)))
    } else if text.starts(with: "/memfd:") {
      descriptor.kind = .memfd
      descriptor.name = text
    } else if text.first == UInt8(ascii: "/") {
      descriptor.kind = .file
      descriptor.name = text.withoutDeletedMark()
    } else if text.contains("pidfd") {
      // A file system of its own since Linux 6.9.
      descriptor.kind = .pidfd
    }
    readInfo(number, directory, into: &descriptor)
    if !descriptor.name.isEmpty, descriptor.inode == 0 { takeStatus(link, text, directory, into: &descriptor) }
    return descriptor
  }

  private mutating func takeStatus(
    _ link: String, _ text: [UInt8], _ directory: Int32, into descriptor: inout DescriptorReading
  ) {
    // A path without its mount, or of a file that is gone, names no single file.
    let key = descriptor.mountID == 0 || text.ends(with: ")") ? nil : FileKey(mount: descriptor.mountID, path: text)
    let status: FileStatus
    if let key, let known = knownFiles[key] {
      status = known
    } else {
      guard let read = files.status(link, in: directory) else { return }
      status = read
      if let key { knownFiles[key] = read }
    }
    descriptor.device = status.device
    descriptor.inode = status.inode
    if descriptor.kind == .memfd { return }
    if status.isDirectory { descriptor.kind = .directory }
  }

  /// fdinfo: open flags in octal, and the mount.
  private mutating func readInfo(_ number: Int32, _ directory: Int32, into descriptor: inout DescriptorReading) {
    guard let text = files.read("fdinfo/\(number)", in: directory, limit: 512, isOneRecord: true) else { return }
    var line = TextScanner(text)
    while !line.isAtEnd {
      if line.take("flags") {
        descriptor.flags = UInt32(truncatingIfNeeded: line.octal() ?? 0)
      } else if line.take("mnt_id") {
        descriptor.mountID = UInt32(truncatingIfNeeded: line.decimal() ?? 0)
        return
      }
      line.skipLine()
    }
  }

  private func inode(in text: [UInt8]) -> UInt64 {
    var scanner = TextScanner(text)
    scanner.at = (text.firstIndex(of: UInt8(ascii: "[")) ?? text.count - 1) + 1
    return scanner.decimal() ?? 0
  }

  private func anonymousKind(_ text: [UInt8]) -> DescriptorReading.Kind {
    if text.starts(with: "[eventfd") { return .event }
    if text.starts(with: "[eventpoll") { return .eventpoll }
    if text.starts(with: "inotify") || text.starts(with: "[inotify") { return .inotify }
    if text.starts(with: "[signalfd") { return .signalfd }
    if text.starts(with: "[timerfd") { return .timerfd }
    if text.starts(with: "[io_uring") { return .ioUring }
    if text.starts(with: "[userfaultfd") { return .userfaultfd }
    if text.starts(with: "[pidfd") { return .pidfd }
    if text.starts(with: "bpf") || text.starts(with: "[bpf") { return .bpf }
    return .unsupported
  }
}
