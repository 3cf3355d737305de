internal import ByteText
internal import EventSchema
internal import SystemState

/// Ends of internet sockets.
extension FieldExtractor {
  /// An end's address and port as values; both missing where the end is not known.
  private struct End {
    var address = FieldValue.missing
    var port = FieldValue.missing
  }

  mutating func socketValue(_ plan: Plan, _ slot: UInt32, _ state: borrowing SystemState) -> FieldValue {
    guard state.descriptors[slot].isIPSocket else {
      switch plan.id {
      // Known descriptors of other kinds have these fields, but no side that could match.
      case .fdIp, .fdNet, .fdPort, .fdProto: return .list(0, 0, plan.type)
      default: return .missing
      }
    }
    switch plan.id {
    case .fdCip, .fdCnet: return client(slot, state).address
    case .fdCport: return client(slot, state).port
    case .fdCproto: return portText(client(slot, state).port)
    case .fdSip, .fdSnet:
      if state.descriptors[slot].isServerSocket, !state.descriptors[slot].hasRole { return .missing }
      return server(slot, state).address
    case .fdSport: return server(slot, state).port
    case .fdSproto:
      return state.descriptors[slot].isServerSocket ? constants[.none] : portText(server(slot, state).port)
    case .fdLip, .fdLnet: return local(slot, true, state).address
    case .fdLport: return local(slot, true, state).port
    case .fdLproto: return portText(local(slot, true, state).port)
    case .fdRip, .fdRnet: return local(slot, false, state).address
    case .fdRport: return local(slot, false, state).port
    case .fdRproto: return portText(local(slot, false, state).port)
    case .fdCipName: return hostName(client(slot, state).address, state)
    case .fdSipName:
      return state.descriptors[slot].hasRole ? hostName(server(slot, state).address, state) : .missing
    case .fdLipName: return hostName(local(slot, true, state).address, state)
    case .fdRipName: return hostName(local(slot, false, state).address, state)
    case .fdIp, .fdNet: return sides(client(slot, state).address, server(slot, state).address, plan)
    case .fdPort, .fdProto: return sides(client(slot, state).port, server(slot, state).port, plan)
    default: return .missing
    }
  }

  private mutating func end(_ slot: UInt32, isSource: Bool, _ state: borrowing SystemState) -> End {
    let kind = state.descriptors[slot].kind
    let isV6 = kind == .ipv6 || kind == .ipv6Server
    let address = isSource ? state.descriptors[slot].source : state.descriptors[slot].destination
    let port = isSource ? state.descriptors[slot].sourcePort : state.descriptors[slot].destinationPort
    return End(address: .address(address, isV6: isV6), port: .unsigned(UInt64(port), .WH_PT_PORT))
  }

  private mutating func client(_ slot: UInt32, _ state: borrowing SystemState) -> End {
    guard !state.descriptors[slot].isServerSocket, state.descriptors[slot].hasRole else { return End() }
    return end(slot, isSource: true, state)
  }

  private mutating func server(_ slot: UInt32, _ state: borrowing SystemState) -> End {
    guard state.descriptors[slot].isServerSocket || state.descriptors[slot].hasRole else { return End() }
    return end(slot, isSource: false, state)
  }

  /// This machine's end or the other one: the source is local if its address is one of the machine's.
  private mutating func local(_ slot: UInt32, _ wantsLocal: Bool, _ state: borrowing SystemState) -> End {
    guard !state.descriptors[slot].isServerSocket, state.descriptors[slot].hasRole else { return End() }
    let sourceIsLocal = isLocal(state.descriptors[slot].source, state.descriptors[slot].kind == .ipv6, state)
    return end(slot, isSource: sourceIsLocal == wantsLocal, state)
  }

  mutating func isServer(_ slot: UInt32, _ state: borrowing SystemState) -> Bool {
    switch state.descriptors[slot].kind {
    case .ipv4Server, .ipv6Server: true
    case .ipv4: isLocal(state.descriptors[slot].destination, false, state)
    case .ipv6: isLocal(state.descriptors[slot].destination, true, state)
    default: false
    }
  }

  private mutating func isLocal(_ address: IPAddress, _ isV6: Bool, _ state: borrowing SystemState) -> Bool {
    if isV6, !address.isMappedV4 {
      if address.high == 0, address.low == 1 << 56 { return true }
      return state.machine.addressesV6.contains(address)
    }
    let v4 = isV6 ? address.mappedV4 : address.v4
    return v4 & 0xff == 127 || state.machine.addressesV4.contains(IPAddress(v4: v4))
  }

  private mutating func portText(_ port: FieldValue) -> FieldValue {
    guard !port.isMissing else { return .missing }
    let start = scratch.count
    scratch.append(decimal: port.word)
    return text(from: start)
  }

  /// What the host's own file calls an address.
  private mutating func hostName(_ address: FieldValue, _ state: borrowing SystemState) -> FieldValue {
    let key: IPAddress
    switch address.kind {
    case .ipv4: key = IPAddress(v4: address.ipv4).mapped
    case .ipv6: key = address.ipv6
    default: return .missing
    }
    guard let name = state.machine.hostNames[key] else { return .missing }
    let start = scratch.count
    unsafe scratch.append(name.span.bytes)
    return text(from: start)
  }

  /// The sides that are known, as candidates for a comparison.
  private mutating func sides(_ a: FieldValue, _ b: FieldValue, _ plan: Plan) -> FieldValue {
    let first = items.count
    if !a.isMissing { items.append(a) }
    if !b.isMissing { items.append(b) }
    return .list(first, items.count - first, plan.type)
  }

  /// What `fdlist` fields show of the descriptors of a poll: joined by commas, missing if there is nothing.
  mutating func descriptorList(
    _ plan: Plan, _ event: borrowing EventView, _ state: borrowing SystemState
  ) -> FieldValue {
    guard event.type == .poll || event.type == .ppoll,
      let position = ParameterTraits.position(of: .WH_PT_FDLIST, in: event.type)
    else { return .missing }
    let list = event.bytes(position)
    let start = scratch.count
    var written = 0
    for index in 0..<DescriptorList.count(list) {
      let number = DescriptorList.entry(list, index).number
      let slot = state.descriptors.find(state.current.files, number)
      let before = scratch.count
      if written > 0 { scratch.append(UInt8(ascii: ",")) }
      var isPresent = true
      switch plan.id {
      case .fdlistNums: scratch.append(decimal: number)
      case .fdlistNames:
        if slot == Slot.none {
          scratch.append("<NA>")
        } else {
          append(state.descriptors[slot].name, state)
        }
      default: isPresent = appendEnd(plan.id, slot, state)
      }
      if isPresent { written += 1 } else { scratch.removeSubrange(before...) }
    }
    return written == 0 ? .missing : text(from: start)
  }

  private mutating func appendEnd(_ id: FieldID, _ slot: UInt32, _ state: borrowing SystemState) -> Bool {
    guard slot != Slot.none, state.descriptors[slot].isIPSocket else { return false }
    let isClient = id == .fdlistCips || id == .fdlistCports
    if isClient, state.descriptors[slot].isServerSocket { return false }
    let end = end(slot, isSource: isClient, state)
    switch id {
    case .fdlistCips, .fdlistSips:
      if end.address.kind == .ipv6 {
        scratch.append(ipv6: end.address.word, end.address.low)
      } else {
        scratch.append(ipv4: end.address.ipv4)
      }
    default: scratch.append(decimal: end.port.word)
    }
    return true
  }
}
