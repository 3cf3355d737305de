import Foundation
import Glibc

/// One run of the program: what it was given, its two channels and its exit code.
struct Invocation {
  var code: Int32
  var output: String
  var errors: String
  var seconds: Double

  /// - Parameters:
  ///   - arguments: Behind the program's name.
  ///   - files: Written to a new folder, in which the program runs.
  ///   - limits: Options of `prlimit`, such as `--as=…` for bytes of address space.
  init(_ arguments: [String], files: [String: Data] = [:], limits: [String] = []) throws {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("windhover-cli-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, contents) in files { try contents.write(to: folder.appendingPathComponent(name)) }
    let (out, err) = (folder.appendingPathComponent(".out"), folder.appendingPathComponent(".err"))
    for file in [out, err] { try Data().write(to: file) }

    let process = Process()
    let command = (limits.isEmpty ? [] : ["/usr/bin/prlimit"] + limits) + [Self.program] + arguments
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.currentDirectoryURL = folder
    // Files, unlike pipes, never make the program wait for its reader.
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    process.standardInput = FileHandle.nullDevice
    let start = ContinuousClock.now
    try process.run()
    process.waitUntilExit()
    seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000
    code = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    output = String(decoding: try Data(contentsOf: out), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: err), as: UTF8.self)
  }

  init(_ arguments: [String], file: String, _ text: String, limits: [String] = []) throws {
    try self.init(arguments, files: [file: Data(text.utf8)], limits: limits)
  }

  /// The output as JSON.
  func json() throws -> JSON { JSON(try JSONSerialization.jsonObject(with: Data(output.utf8))) }

  /// Test program and products share a folder.
  private static var program: String {
    if let path = ProcessInfo.processInfo.environment["WINDHOVER_BINARY"] {
      return path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = own.split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" }
    if access("\(folder)/windhover", X_OK) == 0 { return "\(folder)/windhover" }
    let package = #filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/\($1)" }
    return "\(package)/.build-tests/release/windhover"
  }
}

/// A JSON value to walk in, nil where there is nothing.
struct JSON {
  let value: Any?

  init(_ value: Any?) { self.value = value }

  subscript(key: String) -> JSON { JSON((value as? [String: Any])?[key]) }
  subscript(index: Int) -> JSON {
    guard let array = value as? [Any], array.indices.contains(index) else { return JSON(nil) }
    return JSON(array[index])
  }
  var keys: Set<String> { Set((value as? [String: Any])?.keys.map { $0 } ?? []) }
  var array: [JSON] { (value as? [Any])?.map { JSON($0) } ?? [] }
  var string: String? { value as? String }
  var int: Int? { (value as? NSNumber).flatMap { isBoolean ? nil : $0.intValue } }
  var bool: Bool? { isBoolean ? (value as? NSNumber)?.boolValue : nil }
  var strings: [String] { array.compactMap(\.string) }
  private var isBoolean: Bool { value is Bool && "\(type(of: value!))".contains("Bool") }
}
