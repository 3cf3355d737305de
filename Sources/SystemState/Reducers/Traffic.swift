internal import EventSchema

/// What sends and receives tell about sockets that no connect or accept described, datagram sockets above all.
extension SystemState {
  /// - Parameter invents: A socket that nothing is known about becomes a UDP socket.
  mutating func send(_ event: borrowing EventView, descriptor: Int, tuple: Int, invents: Bool) {
    use(event, descriptor)
    guard event.int64(0, or: -1) >= 0, current.mainThread != Slot.none else { return }
    if current.descriptor == Slot.none {
      let number = current.descriptorNumber
      guard invents, number >= 0 else { return }
      let family = SocketTuple(event.bytes(tuple)).family
      guard family == .ipv4 || family == .ipv6 else { return }
      var socket = Descriptor(number: number, kind: family == .ipv4 ? .ipv4 : .ipv6)
      socket.l4 = .udp
      open(socket)
    }
    if isOpenToTraffic { updateSocket(event, tuple: tuple, isReceive: false) }
  }

  mutating func receive(_ event: borrowing EventView, descriptor: Int, tuple: Int) {
    use(event, descriptor)
    guard event.int64(0, or: -1) >= 0 else { return }
    if isOpenToTraffic { updateSocket(event, tuple: tuple, isReceive: true) }
  }

  /// A connected IPv4 TCP socket cannot change its ends: the common case is over here.
  private var isOpenToTraffic: Bool {
    let slot = current.descriptor
    guard slot != Slot.none else { return false }
    return descriptors[slot].name.isEmpty || !(descriptors[slot].kind == .ipv4 && descriptors[slot].l4 == .tcp)
  }

  private mutating func updateSocket(_ event: borrowing EventView, tuple parameter: Int, isReceive: Bool) {
    let slot = current.descriptor
    let tuple = SocketTuple(event.bytes(parameter))
    switch tuple.family {
    case .none: return
    case .unix:
      if descriptors[slot].kind == .unix, !descriptors[slot].name.isEmpty,
        descriptors[slot].sourcePointer == tuple.sourcePointer,
        descriptors[slot].destinationPointer == tuple.destinationPointer
      {
        return
      }
      descriptors[slot].kind = .unix
      descriptors[slot].sourcePointer = tuple.sourcePointer
      descriptors[slot].destinationPointer = tuple.destinationPointer
      scratch.setName(
        source: tuple.sourcePointer, destination: tuple.destinationPointer,
        path: SocketTuple.path(in: event.bytes(parameter)))
      rename(slot)
    case .ipv4, .ipv6: updateInternetSocket(slot, tuple, isReceive: isReceive)
    }
  }

  private mutating func updateInternetSocket(_ slot: UInt32, _ tuple: SocketTuple, isReceive: Bool) {
    var socket = descriptors[slot]
    let hasName = !socket.name.isEmpty
    if hasName, socket.holds(tuple) { return }

    // Sends put the local end first, receives the remote one.
    var local = isReceive ? tuple.destination : tuple.source
    var localPort = isReceive ? tuple.destinationPort : tuple.sourcePort
    var remote = isReceive ? tuple.source : tuple.destination
    var remotePort = isReceive ? tuple.sourcePort : tuple.destinationPort
    let isServer = socket.hasRole ? socket.flags.contains(.roleServer) : isReceive
    // What the event does not say stays as it was.
    let (oldLocal, oldLocalPort) = socket.end(isServer: isServer)
    let (oldRemote, oldRemotePort) = socket.end(isServer: !isServer)
    if local.isZero { local = oldLocal }
    if localPort == 0 { localPort = oldLocalPort }
    if remote.isZero { remote = oldRemote }
    if remotePort == 0 { remotePort = oldRemotePort }
    if tuple.family == .ipv4, local.isZero != remote.isZero {
      if local.isZero {
        local = replacement(facing: remote, hasSamePort: localPort == remotePort)
      } else {
        remote = replacement(facing: local, hasSamePort: localPort == remotePort)
      }
    } else if tuple.family == .ipv6, local.isZero, isOurs(v6: remote), localPort != remotePort {
      local = remote
    }

    socket.kind = tuple.family == .ipv4 ? .ipv4 : .ipv6
    if socket.l4 == .unknown { socket.l4 = .udp }
    if !socket.hasRole { socket.flags.insert(isServer ? .roleServer : .roleClient) }
    socket.source = isServer ? remote : local
    socket.sourcePort = isServer ? remotePort : localPort
    socket.destination = isServer ? local : remote
    socket.destinationPort = isServer ? localPort : remotePort
    if hasName, socket.isSameTuple(as: descriptors[slot]) { return }
    descriptors[slot] = socket
    scratch.setName(of: socket)
    rename(slot)
  }

  /// The interface address that stands for 0.0.0.0 opposite `peer`: the peer itself if it is ours, else the one of its
  /// subnet, else the first that is not loopback; zero if that would make both ends the same.
  private func replacement(facing peer: IPAddress, hasSamePort: Bool) -> IPAddress {
    var choice = IPAddress.zero
    var rank = 0
    for index in machine.addressesV4.indices {
      let address = machine.addressesV4[index]
      let mask = index < machine.masksV4.count ? machine.masksV4[index] : .max
      var candidate = 0
      if address == peer {
        candidate = 3
      } else if address.v4 & mask == peer.v4 & mask {
        candidate = 2
      } else if address.v4 & 0xff != 127 {
        candidate = 1
      }
      if candidate > rank { (choice, rank) = (address, candidate) }
    }
    if peer.v4 & 0xff == 127, rank < 3 { choice = peer }
    return hasSamePort && choice == peer ? .zero : choice
  }

  /// Whoever talks to an address of this host does so from that address.
  private func isOurs(v6 address: IPAddress) -> Bool {
    address == .loopbackV6 || (!address.isZero && machine.addressesV6.contains(address))
  }

  /// Descriptors that came in a control message (SCM_RIGHTS): only /proc can say what they are.
  ///
  /// Layout per message: length (8 bytes, header included), level (4), type (4), then 4-byte numbers, padded to 8.
  /// Source: cmsg(3); SOL_SOCKET and SCM_RIGHTS are both 1.
  mutating func receiveDescriptors(_ event: borrowing EventView, control: Int) {
    guard lookup != nil, event.int64(0, or: -1) >= 0, current.mainThread != Slot.none else { return }
    let bytes = event.bytes(control)
    var at = 0
    while let length = bytes.load(at, as: UInt64.self), length >= 16, length <= UInt64(bytes.byteCount - at) {
      if bytes.load(at + 8, as: UInt32.self) == 1, bytes.load(at + 12, as: UInt32.self) == 1 {
        var entry = at + 16
        while entry + 4 <= at + Int(length) {
          if let number = bytes.load(entry, as: Int32.self) { readDescriptor(Int64(number)) }
          entry += 4
        }
      }
      at += (Int(length) + 7) & ~7
    }
  }
}

extension Descriptor {
  /// The same four values, whichever way round.
  func holds(_ tuple: SocketTuple) -> Bool {
    guard kind == (tuple.family == .ipv4 ? .ipv4 : .ipv6) else { return false }
    return
      (source == tuple.source && sourcePort == tuple.sourcePort && destination == tuple.destination
      && destinationPort == tuple.destinationPort)
      || (source == tuple.destination && sourcePort == tuple.destinationPort && destination == tuple.source
        && destinationPort == tuple.sourcePort)
  }

  func isSameTuple(as other: Descriptor) -> Bool {
    kind == other.kind && source == other.source && sourcePort == other.sourcePort
      && destination == other.destination && destinationPort == other.destinationPort && l4 == other.l4
  }

  /// The server's end is the destination, the client's the source.
  func end(isServer: Bool) -> (IPAddress, UInt16) {
    isServer ? (destination, destinationPort) : (source, sourcePort)
  }
}
