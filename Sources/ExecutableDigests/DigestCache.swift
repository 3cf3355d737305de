internal import CDigest
internal import SystemState

/// Hashes by file: device, inode and the time of the last change, which every write to the file moves.
///
/// Only privileged programs can set a change time back (by the system's clock); the size is compared as well.
struct DigestCache {
  private struct Key: Hashable {
    var device: UInt64
    var inode: UInt64
    var changeTime: UInt64
    var size: UInt64
  }

  static let capacity = 16_384

  let limitBytes: UInt64
  /// Two generations: when the younger one is full, the older one goes. What is in use moves to the younger one.
  private var young: [Key: FileDigest] = [:]
  private var old: [Key: FileDigest] = [:]
  /// Files that were read, for tests.
  private(set) var filesRead = 0

  init(limitBytes: UInt64) { self.limitBytes = limitBytes }

  /// - Returns: `nil` if the file is gone or is another one than the process began with, is too large, or lies where
  ///   reading may wait for ever.
  mutating func digest(of executable: NewExecutable) -> FileDigest? {
    guard let file = ExecutableFile(executable) else { return nil }
    let facts = file.facts
    guard facts.size <= limitBytes else { return nil }
    let key = Key(
      device: facts.device, inode: facts.inode, changeTime: facts.change_time, size: facts.size)
    if let known = young[key] { return known }
    if let known = old[key] {
      insert(key, known)
      return known
    }
    filesRead += 1
    // Somebody may write to it meanwhile: the kernel refuses that only while the program runs.
    guard let digest = file.digest(limitBytes: limitBytes), file.isUnchanged else { return nil }
    insert(key, digest)
    return digest
  }

  private mutating func insert(_ key: Key, _ digest: FileDigest) {
    if young.count >= DigestCache.capacity / 2 {
      old = young
      young = [:]
    }
    young[key] = digest
  }
}
