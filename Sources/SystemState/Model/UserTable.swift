/// Names of users and groups by id, as the host's passwd and group files give them.
public struct UserTable: ~Copyable {
  public struct User: BitwiseCopyable, Sendable {
    public var name: TextHandle
    public var home: TextHandle
    public var shell: TextHandle
    public init(name: TextHandle, home: TextHandle, shell: TextHandle) {
      self.name = name
      self.home = home
      self.shell = shell
    }
  }

  var usersByID: [UInt32: User] = [:]
  var groupsByID: [UInt32: TextHandle] = [:]

  public init() {}
  /// `nil` for an id that no file names.
  public func user(_ uid: UInt32) -> User? { usersByID[uid] }
  public func group(_ gid: UInt32) -> TextHandle? { groupsByID[gid] }
}
