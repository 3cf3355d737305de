import CRuntimeSockets
import Glibc
import Testing

/// Files below the root of another process, which is a busybox in a root of its own. Takes root.
@Suite struct RootTests {
  /// A process has ended before it was looked at, and its parent does not know yet.
  @Test func aProcessThatEndedIsNotOneWithoutTheFile() throws {
    let program = try Program(["true"])
    var stage: UInt8 = 0
    for _ in 0..<5000 where stage != UInt8(ascii: "Z") {
      usleep(1000)
      stage = RootTests.stage(program.process)
    }
    try #require(stage == UInt8(ascii: "Z"))
    #expect(unsafe wh_open_in_root_of(program.process, "etc/passwd") == -ESRCH)
  }

  @Test func ourOwnRootIsNotAContainers() throws {
    let program = try Program(["sleep", "60"])
    #expect(unsafe wh_open_in_root_of(program.process, "etc/passwd") == -ELOOP)
  }

  /// What runtimes and their users make of `/etc/passwd`, and what is read then.
  @Test(arguments: [
    ("echo image >etc/passwd", "image"),
    ("echo image >etc/other; ln -s /etc/other etc/passwd", "image"),
    ("echo image >etc/passwd; echo given >given; mount --bind given etc/passwd", "given"),
    ("echo image >etc/passwd; mount -t tmpfs none etc/; echo given >etc/passwd", "error \(-EXDEV)"),
    ("", "error \(-ENOENT)"),
    ("ln -s /proc/1/root/etc/passwd etc/passwd; mount -t proc proc proc", "error \(-EXDEV)"),
    ("ln -s passwd etc/passwd", "error \(-EXDEV)"),
    ("mkfifo etc/passwd", "error \(-EINVAL)"),
    ("mkdir etc/passwd", "error \(-EINVAL)"),
    ("mknod etc/passwd c 1 5", "error \(-EINVAL)"),
    ("echo >etc/passwd; mount --bind /dev/zero etc/passwd", "error \(-EINVAL)"),
  ])
  func onlyFilesOfTheRootAreRead(setup: String, expected: String) throws {
    var name = Array("/tmp/whr-XXXXXX".utf8CString)
    try #require(mkdtemp(&name) != nil)
    let folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = try? Program.run(["rm", "-rf", folder]) }
    // The mounts are those of the process alone, and end with it.
    let program = try Program([
      "unshare", "-m", "sh", "-ec",
      "cd \(folder); mkdir root; mount --bind root root; cd root; mkdir etc proc; cp \"$(command -v busybox)\" .; \(setup)\n"
        + "exec chroot . /busybox sleep 60",
    ])
    var result = Int32(-ELOOP)
    for _ in 0..<5000 {
      result = unsafe wh_open_in_root_of(program.process, "etc/passwd")
      if result != -ELOOP { break }
      usleep(1000)
    }
    guard result >= 0 else {
      #expect("error \(result)" == expected)
      return
    }
    defer { close(result) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(result, &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == expected + "\n")
  }

  /// The letter of `/proc/PID/stat`.
  private static func stage(_ process: Int32) -> UInt8 {
    let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(file, &bytes, bytes.count)
    guard count > 0, let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else { return 0 }
    return bytes[end + 2]
  }
}
