internal import Glibc

/// A rule file in memory.
public struct RuleSource: Sendable {
  /// What messages call it; usually its path.
  public var name: String
  public var contents: [UInt8]
  /// Why the file could not be read; loading reports it as the file's error.
  public var failure: RuleSourceError?

  public init(name: String, contents: [UInt8]) {
    self.name = name
    self.contents = contents
  }

  /// A file that could not be read.
  public init(name: String, failure: RuleSourceError) {
    self.init(name: name, contents: [])
    self.failure = failure
  }
}

/// Why rule files could not be read.
public enum RuleSourceError: Error, Sendable, Equatable {
  /// The call failed with this `errno`.
  case system(path: String, call: String, code: Int32)
  case tooLarge(path: String, limit: Int)
  /// After skipping all that is missing or no YAML file, nothing is left.
  case noFiles

  public var message: String {
    switch self {
    case .system(let path, let call, let code):
      "\(path): \(call) failed: \(String(cString: strerror(code)))"
    case .tooLarge(let path, let limit): "\(path): larger than \(limit) bytes"
    case .noFiles: "no rules file to load: name at least one existing .yaml file or a folder that holds one"
    }
  }

  /// The same where the path is known.
  var reason: String {
    switch self {
    case .system(_, let call, let code): "\(call) failed: \(String(cString: strerror(code)))"
    case .tooLarge(_, let limit): "larger than \(limit) bytes"
    case .noFiles: "no file to load: its name does not end in .yaml or .yml, or the folder holds no such file"
    }
  }

  var hint: String? {
    switch self {
    case .system(_, _, ENOENT): "check the path"
    case .system(_, _, EACCES): "make the file readable for the user that windhover runs as"
    case .system: nil
    case .tooLarge: "split the file"
    case .noFiles: "rename the file, or name another"
    }
  }
}

extension RuleSource {
  static let sizeLimit = 64 << 20

  /// Finds the rule files that a list of paths means, in the order in which they are loaded.
  ///
  /// A folder gives its regular files with the ending `.yaml` or `.yml`, sorted by bytes, folders in it left out; test
  /// files (`.test.yaml`) may lie beside the rules and are left out too.
  ///
  /// - Parameter skipsMissing: Whether paths that do not exist are left out, as for the configuration's list.
  /// - Throws: ``RuleSourceError/noFiles`` if nothing is left, or the failed call.
  public static func resolve(_ paths: [String], skipsMissing: Bool) throws(RuleSourceError) -> [String] {
    var files: [String] = []
    for path in paths {
      guard let kind = fileKind(path) else {
        if skipsMissing, errno == ENOENT || errno == ENOTDIR { continue }
        throw .system(path: path, call: "stat", code: errno)
      }
      if kind == S_IFDIR {
        files += try yamlFiles(inFolder: path)
      } else if isYAMLName(path) {
        files.append(path)
      }
    }
    guard !files.isEmpty else { throw .noFiles }
    return files
  }

  /// Resolves paths and reads what they name.
  public static func read(_ paths: [String], skipsMissing: Bool) throws(RuleSourceError) -> [RuleSource] {
    var sources: [RuleSource] = []
    for path in try resolve(paths, skipsMissing: skipsMissing) { sources.append(try RuleSource(reading: path)) }
    return sources
  }

  /// Reads one file.
  public init(reading path: String) throws(RuleSourceError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path: path, call: "open", code: errno) }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(path: path, call: "read", code: errno)
      }
      contents += chunk[..<count]
      guard contents.count <= Self.sizeLimit else { throw .tooLarge(path: path, limit: Self.sizeLimit) }
    }
    self.init(name: path, contents: contents)
  }

  private static func yamlFiles(inFolder path: String) throws(RuleSourceError) -> [String] {
    guard let folder = opendir(path) else { throw .system(path: path, call: "opendir", code: errno) }
    defer { closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = readdir(folder) {
      // Looked at in place: the record may end before the 256 bytes that the type of its name declares.
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        let bytes = UnsafeRawPointer(pointer)
        var count = 0
        while bytes.load(fromByteOffset: count, as: UInt8.self) != 0 { count += 1 }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
      }
      names.append(name)
    }
    names.sort { $0.lexicographicallyPrecedes($1) }
    let prefix = path.hasSuffix("/") ? path : path + "/"
    return names.map { prefix + String(decoding: $0, as: UTF8.self) }
      .filter { isYAMLName($0) && !$0.hasSuffix(".test.yaml") && !$0.hasSuffix(".test.yml") && fileKind($0) == S_IFREG }
  }

  private static func isYAMLName(_ path: String) -> Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }

  /// The type bits of what a path names, behind symbolic links; nil with `errno` set if there is nothing.
  private static func fileKind(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }
}
