internal import CLinux
internal import Glibc

/// Where alert lines go. A channel belongs to the writer's thread from the start of an ``AlertWriter`` to its end.
public protocol OutputChannel: AnyObject {
  /// What messages call it: `file_output`.
  var name: String { get }
  /// Delivers one line, newline included. May block.
  func write(_ line: [UInt8]) throws(OutputError)
  /// Closes and opens anew what has a name in the file system, after a rotation.
  func reopen() throws(OutputError)
  /// Delivers what the channel holds back.
  func flush() throws(OutputError)
}

/// Why a line did not reach its channel. The line is counted as failed, the channel stays in use.
public enum OutputError: Error, Sendable, Equatable {
  /// `code` is an errno value; `operation` names the call and what it was about.
  case system(Int32, operation: String)
}

extension OutputError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let code, let operation): "\(operation): \(unsafe String(cString: wh_error_text(code)))"
    }
  }
}

/// Lines to standard output or another descriptor that someone else owns.
public final class DescriptorChannel: OutputChannel {
  public let name: String
  private let descriptor: Int32
  private let isBuffered: Bool
  private var held: [UInt8] = []

  /// - Parameter isBuffered: Hold back up to 64 KiB instead of one write per line.
  public init(name: String = "stdout_output", descriptor: Int32 = 1, isBuffered: Bool = false) {
    self.name = name
    self.descriptor = descriptor
    self.isBuffered = isBuffered
  }

  public func write(_ line: [UInt8]) throws(OutputError) {
    guard isBuffered else { return try writeAll(line, to: descriptor, "write to \(name)") }
    held += line
    if held.count >= 64 << 10 { try flush() }
  }

  public func flush() throws(OutputError) {
    guard !held.isEmpty else { return }
    let lines = held
    held.removeAll(keepingCapacity: true)
    try writeAll(lines, to: descriptor, "write to \(name)")
  }

  public func reopen() throws(OutputError) {}
}

/// Lines appended to a file.
public final class FileChannel: OutputChannel {
  public var name: String { "file_output" }
  private let path: String
  private let staysOpen: Bool
  private var descriptor: Int32 = -1

  /// - Parameter staysOpen: Keep the file open between alerts (`keep_alive`) instead of opening it for each.
  /// - Throws: if the file cannot be opened for appending now: a mistake in the configuration that should show at once.
  public init(appendingTo path: String, staysOpen: Bool) throws(OutputError) {
    self.path = path
    self.staysOpen = staysOpen
    try open()
    if !staysOpen { close() }
  }

  deinit { if descriptor >= 0 { _ = Glibc.close(descriptor) } }

  public func write(_ line: [UInt8]) throws(OutputError) {
    if descriptor < 0 { try open() }
    defer { if !staysOpen { close() } }
    try writeAll(line, to: descriptor, "write to \(path)")
  }

  public func reopen() throws(OutputError) {
    guard staysOpen else { return }
    close()
    try open()
  }

  public func flush() throws(OutputError) {}

  private func open() throws(OutputError) {
    descriptor = unsafe wh_open_append(path)
    if descriptor < 0 { throw .system(errno, operation: "open \(path) to append") }
  }

  private func close() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
    descriptor = -1
  }
}

/// Writes all bytes, however many calls that takes.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ operation: String) throws(OutputError) {
  var at = 0
  while at < bytes.count {
    let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress! + at, $0.count - at) }
    if written >= 0 {
      at += written
    } else if errno != EINTR {
      throw .system(errno, operation: operation)
    }
  }
}
