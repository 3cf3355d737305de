internal import EventSchema

/// Users and groups that appear or go while watching, or that a capture lists. Those of containers are not kept.
extension SystemState {
  mutating func applyUser(_ event: borrowing EventView, isAdded: Bool) {
    guard let uid = event.value(0, as: UInt32.self), event.text(5).byteCount == 0 else { return }
    if let old = users.usersByID.removeValue(forKey: uid) { release(old) }
    let name = event.bytes(2).untilNUL()
    guard isAdded, UserTable.isUsable(name) else { return }
    users.usersByID[uid] = UserTable.User(
      name: texts.store(name), home: texts.store(event.bytes(3).untilNUL()),
      shell: texts.store(event.bytes(4).untilNUL()))
  }

  mutating func applyGroup(_ event: borrowing EventView, isAdded: Bool) {
    guard let gid = event.value(0, as: UInt32.self), event.text(2).byteCount == 0 else { return }
    if let old = users.groupsByID.removeValue(forKey: gid) { texts.release(old) }
    let name = event.bytes(1).untilNUL()
    guard isAdded, UserTable.isUsable(name) else { return }
    users.groupsByID[gid] = texts.store(name)
  }

  mutating func release(_ user: UserTable.User) {
    texts.release(user.name)
    texts.release(user.home)
    texts.release(user.shell)
  }
}

extension UserTable {
  /// `+` and `-` begin lines that include or exclude the accounts of NIS. Source: passwd(5), "compat".
  static func isUsable(_ name: borrowing RawSpan) -> Bool {
    guard name.byteCount > 0 else { return false }
    return name.byte(0) != UInt8(ascii: "+") && name.byte(0) != UInt8(ascii: "-")
  }
}
