public struct UserReading: Sendable, Equatable {
  public var uid: UInt32
  public var gid: UInt32
  public var name: [UInt8]
  public var home: [UInt8]
  public var shell: [UInt8]

  public init(uid: UInt32, gid: UInt32, name: [UInt8], home: [UInt8], shell: [UInt8]) {
    self.uid = uid
    self.gid = gid
    self.name = name
    self.home = home
    self.shell = shell
  }
}

public struct GroupReading: Sendable, Equatable {
  public var gid: UInt32
  public var name: [UInt8]

  public init(gid: UInt32, name: [UInt8]) {
    self.gid = gid
    self.name = name
  }
}

/// Users and groups from the files under the root, not from the name service: a query to LDAP may block for seconds
/// and asks about this host, not the one under the root.
extension ProcFS {
  /// Those of etc/passwd; empty if there is none.
  public func users() -> [UserReading] { AccountFiles.users(contents("/etc/passwd")) }

  /// Those of etc/group; empty if there is none.
  public func groups() -> [GroupReading] { AccountFiles.groups(contents("/etc/group")) }

  private func contents(_ file: String) -> [UInt8] {
    var files = FileReader()
    return files.read(path(file)).map { Array($0) } ?? []
  }
}

/// The text of passwd(5) and group(5). Lines that are none are skipped.
public enum AccountFiles {
  /// Lines `name:password:uid:gid:comment:home:shell`.
  public static func users(_ text: [UInt8]) -> [UserReading] {
    lines(text).compactMap { fields in
      guard fields.count >= 7, let uid = number(fields[2]), let gid = number(fields[3]), isUsable(fields[0]) else {
        return nil
      }
      return UserReading(
        uid: uid, gid: gid, name: Array(fields[0]), home: Array(fields[5]), shell: Array(fields[6]))
    }
  }

  /// Lines `name:password:gid:members`.
  public static func groups(_ text: [UInt8]) -> [GroupReading] {
    lines(text).compactMap { fields in
      guard fields.count >= 3, let gid = number(fields[2]), isUsable(fields[0]) else { return nil }
      return GroupReading(gid: gid, name: Array(fields[0]))
    }
  }

  private static func lines(_ text: [UInt8]) -> [[ArraySlice<UInt8>]] {
    text.split(separator: 10).map { $0.split(separator: 58, omittingEmptySubsequences: false) }
  }

  private static func number(_ field: ArraySlice<UInt8>) -> UInt32? {
    var scanner = TextScanner(Array(field))
    guard let value = scanner.decimal(), scanner.isAtEnd, value <= UInt64(UInt32.max) else { return nil }
    return UInt32(value)
  }

  /// `+` and `-` begin lines that include or exclude the accounts of NIS.
  private static func isUsable(_ name: ArraySlice<UInt8>) -> Bool {
    guard let first = name.first else { return false }
    return first != UInt8(ascii: "+") && first != UInt8(ascii: "-")
  }
}
