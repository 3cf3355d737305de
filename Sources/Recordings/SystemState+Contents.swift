public import CaptureFile
internal import ProcFS
public import SystemState

/// From what a capture file says of its machine to a state, and back.
extension SystemState {
  /// The state as a section of a capture begins with it.
  public init(replaying contents: CaptureContents) {
    self.init(machine: Machine(contents.machine, contents.interfaces))
    followsNames = false
    load(users: contents.users, groups: contents.groups)
    add(contents.processes, readAt: 0)
  }
}

extension Machine {
  /// The machine that a capture comes from.
  public init(_ machine: MachineRecord, _ interfaces: [InterfaceRecord]) {
    self.init()
    hostName = String(decoding: machine.hostName, as: UTF8.self)
    bootTime = machine.bootTime
    for interface in interfaces {
      let address = IPAddress(high: interface.address.high, low: interface.address.low)
      if interface.isV6 {
        addressesV6.append(address)
      } else {
        addressesV4.append(address)
        masksV4.append(UInt32(truncatingIfNeeded: interface.mask.high))
      }
    }
  }
}

extension CaptureContents {
  /// What a capture that begins now on this host says of it: its facts and users; the processes are the state's.
  public static func ofThisHost() -> CaptureContents {
    let host = HostReading.current()
    var contents = CaptureContents()
    contents.machine.cpuCount = host.cpuCount
    contents.machine.memoryBytes = host.memoryBytes
    contents.machine.largestProcessID = host.largestProcessID
    contents.machine.hostName = Array(host.name.utf8)
    contents.machine.bootTime = host.bootTime
    for found in host.interfaces {
      var interface = InterfaceRecord(isV6: found.isV6)
      interface.name = found.name
      interface.address = found.address
      interface.mask = found.mask
      contents.interfaces.append(interface)
    }
    contents.users = ProcFS().users()
    contents.groups = ProcFS().groups()
    return contents
  }

  /// The same machine with its processes as a state has them now.
  ///
  /// - Parameters:
  ///   - time: Threads that were seen to begin at this time or later are left out.
  ///   - limit: Bytes of memory for texts, see ``SystemState/SystemState/readings(startedBefore:textBytes:)``.
  public func with(
    processesOf state: borrowing SystemState, startedBefore time: UInt64 = .max, textBytes limit: Int = .max / 2
  ) -> CaptureContents {
    var contents = self
    contents.processes = state.readings(startedBefore: time, textBytes: limit)
    return contents
  }
}
