internal import Glibc

/// A program that runs to its end, its output read line by line. No shell is involved: arguments are passed as they are.
enum BuildProcess {
  /// - Parameters:
  ///   - arguments: The program, looked up in `PATH`, and what it is given.
  ///   - onLine: Each line of standard output and standard error, in the order they come.
  /// - Returns: The exit code; 128 and the signal's number if a signal ended it.
  static func run(_ arguments: [String], onLine: (String) -> Void) throws(DriverBuildError) -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw .system(errno: errno, during: "make a pipe") }
    defer { close(ends[0]) }

    var files = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&files)
    defer { _ = unsafe posix_spawn_file_actions_destroy(&files) }
    unsafe posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&files, ends[1], 1)
    unsafe posix_spawn_file_actions_adddup2(&files, ends[1], 2)
    for end in ends { unsafe posix_spawn_file_actions_addclose(&files, end) }
    // Whatever this process does with signals, a compiler shall stop when it is asked to.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { for unsafe word in unsafe words { unsafe free(word) } }
    var child: pid_t = 0
    let failure = unsafe posix_spawnp(&child, arguments[0], &files, &attributes, &words, environ)
    close(ends[1])
    guard failure == 0 else { throw .system(errno: failure, during: "start \(arguments[0])") }

    readLines(from: ends[0], onLine)
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else { throw .system(errno: errno, during: "wait for \(arguments[0])") }
    }
    let signal = status & 0x7f
    return signal == 0 ? status >> 8 & 0xff : 128 + signal
  }

  private static func readLines(from descriptor: Int32, _ onLine: (String) -> Void) {
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      for byte in buffer[0..<count] {
        if byte == UInt8(ascii: "\n") {
          onLine(String(decoding: line, as: UTF8.self))
          line.removeAll(keepingCapacity: true)
        } else if line.count < 4096 {
          line.append(byte)
        }
      }
    }
    if !line.isEmpty { onLine(String(decoding: line, as: UTF8.self)) }
  }
}
