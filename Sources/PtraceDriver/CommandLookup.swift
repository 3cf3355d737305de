public import Capture
internal import Glibc

/// Finding the file of a command as a shell does.
enum CommandLookup {
  /// The file to execute: `name` itself if it has a slash, else the first along `PATH` that may be executed.
  ///
  /// - Throws: ``CaptureError/system(errno:during:)`` with `ENOENT`, or `EACCES` if there are only files that may not.
  static func find(_ name: String) throws(CaptureError) -> String {
    guard !name.isEmpty else { throw .system(errno: ENOENT, during: "running a command without a name") }
    if name.contains("/") { return name }
    // What execvp(3) takes where PATH is not set.
    let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/bin:/usr/bin"
    var isForbidden = false
    for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
      let file = (folder.isEmpty ? "." : folder) + "/" + name
      var status = stat()
      guard unsafe stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      if access(file, X_OK) == 0 { return file }
      isForbidden = true
    }
    throw .system(errno: isForbidden ? EACCES : ENOENT, during: "running \(name)")
  }
}
