internal import EventSchema
internal import ProcFS

/// Users and groups that appear or go while watching, or that a capture lists: of the host, or of a container.
extension SystemState {
  mutating func applyUser(_ event: borrowing EventView, isAdded: Bool) {
    guard let uid = event.value(0, as: UInt32.self) else { return }
    let container = event.bytes(5).untilNUL()
    if container.byteCount > 0 {
      let gid = event.uint32(1, or: .max)
      let (name, home, shell) = (event.bytes(2).untilNUL(), event.bytes(3).untilNUL(), event.bytes(4).untilNUL())
      let isUsable = UserTable.isUsable(name)
      let user = UserReading(uid: uid, gid: gid, name: array(name), home: array(home), shell: array(shell))
      changeAccounts(of: containers.find(container, in: texts)) { users, _ in
        users.removeAll { $0.uid == uid }
        if isAdded && isUsable { users.append(user) }
      }
      return
    }
    if let old = users.usersByID.removeValue(forKey: uid) { release(old) }
    let name = event.bytes(2).untilNUL()
    guard isAdded, UserTable.isUsable(name) else { return }
    users.usersByID[uid] = UserTable.User(
      name: texts.store(name), home: texts.store(event.bytes(3).untilNUL()),
      shell: texts.store(event.bytes(4).untilNUL()))
  }

  mutating func applyGroup(_ event: borrowing EventView, isAdded: Bool) {
    guard let gid = event.value(0, as: UInt32.self) else { return }
    let container = event.bytes(2).untilNUL()
    if container.byteCount > 0 {
      let name = event.bytes(1).untilNUL()
      let isUsable = UserTable.isUsable(name)
      let group = GroupReading(gid: gid, name: array(name))
      changeAccounts(of: containers.find(container, in: texts)) { _, groups in
        groups.removeAll { $0.gid == gid }
        if isAdded && isUsable { groups.append(group) }
      }
      return
    }
    if let old = users.groupsByID.removeValue(forKey: gid) { texts.release(old) }
    let name = event.bytes(1).untilNUL()
    guard isAdded, UserTable.isUsable(name) else { return }
    users.groupsByID[gid] = texts.store(name)
  }

  private func array(_ bytes: borrowing RawSpan) -> [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe Array($0) }
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
