import FoundationEssentials
import Glibc

/// Where a case runs: a directory of its own, and a copy of the action program in it.
///
/// The directory is named by a marker of twelve random hexadecimal digits. Every process of the case carries it in its
/// executable's path or its arguments, and so does every alert about it: that is how alerts find back to their case.
/// A container id has the same form, so the marker serves as one too.
struct Place {
  let marker: String
  let directory: String
  let program: String

  /// Rules of the cases rely on this prefix.
  static func makeRoot() throws -> String {
    var template = Array("/tmp/windhover-e2e.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw EndToEndError.system("mkdtemp", Errno.current) }
    let root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard chmod(root, 0o755) == 0 else { throw EndToEndError.system("chmod \(root)", Errno.current) }
    return root
  }

  init(under root: String, program name: String, files: [String: String]) throws {
    marker = (0..<12).map { _ in String("0123456789abcdef".randomElement() ?? "0") }.joined()
    directory = "\(root)/\(marker)"
    program = "\(directory)/\(name)"
    let manager = FileManager.default
    try manager.createDirectory(atPath: directory, withIntermediateDirectories: false)
    try manager.copyItem(atPath: Locations.actions, toPath: program)
    for (file, content) in files {
      guard manager.createFile(atPath: "\(directory)/\(file)", contents: Data(content.utf8)) else {
        throw EndToEndError.system("create \(directory)/\(file)", Errno.current)
      }
    }
    // The cases that drop privileges go through here, whatever the umask of the session is.
    guard chmod(directory, 0o755) == 0, chmod(program, 0o755) == 0 else {
      throw EndToEndError.system("chmod \(directory)", Errno.current)
    }
    var inodes: [String: UInt64] = [:]
    for file in files.keys {
      var facts = stat()
      if stat("\(directory)/\(file)", &facts) == 0 { inodes[file] = UInt64(facts.st_ino) }
    }
    self.inodes = inodes
  }

  private let inodes: [String: UInt64]

  /// Replaces `{dir}`, `{marker}`, `{program}`, `{windhover}` and `{inode:FILE}`.
  func fill(_ text: String) -> String {
    var filled = text
    let values = ["{dir}": directory, "{marker}": marker, "{program}": program, "{windhover}": Locations.windhover]
    for (name, value) in values { filled = filled.replacing(name, with: value) }
    for (file, inode) in inodes { filled = filled.replacing("{inode:\(file)}", with: "\(inode)") }
    return filled
  }
}

/// The files that the tests work with.
enum Locations {
  static let package = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/\($1)" }
  static let tests = "\(package)/Tests/EndToEnd"

  static var windhover: String {
    guard let path = environment("WINDHOVER_BINARY") else { return "\(products)/windhover" }
    return path.hasPrefix("/") ? path : "\(package)/\(path)"
  }

  static var actions: String { "\(products)/EndToEndActions" }

  /// Test program and products share a folder.
  static var products: String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = own.split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" }
    return access("\(folder)/EndToEndActions", X_OK) == 0 ? folder : "\(package)/.build/debug"
  }

  /// Rule files by the names that cases use.
  static func rules(_ name: String) -> String {
    switch name {
    case "default": "\(package)/rules/windhover_rules.yaml"
    case "incubating", "sandbox": "\(package)/rules/windhover_\(name).yaml"
    default: "\(tests)/rules/\(name)"
    }
  }

  static func decode<Value: Decodable>(_ type: Value.Type, from file: String) throws -> Value {
    guard let content = FileManager.default.contents(atPath: file) else {
      throw EndToEndError.system("read \(file)", Errno.current)
    }
    do {
      return try JSONDecoder().decode(type, from: content)
    } catch {
      throw EndToEndError.unreadable(file, "\(error)")
    }
  }
}

func environment(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}

enum EndToEndError: Error, CustomStringConvertible {
  case system(String, Errno)
  case unreadable(String, String)
  case neverReady(String)

  var description: String {
    switch self {
    case .system(let action, let errno): "\(action): \(errno)"
    case .unreadable(let file, let reason): "\(file): \(reason)"
    case .neverReady(let reason): reason
    }
  }
}

struct Errno: Sendable, CustomStringConvertible {
  var code: Int32
  static var current: Errno { Errno(code: errno) }
  var description: String { String(cString: strerror(code)) }
}
