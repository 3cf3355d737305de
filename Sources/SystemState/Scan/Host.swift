public import ProcFS

extension Machine {
  /// This host: name, boot time and addresses.
  public static func current() -> Machine {
    let host = HostReading.current()
    var machine = Machine()
    machine.hostName = host.name
    machine.bootTime = host.bootTime
    machine.bootID = host.bootID
    for interface in host.interfaces {
      let address = IPAddress(high: interface.address.high, low: interface.address.low)
      if interface.isV6 {
        machine.addressesV6.append(address)
      } else {
        machine.addressesV4.append(address)
        machine.masksV4.append(UInt32(truncatingIfNeeded: interface.mask.high))
      }
    }
    return machine
  }
}

extension SystemState {
  /// Replaces users and groups by those of the root's passwd and group files, and names of addresses by those of its
  /// hosts file. The first line of an id or address counts, as it does for the system.
  public mutating func loadNames(_ procfs: ProcFS) {
    load(users: procfs.users(), groups: procfs.groups())
    load(procfs.hostNames())
  }

  /// Replaces names of addresses by those given. The first entry of an address counts.
  public mutating func load(_ names: [HostNameReading]) {
    machine.hostNames = [:]
    for name in names {
      let address = IPAddress(high: name.high, low: name.low)
      let key = name.isV6 ? address : address.mapped
      if machine.hostNames[key] == nil { machine.hostNames[key] = name.name }
    }
  }

  /// Replaces users and groups by those given. The first entry of an id counts.
  public mutating func load(users readings: [UserReading], groups: [GroupReading]) {
    for user in users.usersByID.values { release(user) }
    for group in users.groupsByID.values { texts.release(group) }
    users.usersByID.removeAll()
    users.groupsByID.removeAll()
    for user in readings where users.usersByID[user.uid] == nil {
      users.usersByID[user.uid] = UserTable.User(
        name: texts.store(user.name), home: texts.store(user.home),
        shell: texts.store(user.shell))
    }
    for group in groups where users.groupsByID[group.gid] == nil {
      users.groupsByID[group.gid] = texts.store(group.name)
    }
  }
}
