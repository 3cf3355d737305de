internal import ProcFS

/// The users and groups of one container as one text: what is looked up by number has to be found without a walk.
///
/// Layout, little-endian: number of users u32, number of groups u32; for each user id u32 and place u32, by id; the same
/// for each group; then at the places `NAME NUL HOME NUL SHELL NUL`, for groups `NAME NUL`.
enum AccountList {
  /// The most of each that are kept.
  static let limit = 2048

  static func packed(users: [UserReading], groups: [GroupReading]) -> [UInt8] {
    var texts: [UInt8] = []
    var userPlaces: [UInt32: Int] = [:]
    var groupPlaces: [UInt32: Int] = [:]
    // The first line of an id counts, as it does for the system.
    for user in users where userPlaces[user.uid] == nil && userPlaces.count < limit {
      let parts = [user.name, user.home, user.shell]
      guard texts.count + parts.reduce(3, { $0 + $1.count }) <= 28_000, parts.allSatisfy({ !$0.contains(0) }) else { continue }
      userPlaces[user.uid] = texts.count
      for part in parts { texts += part + [0] }
    }
    for group in groups where groupPlaces[group.gid] == nil && groupPlaces.count < limit {
      guard texts.count + group.name.count + 1 <= 30_000, !group.name.contains(0) else { continue }
      groupPlaces[group.gid] = texts.count
      texts += group.name + [0]
    }
    if userPlaces.isEmpty, groupPlaces.isEmpty { return [] }
    var bytes: [UInt8] = []
    func put(_ value: Int) { for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) } }
    put(userPlaces.count)
    put(groupPlaces.count)
    let start = 8 + 8 * (userPlaces.count + groupPlaces.count)
    for places in [userPlaces, groupPlaces] {
      for (id, place) in places.sorted(by: { $0.key < $1.key }) {
        put(Int(id))
        put(start + place)
      }
    }
    return bytes + texts
  }

  /// Where a text of an entry lies in the list; `nil` if the list has no such id.
  ///
  /// - Parameter part: 0 for the name, of users 1 for the home and 2 for the shell.
  static func find(_ id: UInt32, isGroup: Bool, part: Int, in list: borrowing RawSpan) -> Range<Int>? {
    guard let users = list.load(0, as: UInt32.self), let groups = list.load(4, as: UInt32.self) else { return nil }
    var low = isGroup ? Int(users) : 0
    var high = isGroup ? Int(users) + Int(groups) : Int(users)
    let end = high
    while low < high {
      let middle = (low + high) / 2
      guard let here = list.load(8 + 8 * middle, as: UInt32.self) else { return nil }
      if here < id { low = middle + 1 } else { high = middle }
    }
    guard low < end, list.load(8 + 8 * low, as: UInt32.self) == id, let place = list.load(12 + 8 * low, as: UInt32.self)
    else { return nil }
    var start = Int(place)
    for _ in 0..<part { start = list.firstIndex(of: 0, from: start) + 1 }
    return start..<list.firstIndex(of: 0, from: start)
  }

  static func unpacked(_ list: borrowing RawSpan) -> ([UserReading], [GroupReading]) {
    guard let userCount = list.load(0, as: UInt32.self), let groupCount = list.load(4, as: UInt32.self) else {
      return ([], [])
    }
    func texts(at place: Int, count: Int) -> [[UInt8]] {
      var start = place
      return (0..<count).map { _ in
        let end = list.firstIndex(of: 0, from: start)
        defer { start = end + 1 }
        return (start..<end).map { list.byte($0) }
      }
    }
    var users: [UserReading] = []
    var groups: [GroupReading] = []
    for index in 0..<Int(userCount + groupCount) {
      guard let id = list.load(8 + 8 * index, as: UInt32.self), let place = list.load(12 + 8 * index, as: UInt32.self) else {
        break
      }
      if index < Int(userCount) {
        let parts = texts(at: Int(place), count: 3)
        users.append(UserReading(uid: id, gid: 0, name: parts[0], home: parts[1], shell: parts[2]))
      } else {
        groups.append(GroupReading(gid: id, name: texts(at: Int(place), count: 1)[0]))
      }
    }
    return (users, groups)
  }
}

extension SystemState {
  /// Where the name, home (1) or shell (2) of a user lies in ``Container/accounts``; `nil` if its files lack the id.
  public func account(_ uid: UInt32, part: Int, of container: UInt32) -> Range<Int>? {
    AccountList.find(uid, isGroup: false, part: part, in: texts.bytes(containers[container].accounts))
  }

  /// Where the name of a group lies in ``Container/accounts``; `nil` if its files lack the id.
  public func groupAccount(_ gid: UInt32, of container: UInt32) -> Range<Int>? {
    AccountList.find(gid, isGroup: true, part: 0, in: texts.bytes(containers[container].accounts))
  }
}
