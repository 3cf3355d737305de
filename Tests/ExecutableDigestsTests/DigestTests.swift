import CDigest
import Foundation
import Testing

@testable import ExecutableDigests
@testable import SystemState

@Suite struct DigestTests {
  /// The vectors of FIPS 180-4's examples, and of lengths around a block.
  @Test(arguments: [
    ("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func knownTextsHaveTheirKnownHash(text: String, repetitions: Int, expected: String) throws {
    let file = try File(String(repeating: text, count: repetitions))
    var cache = DigestCache(limitBytes: 1 << 30)
    #expect(cache.digest(of: file.executable).map(hex) == expected)
  }

  @Test func everyLengthAgreesWithSha256sum() throws {
    for length in [1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 65_535, 65_536, 65_537, 200_000] {
      let file = try File(String((0..<length).map { Character(UnicodeScalar(UInt8(33 + $0 * 7 % 90))) }))
      var cache = DigestCache(limitBytes: 1 << 30)
      #expect(cache.digest(of: file.executable).map(hex) == sha256sum(file.path), "\(length)")
    }
  }

  @Test func aFileIsReadOnceUntilItChanges() throws {
    let file = try File("one")
    var cache = DigestCache(limitBytes: 1 << 20)
    let first = cache.digest(of: file.executable)
    #expect(cache.digest(of: file.executable) == first && first != nil)
    #expect(cache.filesRead == 1)
    // The same size, and the old modification time put back: the change time tells.
    let times = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate]!
    let handle = FileHandle(forWritingAtPath: file.path)!
    handle.write(Data("two".utf8))
    handle.closeFile()
    try FileManager.default.setAttributes([.modificationDate: times], ofItemAtPath: file.path)
    let second = cache.digest(of: file.executable)
    #expect(second.map(hex) == sha256sum(file.path))
    #expect(cache.filesRead == 2)
  }

  @Test func anotherFileThanTheProcessBeganWithHasNoHash() throws {
    let file = try File("x")
    var executable = file.executable
    executable.changeTime -= 1
    var cache = DigestCache(limitBytes: 1 << 20)
    #expect(cache.digest(of: executable) == nil)
  }

  @Test func aFileBeyondTheLimitHasNoHash() throws {
    let file = try File("1234567890")
    var cache = DigestCache(limitBytes: 9)
    #expect(cache.digest(of: file.executable) == nil)
    cache = DigestCache(limitBytes: 10)
    #expect(cache.digest(of: file.executable) != nil)
  }

  /// A process whose program somebody replaced by a pipe or a device must not hold the worker.
  @Test(.timeLimit(.minutes(1)), arguments: ["pipe", "/dev/zero", "/dev/ptmx", "/", "/proc/self/mem", "gone"])
  func whatIsNoRegularFileIsNotRead(path: String) {
    var path = path
    if path == "pipe" {
      path = NSTemporaryDirectory() + "/pipe\(UInt64.random(in: 0 ... .max))"
      mkfifo(path, 0o600)
    }
    defer { if !path.hasPrefix("/dev") && !path.hasPrefix("/proc") { unlink(path) } }
    var cache = DigestCache(limitBytes: 1 << 20)
    #expect(
      cache.digest(of: NewExecutable(slot: 0, serial: 1, process: 0, hostPath: path, changeTime: 1)) == nil)
    var facts = wh_file_facts()
    if path != "/proc/self/mem" { #expect(wh_open_regular(path, 0, &facts) < 0) }
  }

  @Test func theWorkerHashesTheProgramOfALiveProcess() throws {
    let worker = DigestWorker(limitBytes: 1 << 30)
    worker.submit([NewExecutable(slot: 7, serial: 9, process: getpid(), hostPath: "", changeTime: 0)])
    var results: [DigestResult] = []
    for _ in 0..<600 where results.isEmpty {
      usleep(100_000)
      results = worker.take()
    }
    worker.finish()
    #expect(results.count == 1 && results[0].slot == 7 && results[0].serial == 9)
    #expect(results.first?.digest.map(hex) == sha256sum("/proc/\(getpid())/exe"))
  }
}

/// A file in the temporary folder, gone with the value.
private final class File {
  let path = NSTemporaryDirectory() + "/digest\(UInt64.random(in: 0 ... .max))"

  init(_ text: String) throws { try text.write(toFile: path, atomically: false, encoding: .utf8) }
  deinit { unlink(path) }

  /// As of a process that is gone.
  var executable: NewExecutable {
    var found = stat()
    precondition(stat(path, &found) == 0)
    let time = UInt64(found.st_ctim.tv_sec) * 1_000_000_000 + UInt64(found.st_ctim.tv_nsec)
    return NewExecutable(slot: 0, serial: 1, process: 0, hostPath: path, changeTime: time)
  }
}

private func hex(_ digest: FileDigest) -> String {
  (0..<32).map { index in
    let text = String(digest[index], radix: 16)
    return text.count == 1 ? "0" + text : text
  }.joined()
}

/// What coreutils say.
private func sha256sum(_ path: String) -> String? {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
  process.arguments = [path]
  let pipe = Pipe()
  process.standardOutput = pipe
  do { try process.run() } catch { return nil }
  let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return String(decoding: bytes, as: UTF8.self).split(separator: " ").first.map(String.init)
}
