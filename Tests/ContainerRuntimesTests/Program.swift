import Glibc

/// A child process with the signals that a program expects.
struct Program: ~Copyable {
  struct Failure: Error, CustomStringConvertible { var description: String }

  let process: Int32
  private var isWaitedFor = false

  init(_ arguments: [String]) throws {
    // Test threads block all signals; children must not.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let failure = posix_spawnp(&child, arguments[0], nil, &attributes, &words, environ)
    guard failure == 0 else { throw Failure(description: "start \(arguments[0]): errno \(failure)") }
    process = child
  }

  deinit {
    guard !isWaitedFor else { return }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }

  /// - Returns: The exit status, or minus the signal.
  mutating func wait() throws -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw Failure(description: "waitpid: errno \(errno)") }
    }
    isWaitedFor = true
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
  }

  static func run(_ arguments: [String]) throws -> Int32 {
    var program = try Program(arguments)
    return try program.wait()
  }
}
