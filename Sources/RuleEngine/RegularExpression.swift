internal import CRegex

/// A compiled pattern of the `regex` operator: POSIX egrep syntax, matched against the whole value in time linear in its
/// length.
///
/// The handle never changes and matching is safe from several threads.
public final class RegularExpression: @unchecked Sendable {
  public struct Failure: Error, Sendable, Equatable {
    /// What is wrong with the pattern, as the library says it.
    public var message: String
  }

  /// The address of the compiled pattern. Tests keep this number, so that running one counts no reference.
  let handle: UInt
  /// Instructions of the program: what the pattern costs in memory.
  public let size: Int

  public init(_ pattern: [UInt8]) throws(Failure) {
    var message = [CChar](repeating: 0, count: 256)
    let compiled = unsafe pattern.withUnsafeBytes { bytes in
      unsafe message.withUnsafeMutableBufferPointer { text in
        unsafe wh_regex_compile(bytes.baseAddress, bytes.count, text.baseAddress, text.count)
      }
    }
    guard let compiled = unsafe compiled else {
      throw Failure(message: String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    handle = UInt(bitPattern: compiled)
    size = unsafe wh_regex_size(compiled)
  }

  deinit { unsafe wh_regex_free(OpaquePointer(bitPattern: handle)) }

  /// Whether the pattern behind a handle matches the whole value, bytes that are no UTF-8 read as U+FFFD.
  ///
  /// - Parameter handle: Of an expression that the caller keeps alive.
  static func matches(_ value: borrowing RawSpan, _ handle: UInt) -> Bool {
    unsafe value.withUnsafeBytes { bytes in
      unsafe wh_regex_matches(OpaquePointer(bitPattern: handle), bytes.baseAddress, bytes.count) != 0
    }
  }
}
