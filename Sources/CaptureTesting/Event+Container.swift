internal import EventSchema

/// Events of the container side.
extension Event {
  /// What a container runtime told, as capture files carry it.
  public static func container(at time: UInt64 = 0, _ payload: String, name: String = "container") -> [UInt8] {
    make(.asyncevent, -1, at: time) {
      $0.append(UInt32(0))
      $0.append(text: name)
      $0.append(bytes: Array(payload.utf8) + [0])
    }
  }

  public static func userAdded(
    at time: UInt64 = 0, _ uid: UInt32, _ name: String, home: String = "/", shell: String = "/bin/sh", container: String
  ) -> [UInt8] {
    make(.useradded, -1, at: time) {
      $0.append(uid)
      $0.append(uid)
      $0.append(text: name)
      $0.append(text: home)
      $0.append(text: shell)
      $0.append(text: container)
    }
  }
}
