internal import EventSchema
internal import SystemState

/// Users and groups of the event's thread: in a container as its own files name them.
extension FieldExtractor {
  mutating func userValue(_ field: Int, _ event: borrowing EventView, _ state: borrowing SystemState) -> FieldValue {
    let plan = plans[field]
    if let subject {
      guard state.holdsContainer(subject.container, since: subject.containerSince) else { return constants[.na] }
      return userValue(
        plan, uid: subject.uid, gid: subject.gid, login: subject.loginuid, container: subject.container, state)
    }
    let slot = state.current.thread
    let told = state.current.container
    if slot == Slot.none {
      if told != Slot.none, plan.id == .userName, !state.containers[told].user.isEmpty {
        return .pool(state.containers[told].user)
      }
      return .missing
    }
    return userValue(
      plan, uid: state.threads[slot].uid, gid: state.threads[slot].gid, login: state.threads[slot].loginuid,
      container: state.threads[slot].container, state)
  }

  private mutating func userValue(
    _ plan: Plan, uid: UInt32, gid: UInt32, login: UInt32, container: UInt32, _ state: borrowing SystemState
  ) -> FieldValue {
    switch plan.id {
    case .userUid: return .unsigned(UInt64(uid), plan.type)
    case .groupGid: return .unsigned(UInt64(gid), plan.type)
    case .userLoginuid: return .signed(Int64(Int32(bitPattern: login)))
    case .userName: return account(uid, .name, container, state) ?? constants[uid == 0 ? .root : .na]
    case .userLoginname: return account(login, .name, container, state) ?? constants[login == 0 ? .root : .na]
    case .userHomedir: return account(uid, .home, container, state) ?? constants[uid == 0 ? .rootHome : .na]
    case .userShell: return account(uid, .shell, container, state) ?? constants[.na]
    case .groupName:
      if container != Slot.none {
        return state.groupAccount(gid, of: container).map { .pool(state.containers[container].accounts, $0) }
          ?? constants[gid == 0 ? .root : .na]
      }
      return state.users.group(gid).map { .pool($0) } ?? constants[gid == 0 ? .root : .na]
    default: return .missing
    }
  }

  private enum Account: Int { case name, home, shell }

  /// In a container from its own files only: the host's name for the same number is somebody else's.
  private mutating func account(
    _ uid: UInt32, _ part: Account, _ container: UInt32, _ state: borrowing SystemState
  ) -> FieldValue? {
    if container != Slot.none {
      return state.account(uid, part: part.rawValue, of: container).map {
        .pool(state.containers[container].accounts, $0)
      }
    }
    guard let user = state.users.user(uid) else { return nil }
    switch part {
    case .name: return .pool(user.name)
    case .home: return .pool(user.home)
    case .shell: return .pool(user.shell)
    }
  }
}
