/// A socket address as events carry it, decoded; see WIRE "composite encodings" in `docs`.
///
/// Decoding never fails loudly: an address that is too short, or of a family without one, has ``Family/none``.
struct SocketAddress: BitwiseCopyable {
  enum Family: UInt8, BitwiseCopyable {
    case none = 0
    case unix = 1
    case ipv4 = 2
    case ipv6 = 10
  }
  var family = Family.none
  var address = IPAddress.zero
  /// Host order.
  var port: UInt16 = 0

  init() {}

  /// Family, address in network order, port in host order: 7 bytes for IPv4, 19 for IPv6. A unix path follows its
  /// family byte; take it with ``path(in:)``.
  init(_ bytes: borrowing RawSpan) {
    guard let first = bytes.load(0, as: UInt8.self), let family = Family(rawValue: first) else { return }
    switch family {
    case .none: return
    case .unix: if bytes.byteCount < 2 { return }
    case .ipv4:
      guard let address = bytes.load(1, as: UInt32.self), let port = bytes.load(5, as: UInt16.self) else { return }
      self.address = IPAddress(v4: address)
      self.port = port
    case .ipv6:
      guard let address = IPAddress(v6: bytes, at: 1), let port = bytes.load(17, as: UInt16.self) else { return }
      self.address = address
      self.port = port
    }
    self.family = family
  }

  @_lifetime(copy bytes) static func path(in bytes: borrowing RawSpan) -> RawSpan {
    bytes.extracting(min(1, bytes.byteCount)..<bytes.byteCount).untilNUL()
  }
}

/// Both ends of a socket as events carry them. Sends put the local end first, receives and accepts the remote one.
struct SocketTuple: BitwiseCopyable {
  var family = SocketAddress.Family.none
  var source = IPAddress.zero
  var destination = IPAddress.zero
  var sourcePort: UInt16 = 0
  var destinationPort: UInt16 = 0
  /// Kernel addresses of the ends of a unix socket.
  var sourcePointer: UInt64 = 0
  var destinationPointer: UInt64 = 0

  /// 13 bytes for IPv4, 37 for IPv6, at least 18 for unix: two pointers and a path, see ``path(in:)``.
  ///
  /// Two IPv4-mapped addresses make an IPv4 tuple: that is what is on the network.
  init(_ bytes: borrowing RawSpan) {
    guard let first = bytes.load(0, as: UInt8.self), let family = SocketAddress.Family(rawValue: first) else { return }
    switch family {
    case .none: return
    case .unix:
      guard bytes.byteCount >= 18, let source = bytes.load(1, as: UInt64.self),
        let destination = bytes.load(9, as: UInt64.self)
      else { return }
      sourcePointer = source
      destinationPointer = destination
    case .ipv4:
      guard let source = bytes.load(1, as: UInt32.self), let sourcePort = bytes.load(5, as: UInt16.self),
        let destination = bytes.load(7, as: UInt32.self), let destinationPort = bytes.load(11, as: UInt16.self)
      else { return }
      self.source = IPAddress(v4: source)
      self.destination = IPAddress(v4: destination)
      self.sourcePort = sourcePort
      self.destinationPort = destinationPort
    case .ipv6:
      guard let source = IPAddress(v6: bytes, at: 1), let sourcePort = bytes.load(17, as: UInt16.self),
        let destination = IPAddress(v6: bytes, at: 19), let destinationPort = bytes.load(35, as: UInt16.self)
      else { return }
      self.sourcePort = sourcePort
      self.destinationPort = destinationPort
      if source.isMappedV4, destination.isMappedV4 {
        self.source = IPAddress(v4: source.mappedV4)
        self.destination = IPAddress(v4: destination.mappedV4)
        self.family = .ipv4
        return
      }
      self.source = source
      self.destination = destination
    }
    self.family = family
  }

  @_lifetime(copy bytes) static func path(in bytes: borrowing RawSpan) -> RawSpan {
    bytes.extracting(min(17, bytes.byteCount)..<bytes.byteCount).untilNUL()
  }
}

extension IPAddress {
  /// 16 bytes in network order, or `nil` if they reach beyond the end.
  init?(v6 bytes: borrowing RawSpan, at offset: Int) {
    guard let high = bytes.load(offset, as: UInt64.self), let low = bytes.load(offset + 8, as: UInt64.self) else {
      return nil
    }
    self.init(high: high, low: low)
  }
}
