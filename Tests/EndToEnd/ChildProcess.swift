import FoundationEssentials
import Glibc

/// A program started by the tests, its output going to files.
///
/// Files, unlike pipes, never make the program wait for its reader, and can be looked at while it runs.
/// The program and what it started are killed if it still runs when the value is destroyed.
struct ChildProcess: ~Copyable {
  let pid: pid_t
  let standardOutput: String
  let standardError: String
  private var result: Int32?

  /// - Parameters:
  ///   - arguments: The program, looked up in `PATH` unless it is a path, and what it is given.
  ///   - directory: Where it starts.
  ///   - log: Its streams go to files of this name with `.out` and `.err` added.
  init(_ arguments: [String], in directory: String, log: String) throws {
    standardOutput = log + ".out"
    standardError = log + ".err"

    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, standardOutput, flags, 0o644)
    posix_spawn_file_actions_addopen(&files, 2, standardError, flags, 0o644)

    // The threads that tests run on block every signal, and a child would inherit that: SIGTERM would never reach it.
    // A process group of its own lets the child be killed together with what it started.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    // Glibc's call for a starting directory is not imported.
    let command = ["env", "-C", directory] + arguments
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let failure = posix_spawnp(&child, command[0], &files, &attributes, &words, environ)
    guard failure == 0 else { throw EndToEndError.system("start \(command)", Errno(code: failure)) }
    pid = child
  }

  deinit {
    if result == nil {
      kill(-pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
  }

  /// The exit code, 128 and the signal's number if a signal ended it, or nothing while it runs.
  mutating func exitCode() -> Int32? {
    if let result { return result }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
    let signal = status & 0x7f
    result = signal == 0 ? (status >> 8) & 0xff : 128 + signal
    return result
  }

  /// The exit code, or nothing if it still runs when the time is over.
  mutating func exitCode(within limit: Duration) -> Int32? {
    _ = waitUntil(limit) { exitCode() != nil }
    return exitCode()
  }

  func signal(_ number: Int32) {
    kill(pid, number)
  }

  func output() -> String { Self.text(of: standardOutput) }
  func errors() -> String { Self.text(of: standardError) }

  private static func text(of file: String) -> String {
    String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
  }
}

/// Looks every ten milliseconds whether something has come true.
///
/// - Returns: Whether it did in time.
func waitUntil(_ limit: Duration, _ condition: () -> Bool) -> Bool {
  let deadline = ContinuousClock.now + limit
  while !condition() {
    guard ContinuousClock.now < deadline else { return false }
    usleep(10_000)
  }
  return true
}
