import Glibc

/// A program started by the benchmark, with what it prints.
struct Child: ~Copyable {
  let pid: pid_t
  /// The reading end of a pipe from the program's standard output and, if asked for, standard error.
  let output: Int32

  /// - Parameter mergesErrors: Standard error goes the same way as standard output; otherwise nowhere.
  init(_ path: String, _ arguments: [String], mergesErrors: Bool = false) {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { fatalError("pipe: errno \(errno)") }
    for end in ends { _ = unsafe fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    if mergesErrors {
      unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    } else {
      unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    var id: pid_t = 0
    let words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { for word in unsafe words { unsafe free(word) } }
    let error = unsafe posix_spawn(&id, path, &actions, nil, words, environ)
    guard error == 0 else { fatalError("cannot start \(path): errno \(error)") }
    close(ends[1])
    pid = id
    output = ends[0]
  }

  deinit { close(output) }

  /// Runs a program to its end.
  /// - Returns: What it printed.
  @discardableResult
  static func run(_ path: String, _ arguments: [String], mergesErrors: Bool = false) -> String {
    let child = Child(path, arguments, mergesErrors: mergesErrors)
    let text = child.readAll()
    child.wait()
    return text
  }

  func signal(_ number: Int32) { kill(pid, number) }

  @discardableResult
  func wait() -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    return status
  }

  /// Everything until the program closes its output.
  func readAll() -> String {
    var text: [UInt8] = []
    while let more = readSome() { text += more }
    return String(decoding: text, as: UTF8.self)
  }

  /// Waits for output; `nil` at its end.
  func readSome() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe read(output, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      return count > 0 ? Array(buffer[0..<count]) : nil
    }
  }

  /// Whether output is there within some milliseconds.
  func isReadable(within milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, milliseconds) > 0
  }
}
