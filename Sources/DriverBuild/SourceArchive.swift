internal import CBPFObjects
internal import CLinux
internal import Glibc

/// The drivers' sources inside this program: a tar file (POSIX ustar) of plain files and folders.
public struct SourceArchive: Sendable {
  private let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Tells states of the sources apart: 16 hexadecimal digits.
  public var digest: String { Self.digest(of: bytes) }

  private static func digest(of bytes: some Sequence<UInt8>) -> String {
    // FNV-1a, 64 bits: no defence against somebody who wants two archives to look alike, but they are our own.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// That of this build; empty if it was made without. A copy of half a megabyte: not for keeping.
  public static var embedded: SourceArchive { unsafe SourceArchive(Array(embeddedBytes)) }

  /// The digest of ``embedded``, without a copy: each start asks for it, to find the drivers that were built.
  public static let embeddedDigest: String = {
    let digest = unsafe SourceArchive.digest(of: embeddedBytes)
    unsafe wh_forget_constants(embeddedBytes.baseAddress, embeddedBytes.count)
    return digest
  }()

  private static var embeddedBytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: wh_driver_sources_start(), count: wh_driver_sources_size)
  }

  public var isEmpty: Bool { bytes.isEmpty }

  /// One file or folder of the archive.
  struct Entry: Equatable {
    let path: String
    let isFolder: Bool
    let isExecutable: Bool
    let content: Range<Int>
  }

  private static let block = 512

  /// What is in the archive, checked: no absolute path, no `..`, nothing but files and folders.
  func entries() throws(DriverBuildError) -> [Entry] {
    var entries: [Entry] = []
    var at = 0
    while at + Self.block <= bytes.count, bytes[at] != 0 {
      let isUstar = Array(bytes[at + 257..<at + 262]) == Array("ustar".utf8)
      guard isUstar, let size = octal(at + 124, 12), let mode = octal(at + 100, 8) else {
        throw .damagedSources("no header at byte \(at)")
      }
      let content = at + Self.block..<at + Self.block + size
      guard content.upperBound <= bytes.count else { throw .damagedSources("cut off at byte \(bytes.count)") }
      let prefix = text(at + 345, 155)
      let path = (prefix.isEmpty ? "" : prefix + "/") + text(at, 100)
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard !path.isEmpty, !path.hasPrefix("/"), !parts.contains("..") else {
        throw .damagedSources("a path that leads out: \(path)")
      }
      switch bytes[at + 156] {
      case UInt8(ascii: "5"):
        entries.append(Entry(path: path, isFolder: true, isExecutable: true, content: content))
      case UInt8(ascii: "0"), 0:
        entries.append(Entry(path: path, isFolder: false, isExecutable: mode & 0o100 != 0, content: content))
      default:
        throw .damagedSources("\(path) is neither a file nor a folder")
      }
      at = content.upperBound + (Self.block - size % Self.block) % Self.block
    }
    return entries
  }

  /// Writes everything below a folder that exists and is empty.
  func unpack(into folder: String) throws(DriverBuildError) {
    for entry in try entries() {
      let path = folder + "/" + entry.path
      if entry.isFolder {
        try makeFolders(path)
        continue
      }
      if let slash = path.lastIndex(of: "/") { try makeFolders(String(path[..<slash])) }
      try write(bytes[entry.content], to: path, mode: entry.isExecutable ? 0o755 : 0o644)
    }
  }

  private func text(_ start: Int, _ size: Int) -> String {
    String(decoding: bytes[start..<start + size].prefix { $0 != 0 }, as: UTF8.self)
  }

  private func octal(_ start: Int, _ size: Int) -> Int? {
    let digits = bytes[start..<start + size].filter { $0 != 0 && $0 != UInt8(ascii: " ") }
    guard digits.count < 12 else { return nil }
    return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
  }
}

/// Makes a folder and those above it, mode 0755; one that is there is fine.
func makeFolders(_ path: String) throws(DriverBuildError) {
  var end = path.startIndex
  while end < path.endIndex {
    end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
    let part = String(path[..<end])
    if unsafe mkdir(part, 0o755) != 0, errno != EEXIST { throw .system(errno: errno, during: "make folder \(part)") }
  }
}

private func write(_ content: ArraySlice<UInt8>, to path: String, mode: mode_t) throws(DriverBuildError) {
  let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
  guard file >= 0 else { throw .system(errno: errno, during: "make \(path)") }
  defer { close(file) }
  var done = content.startIndex
  while done < content.endIndex {
    let count = unsafe content[done...].withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw .system(errno: count < 0 ? errno : EIO, during: "write \(path)") }
    done += count
  }
}
