internal import EventSchema
internal import SystemState

/// Users and groups of the event's thread.
extension FieldExtractor {
  mutating func userValue(_ plan: Plan, _ event: borrowing EventView, _ state: borrowing SystemState) -> FieldValue {
    let slot = state.current.thread
    guard slot != Slot.none else { return .missing }
    let uid = state.threads[slot].uid
    let gid = state.threads[slot].gid
    let login = state.threads[slot].loginuid
    switch plan.id {
    case .userUid: return .unsigned(UInt64(uid), plan.type)
    case .groupGid: return .unsigned(UInt64(gid), plan.type)
    case .userLoginuid: return .signed(Int64(Int32(bitPattern: login)))
    case .userName: return userName(uid, state)
    case .userLoginname: return userName(login, state)
    case .userHomedir:
      if let user = state.users.user(uid) { return .pool(user.home) }
      return constants[uid == 0 ? .rootHome : .na]
    case .userShell:
      if let user = state.users.user(uid) { return .pool(user.shell) }
      return constants[.na]
    case .groupName:
      if let name = state.users.group(gid) { return .pool(name) }
      return constants[gid == 0 ? .root : .na]
    default: return .missing
    }
  }

  private mutating func userName(_ uid: UInt32, _ state: borrowing SystemState) -> FieldValue {
    if let user = state.users.user(uid) { return .pool(user.name) }
    return constants[uid == 0 ? .root : .na]
  }
}
