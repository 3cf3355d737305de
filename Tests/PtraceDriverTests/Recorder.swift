import Glibc
import Testing

/// A program that ran under PtraceRecorder, by its exit code; killed and reported if it takes longer than it may.
struct Trial {
  let exitCode: Int32
  /// It had to be killed: somebody waits for ever.
  let hung: Bool
  let output: String

  /// - Parameters:
  ///   - seconds: How long it may take; a hang is a failure of its own.
  init(_ words: [String], seconds: Int, whileRunning act: (pid_t) -> Void = { _ in }) throws {
    let log = "/tmp/windhover-trial-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    defer { unlink(log) }
    let child = try Trial.start(words, output: log)
    act(child)
    var status: Int32 = 0
    var waited = 0
    while waitpid(child, &status, WNOHANG) == 0, waited < seconds * 100 {
      usleep(10_000)
      waited += 1
    }
    hung = waited >= seconds * 100
    if hung {
      kill(-child, SIGKILL)
      waitpid(child, &status, 0)
    }
    exitCode = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    output = text(log)
  }

  /// In a process group of its own, with no signal blocked, all output in one file.
  static func start(_ words: [String], output: String) throws -> pid_t {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&files, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t(), all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let failure = posix_spawnp(&child, words[0], &files, &attributes, &arguments, environ)
    try #require(failure == 0, "starting \(words): errno \(failure)")
    return child
  }
}

/// A program of this package, from beside the tests.
func program(_ name: String) throws -> String {
  for word in text("/proc/self/cmdline").split(separator: "\0").map(String.init) + [resolved("/proc/self/exe")] {
    guard let slash = word.lastIndex(of: "/") else { continue }
    let path = word[..<slash] + "/" + name
    if access(String(path), X_OK) == 0 { return String(path) }
  }
  throw Missing(name: name)
}

struct Missing: Error { let name: String }

private func resolved(_ path: String) -> String {
  guard let found = realpath(path, nil) else { return "" }
  defer { free(found) }
  return String(cString: found)
}

func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

func bytes(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var all: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 14)
  while true {
    let count = fread(&piece, 1, piece.count, file)
    if count == 0 { return all }
    all += piece[..<count]
  }
}
