internal import Glibc

/// Finds the test files that paths mean.
public enum TestDiscovery {
  /// A file is a test file whatever its name; below a folder, those that end in `.test.yaml` or `.test.yml`, folders in
  /// it included, in the order of their bytes.
  ///
  /// - Throws: If a path does not exist, or a folder has no test file.
  public static func files(_ paths: [String]) throws(TestFileProblem) -> [String] {
    var files: [String] = []
    for path in paths {
      var status = stat()
      guard stat(path, &status) == 0 else {
        throw TestFileProblem(path, nil, String(cString: strerror(errno)), hint: "name a test file, or a folder with some")
      }
      guard status.st_mode & S_IFMT == S_IFDIR else {
        files.append(path)
        continue
      }
      let found = below(path, depth: 0).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      if found.isEmpty {
        throw TestFileProblem(path, nil, "no test file here or in folders below", hint: "their names end in .test.yaml")
      }
      files += found
    }
    return files
  }

  private static func below(_ folder: String, depth: Int) -> [String] {
    guard depth < 16, let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var files: [String] = []
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      var status = stat()
      guard lstat(prefix + name, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        files += below(prefix + name, depth: depth + 1)
      } else if name.hasSuffix(".test.yaml") || name.hasSuffix(".test.yml") {
        files.append(prefix + name)
      }
    }
    return files
  }
}
