internal import EventSchema

/// Making sockets, giving them an address, connecting and accepting.
extension SystemState {
  mutating func socket(_ event: borrowing EventView) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    let (type, proto) = (event.uint32(2, or: 0), event.uint32(3, or: 0))
    var descriptor = Descriptor(number: number, kind: SystemState.kind(ofDomain: event.uint32(1, or: 0)))
    if descriptor.isIPSocket { descriptor.l4 = TransportProtocol(type: type, proto: proto) }
    descriptor.openFlags = event.uint32(4, or: 0)
    if descriptor.openFlags & OpenFlags.closeOnExec != 0 { descriptor.flags.insert(.closeOnExec) }
    open(descriptor)
  }

  /// `socket_families` of the schema: the kernel's numbers.
  static func kind(ofDomain domain: UInt32) -> DescriptorKind {
    switch domain {
    case 1: .unix
    case 2: .ipv4
    case 10: .ipv6
    case 16: .netlink
    default: .unknown
    }
  }

  mutating func socketPair(_ event: borrowing EventView) {
    guard event.int64(0, or: -1) >= 0 else { return }
    // The second one is the one that the event shows.
    for parameter in 1...2 {
      let number = event.int64(parameter, or: -1)
      guard number >= 0 else { continue }
      var descriptor = Descriptor(number: number, kind: .unix)
      descriptor.sourcePointer = event.uint64(3, or: 0)
      descriptor.destinationPointer = event.uint64(4, or: 0)
      // SOCK_CLOEXEC in the type. Source: include/linux/net.h.
      if event.uint32(6, or: 0) & 0o2000000 != 0 { descriptor.flags.insert(.closeOnExec) }
      open(descriptor)
    }
  }

  /// A port makes the socket a server's; without one the kernel picks a port later, which is what clients do.
  mutating func bind(_ event: borrowing EventView) {
    use(event, 2)
    let slot = current.descriptor
    guard event.int64(0, or: -1) >= 0, slot != Slot.none else { return }
    let address = SocketAddress(event.bytes(1))
    switch address.family {
    case .none: return
    case .unix:
      scratch.removeAll()
      scratch.append(SocketAddress.path(in: event.bytes(1)))
    case .ipv4, .ipv6:
      let isV4 = address.family == .ipv4 || address.address.isMappedV4
      let ip = address.family == .ipv6 && isV4 ? IPAddress(v4: address.address.mappedV4) : address.address
      if address.port > 0 {
        descriptors[slot].kind = isV4 ? .ipv4Server : .ipv6Server
        descriptors[slot].destination = ip
        descriptors[slot].destinationPort = address.port
        setRole(of: slot, isServer: true)
      }
      scratch.removeAll()
      scratch.append(ip, port: address.port, isV6: !isV4)
    }
    rename(slot)
  }

  /// - Parameter flags: The parameter with portable file flags, if the call has one.
  mutating func accept(_ event: borrowing EventView, flags: Int?) {
    let number = event.int64(0, or: -1)
    guard number >= 0 else { return }
    current.descriptorNumber = number
    let tuple = SocketTuple(event.bytes(1))
    var descriptor = Descriptor(number: number, kind: .unix)
    switch tuple.family {
    case .none: return
    case .unix:
      descriptor.sourcePointer = tuple.sourcePointer
      descriptor.destinationPointer = tuple.destinationPointer
      scratch.setName(
        source: tuple.sourcePointer, destination: tuple.destinationPointer, path: SocketTuple.path(in: event.bytes(1)))
    case .ipv4, .ipv6:
      descriptor.kind = tuple.family == .ipv4 ? .ipv4 : .ipv6
      descriptor.l4 = .tcp
      descriptor.source = tuple.source
      descriptor.sourcePort = tuple.sourcePort
      descriptor.destination = tuple.destination
      descriptor.destinationPort = tuple.destinationPort
      scratch.setName(of: descriptor)
    }
    descriptor.flags = [.roleServer, .connected]
    if let flags, event.uint32(flags, or: 0) & OpenFlags.closeOnExec != 0 { descriptor.flags.insert(.closeOnExec) }
    if current.files != Slot.none {
      descriptor.name = texts.store(scratch)
      current.changedName = true
    }
    open(descriptor)
  }

  /// EINPROGRESS counts: a non-blocking connect is as good as made.
  mutating func connect(_ event: borrowing EventView) {
    use(event, 2)
    let result = event.int64(0, or: -1)
    let slot = current.descriptor
    guard result >= 0 || result == -115, slot != Slot.none else { return }
    descriptors[slot].flags.insert(.connected)

    let entry = threads[current.thread].pendingEntry
    var said = SocketAddress()
    if entry != Slot.none, callEntries[entry].exit == .connect { said = callEntries[entry].address }
    let tuple = SocketTuple(event.bytes(1))
    switch tuple.family {
    case .none: connectWithoutTuple(slot, said)
    case .unix:
      descriptors[slot].kind = .unix
      descriptors[slot].sourcePointer = tuple.sourcePointer
      descriptors[slot].destinationPointer = tuple.destinationPointer
      scratch.setName(
        source: tuple.sourcePointer, destination: tuple.destinationPointer, path: SocketTuple.path(in: event.bytes(1)))
      rename(slot)
      if !descriptors[slot].hasRole { setRole(of: slot, isServer: false) }
    case .ipv4, .ipv6:
      var (destination, port) = (tuple.destination, tuple.destinationPort)
      let shown = SocketAddress(event.bytes(3)).unmapped
      let meant = said.unmapped
      // The tuple repeats what lies in the program's memory now, so it cannot tell where the call went.
      if meant.family == tuple.family, shown.family == tuple.family, shown.address == destination, shown.port == port {
        (destination, port) = (meant.address, meant.port)
      }
      var socket = descriptors[slot]
      socket.kind = tuple.family == .ipv4 ? .ipv4 : .ipv6
      socket.source = tuple.source
      socket.sourcePort = tuple.sourcePort
      socket.destination = destination
      socket.destinationPort = port
      if socket.l4 == .udp, socket.flags.contains(.roleServer) { socket.swapEnds() }
      descriptors[slot] = socket
      scratch.setName(of: socket)
      rename(slot)
      if !socket.hasRole { setRole(of: slot, isServer: false) }
    }
  }

  /// The kernel had no addresses to give: only what the entry side said is known.
  private mutating func connectWithoutTuple(_ slot: UInt32, _ said: SocketAddress) {
    let meant = said.unmapped
    switch meant.family {
    case .none: break
    case .unix:
      descriptors[slot].kind = .unix
      scratch.removeAll()
      scratch.append("NULL")
      rename(slot)
    case .ipv4, .ipv6:
      descriptors[slot].kind = meant.family == .ipv4 ? .ipv4 : .ipv6
      descriptors[slot].destination = meant.address
      descriptors[slot].destinationPort = meant.port
    }
  }

  /// Gives a descriptor the name in the scratch buffer.
  mutating func rename(_ slot: UInt32) {
    let old = descriptors[slot].name
    let new = texts.store(scratch, sharing: old)
    texts.release(old)
    if new != old { current.changedName = true }
    descriptors[slot].name = new
  }

  mutating func setRole(of slot: UInt32, isServer: Bool) {
    descriptors[slot].flags.subtract([.roleClient, .roleServer])
    descriptors[slot].flags.insert(isServer ? .roleServer : .roleClient)
  }
}

extension SocketAddress {
  /// An IPv4-mapped IPv6 address as the IPv4 address that it stands for.
  var unmapped: SocketAddress {
    guard family == .ipv6, address.isMappedV4 else { return self }
    var copy = self
    copy.family = .ipv4
    copy.address = IPAddress(v4: address.mappedV4)
    return copy
  }
}

extension Descriptor {
  mutating func swapEnds() {
    (source, destination) = (destination, source)
    (sourcePort, destinationPort) = (destinationPort, sourcePort)
  }
}

extension TransportProtocol {
  /// What a socket of this type and protocol speaks. The type's upper bits are flags.
  ///
  /// Source: include/linux/net.h (SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_RAW 3), include/uapi/linux/in.h.
  init(type: UInt32, proto: UInt32) {
    let type = type & 0xff
    switch proto {
    case 6: self = type == 3 ? .raw : .tcp
    case 17: self = type == 3 ? .raw : .udp
    case 1: self = type == 3 ? .raw : .icmp
    case 0: self = type == 1 ? .tcp : type == 2 ? .udp : .unknown
    case 255: self = .raw
    default: self = .unknown
    }
  }
}
